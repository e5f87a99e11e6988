"""Free shipping shows each customer the threshold of their segment, and keeps what it has shown."""

from collections.abc import Mapping
from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.churn import Outlook, Rhythm, turns_of
from plugin.domain.customer import CustomerState, fold
from plugin.domain.effects import Banner, CheckAgain, ShowBanner, Slot
from plugin.domain.free_shipping import Threshold
from plugin.domain.money import Money
from plugin.domain.tactic import Trigger, TriggerKind, View, read_params, write_params
from plugin.errors import Rejected
from plugin.tactics.free_shipping import TACTIC, FreeShipping, banner, rule_for, shown_in
from tests.shop import NOW, ago, days, order

OUTLOOK = Outlook(Rhythm(mean_gap=30, slack=2))
CHANNELS = {"us": "USD", "pl": "PLN"}
PARAMS = read_params(
    TACTIC, {"thresholds": {"us": {"new": 50, "regular": 40, "loyal": 25, "at_risk": 20}, "pl": {"loyal": 99}}}
)
NEW, REGULAR, LOYAL, AT_RISK = (10,), (10, 40), (5, 35, 65, 95, 125), (61,)


def wishes(
    orders: tuple[float, ...],
    shown: Mapping[str, Any] | None = None,
    user_id: str | None = "U1",
    params: FreeShipping = PARAMS,
) -> tuple[list[Any], list[CheckAgain]]:
    """The banner's channels (or that it is taken away: {}), and the moments."""
    history = fold([order(f"O{n}", ago(n)) for n in orders], UTC)
    before = {} if shown is None else {Slot.FREE_SHIPPING: Banner(Slot.FREE_SHIPPING, "", {"channels": shown})}
    view = View(
        CustomerState(1, user_id, "Ann", None, confirmed=True, history=history),
        OUTLOOK,
        turns_of(history, OUTLOOK),
        NOW,
        (),
        CHANNELS,
        before,
    )
    made = list(TACTIC.decide(view, Trigger(TriggerKind.ORDER, NOW), params))
    banners = [wish.banner.data.get("channels", {}) for wish in made if isinstance(wish, ShowBanner)]
    return banners, [wish for wish in made if isinstance(wish, CheckAgain)]


def said(amount: str, currency: str = "USD", until: float | None = None) -> dict[str, str]:
    entry = {"amount": amount, "currency": currency}
    return entry if until is None else {**entry, "until": (NOW + days(until)).isoformat()}


@pytest.mark.parametrize(
    ("why", "orders", "shown", "expected"),
    [
        ("who has never bought is new", (), None, {"us": said("50.00")}),
        ("one purchase is new", NEW, None, {"us": said("50.00")}),
        ("two are regular", REGULAR, None, {"us": said("40.00")}),
        ("five are loyal, in both channels", LOYAL, None, {"us": said("25.00"), "pl": said("99.00", "PLN")}),
        ("silence is at risk", AT_RISK, None, {"us": said("20.00")}),
        ("better than shown: at once", AT_RISK, {"us": said("50.00")}, {"us": said("20.00")}),
        ("worse than shown: kept", REGULAR, {"us": said("20.00")}, {"us": said("20.00", until=7)}),
        ("kept no longer than noted", REGULAR, {"us": said("20.00", until=2)}, {"us": said("20.00", until=2)}),
        ("run out", REGULAR, {"us": said("20.00", until=-2)}, {"us": said("40.00")}),
        ("shown where nothing is said now", NEW, {"pl": said("99.00", "PLN")},
         {"us": said("50.00"), "pl": said("99.00", "PLN", until=7)}),
        ("shown in a currency that is gone", NEW, {"pl": said("9.00", "EUR")}, {"us": said("50.00")}),
        ("shown in a channel that is gone", NEW, {"de": said("9.00", "EUR")}, {"us": said("50.00")}),
    ],
)  # fmt: skip
def test_shows(why: str, orders: tuple[float, ...], shown: Mapping[str, Any] | None, expected: Any) -> None:
    assert wishes(orders, shown)[0] == [expected]


def test_names_the_countries_that_differ_and_what_holds_in_all() -> None:
    params = read_params(TACTIC, {"thresholds": {"us": {"new": 50}, "us/CA": {"new": 80}, "us/MX": {}}})
    assert wishes(NEW, None, params=params)[0] == [{"us/*": said("50.00"), "us/CA": said("80.00")}]
    params = read_params(TACTIC, {"thresholds": {"us": {"new": 50}, "us/CA": {"new": 80}}})
    before = {"us": said("60.00"), "us/*": said("20.00", until=3), "us/CA": said("60.00", until=2)}
    banners, moments = wishes(NEW, before, params=params)
    assert banners == [{**before, "us": said("60.00", until=2)}]
    assert [moment.at for moment in moments][1:] == [NOW + days(2), NOW + days(3)]


def test_takes_away_what_has_run_out_where_nothing_is_said_any_more() -> None:
    nothing = read_params(TACTIC, {})
    assert wishes(NEW, {"us": said("20.00", until=-1)}, params=nothing)[0] == [{}]
    assert wishes(NEW, None, params=nothing)[0] == []


def test_shows_nothing_to_guests() -> None:
    assert wishes(LOYAL, user_id=None)[0] == []


def test_looks_again_when_a_promise_ends_and_when_the_silence_is_unusual() -> None:
    _, moments = wishes(REGULAR, {"us": said("20.00", until=2)})
    assert moments == [CheckAgain(ago(10) + days(60)), CheckAgain(NOW + days(2))]
    assert wishes(AT_RISK)[1] == []


def test_a_banner_is_read_back() -> None:
    thresholds = {"us": Threshold(Money(Decimal("25.00"), "USD"), NOW), "pl": Threshold(Money(Decimal("99.00"), "PLN"))}
    made = banner("Free from {threshold}", thresholds)
    assert {channel: shown_in(made, channel) for channel in ("us", "pl")} == thresholds
    assert shown_in(made, "de") is None
    assert shown_in(None, "us") is None
    assert banner("", {}).data == {}


@pytest.mark.parametrize(
    ("amount", "currency", "rule"), [("29.995", "USD", "30.00"), ("29.994", "USD", "29.99"), ("1999.5", "JPY", "2000")]
)
def test_a_rule_is_rounded_as_it_is_shown(amount: str, currency: str, rule: str) -> None:
    params = read_params(TACTIC, {"thresholds": {"us": {"new": amount}}})
    assert str(rule_for(params, "new", "us", currency)) == f"{rule} {currency}"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"thresholds": {"us": {"vip": 10}}}, "there is no segment “vip”"),
        ({"thresholds": {"us": {"new": -1}}}, "cannot be below 0"),
        ({"thresholds": {"us": {"new": "NaN"}}}, "finite"),
        ({"thresholds": {"us": 10}}, "must be a table"),
        ({"thresholds": {"us/Canada": {"new": 10}}}, "is no country"),
        ({"thresholds": {"us/": {"new": 10}}}, "is no country"),
        ({"promise_days": 0}, "must be 1 or more"),
        ({"promise_days": 91}, "must be 90 or less"),
        ({"method": " "}, "needs a name"),
        ({"method": "x" * 101}, "needs a name"),
    ],
)
def test_refuses(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Rejected, match=said):
        read_params(TACTIC, given)


def test_parameters_are_written_and_read_back() -> None:
    assert read_params(TACTIC, write_params(PARAMS)) == PARAMS


def test_is_owed_to_everybody() -> None:
    assert not TACTIC.control_group
    assert TriggerKind.HISTORY not in TACTIC.listens_to

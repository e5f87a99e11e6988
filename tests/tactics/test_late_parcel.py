"""Late parcel waits as long as a parcel has its time, apologises once it is late, and leaves alone what has left."""

from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.churn import Outlook, Rhythm, turns_of
from plugin.domain.customer import CustomerState, fold
from plugin.domain.effects import CheckAgain, GiveCode, Nothing, Slot, Wish
from plugin.domain.messages import Medium, Purpose
from plugin.domain.offers import OfferKind
from plugin.domain.parcels import Parcel
from plugin.domain.tactic import Trigger, TriggerKind, View, read_params
from plugin.errors import Rejected
from plugin.tactics.late_parcel import TACTIC, LateParcel
from tests.shop import NOW, ago, days, order


def parcel(days_ago: float, **changes: Any) -> Parcel:
    return replace(Parcel(f"O{days_ago:g}", f"N{days_ago:g}", ago(days_ago)), **changes)


def view(*parcels: Parcel, usual: float | None = None, user_id: str | None = "U1", before: float = 200) -> View:
    """Of somebody who had ordered before, too."""
    history = fold([order("before", ago(before)), *(order(one.order_id, one.placed_at) for one in parcels)], UTC)
    outlook = Outlook(Rhythm(parcel_days=usual))
    state = CustomerState(1, user_id, "Ann", None, confirmed=True, history=history)
    return View(state, outlook, turns_of(history, outlook), NOW, parcels=parcels)


def wishes(seen: View, **params: Any) -> list[Wish]:
    return list(TACTIC.decide(seen, Trigger(TriggerKind.MOMENT, NOW), read_params(TACTIC, params)))


@pytest.mark.parametrize(
    ("seen", "params", "moment"),
    [
        (view(parcel(3, promised_days=5)), {}, NOW + days(3)),
        (view(parcel(3, promised_days=5)), {"grace_days": 0}, NOW + days(2)),
        (view(parcel(3, promised_days=5)), {"days": 7}, NOW + days(5)),
        (view(parcel(3, promised_days=5), usual=9), {}, NOW + days(3)),
        (view(parcel(3), usual=2.5), {}, NOW + days(0.5)),
        (view(parcel(3, left_at=ago(1)), usual=9), {"days": 7}, NOW + days(5)),
        (view(parcel(9, promised_days=5, back_at=ago(0.25))), {}, NOW + days(0.75)),
    ],
)
def test_looks_again_when_it_will_be_late(seen: View, params: dict[str, Any], moment: Any) -> None:
    assert wishes(seen, **params) == [CheckAgain(moment)]


@pytest.mark.parametrize(
    ("seen", "params"),
    [
        (view(), {"days": 1}),
        (view(parcel(30)), {}),  # nobody promised anything, and nothing is usual yet
        (view(parcel(30, waiting=False, left_at=ago(29))), {"days": 1}),
        (view(parcel(30, refunded=True)), {"days": 1}),
        (view(parcel(30, left_at=ago(29)), usual=2), {}),  # a part left, and what is usual was learnt of first parts
        (view(parcel(30, waiting=False, left_at=ago(29), tracked=True)), {"days": 1, "needs_tracking": True}),
    ],
)
def test_does_nothing_for(seen: View, params: dict[str, Any]) -> None:
    assert wishes(seen, **params) == []


@pytest.mark.parametrize(
    ("late", "usual", "params", "since", "why"),
    [
        (parcel(7, promised_days=5), None, {}, ago(1), "the days promised are 5"),
        (parcel(7), 5.0, {}, ago(1), "the days in which nine in ten leave are 5"),
        (parcel(7, promised_days=20), None, {"days": 5}, ago(1), "late is from day 5"),
        (parcel(7, promised_days=5, left_at=ago(6)), None, {}, ago(1), "the days promised are 5"),
        (
            parcel(7, promised_days=5, waiting=False, left_at=ago(6), tracked=False),
            None,
            {"needs_tracking": True},
            ago(1),
            "has not left after 7 days",
        ),
    ],
)
def test_apologises_for_what_is_late(
    late: Parcel, usual: float | None, params: dict[str, Any], since: Any, why: str
) -> None:
    (wish,) = wishes(view(late, usual=usual), **params)
    assert isinstance(wish, GiveCode)
    assert (wish.episode, wish.since, wish.purpose) == ("O7", since, Purpose.TRANSACTIONAL)
    assert why in wish.reason


def test_a_code_a_message_and_a_next_order_that_ships_free() -> None:
    (wish,) = wishes(view(parcel(7, promised_days=5)), offer="amount", value=5, currency="USD")
    assert isinstance(wish, GiveCode)
    assert (wish.offer.kind, wish.offer.value, wish.offer.ships_free) == (OfferKind.AMOUNT, Decimal(5), True)
    assert wish.banner is not None
    assert wish.banner.slot is Slot.BANNER
    assert wish.banner.text.startswith("We are sorry that your parcel is late, Ann: 5 USD off")
    assert wish.next_order.startswith("Your next order ships free")
    assert wish.message is not None
    assert wish.message.media == (Medium.MAIL,)
    assert wish.message.values == {"order": "N7", "shipping": wish.next_order}


def test_whose_first_order_it_is_is_told_in_other_words() -> None:
    seen = view(parcel(7, promised_days=5))
    first = replace(seen, state=replace(seen.state, history=fold([order("O7", ago(7))], UTC)))
    (usual,), (other,) = wishes(seen), wishes(first)
    assert isinstance(usual, GiveCode)
    assert isinstance(other, GiveCode)
    assert usual.message is not None
    assert other.message is not None
    assert other.banner is not None
    assert "for the first time" in other.message.texts["en"]
    assert "for the first time" not in usual.message.texts["en"]
    assert other.banner.text.startswith("Your very first parcel is late, Ann")
    (plain,) = wishes(first, first_texts={})
    assert isinstance(plain, GiveCode)
    assert plain.message is not None
    assert plain.message.texts == usual.message.texts


def test_a_guest_is_told_by_a_message_and_promised_nothing_that_needs_an_account() -> None:
    seen = view(parcel(7, promised_days=5), user_id=None)
    (wish,) = wishes(seen)
    assert isinstance(wish, GiveCode)
    assert (wish.banner, wish.next_order, wish.offer.ships_free) == (None, "", False)
    assert wish.message is not None
    assert wish.message.values["shipping"] == ""
    (nothing,) = wishes(seen, message_by="")
    assert isinstance(nothing, Nothing)


def test_each_order_is_a_need_of_its_own() -> None:
    found = wishes(view(parcel(9, promised_days=5), parcel(7, promised_days=5), parcel(1, promised_days=5)))
    assert [wish.episode for wish in found if isinstance(wish, GiveCode)] == ["O9", "O7"]
    assert CheckAgain(NOW + days(5)) in found


def test_what_is_said_of_the_next_order_is_in_the_customer_s_language() -> None:
    seen = view(parcel(7, promised_days=5))
    seen = replace(seen, state=replace(seen.state, language="PL"))
    (wish,) = wishes(seen, next_order_texts={"en": "Free", "pl": "Za darmo"})
    assert isinstance(wish, GiveCode)
    assert wish.next_order == "Za darmo"
    (without,) = wishes(seen, next_order_free=False)
    assert isinstance(without, GiveCode)
    assert (without.next_order, without.offer.ships_free) == ("", False)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"days": 0}, "must be 1 or more"),
        ({"offer": "amount", "value": 5}, "Name the currency"),
        ({"text": "Sorry"}, "must hold {code}"),
        ({"first_text": "Sorry"}, "must hold {code}"),
        ({"message_texts": {"en": "{code} {parcel}"}}, "{parcel}"),
        ({"first_texts": {"en": "{code} {parcel}"}}, "{parcel}"),
        ({"first_texts": {"pl": "{code}"}}, "in each language"),
        ({"next_order_texts": {}}, "ships free, or nobody learns of it"),
    ],
)
def test_parameters_that_cannot_be_are_refused_with_a_sentence(given: dict[str, Any], said: str) -> None:
    with pytest.raises(Rejected, match=said.replace("{", r"\{")):
        read_params(TACTIC, given)


def test_it_is_owed_to_everybody() -> None:
    assert (TACTIC.control_group, TACTIC.profiles) == (False, False)
    assert list(TACTIC.check(LateParcel())) == []
    assert timedelta(days=LateParcel().grace_days) == days(1)

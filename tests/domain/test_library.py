"""The ready segments: each can be written, read and said, and is built from the shop's own limits."""

from datetime import UTC
from decimal import Decimal

import pytest

from plugin.domain.churn import Outlook, Rhythm, turns_of
from plugin.domain.conditions import Person, holds, in_words, read_condition, write_condition
from plugin.domain.customer import CustomerState, History, fold
from plugin.domain.library import library
from plugin.domain.stages import Limits
from tests.shop import NOW, ago, order

LIMITS = Limits(at_risk_days=60, dormant_days=180, loyal_from=3)
RHYTHM = Rhythm(mean_gap=30, slack=2, gaps=999)
READY = library(LIMITS, RHYTHM, {"USD": Decimal(100), "EUR": Decimal(80)})


def somebody(*days_ago: float, voucher: str | None = None, total: int = 20, offers: int = 0) -> Person:
    bought = [order(f"O{ago_}", ago(ago_), voucher_code=voucher, total=Decimal(total)) for ago_ in days_ago]
    history = fold(bought, UTC)
    state = CustomerState(1, "U1", "Ann", None, confirmed=True, history=history)
    return Person(state, turns_of(history, Outlook(RHYTHM, None, LIMITS)), LIMITS, offers)


def inside(person: Person) -> set[str]:
    return {ready.name for ready in READY if holds(ready.condition, person, NOW)}


@pytest.mark.parametrize(
    ("person", "names"),
    [
        (somebody(), set()),
        (somebody(10), {"new", "one-time"}),
        (somebody(31), {"one-time"}),
        (somebody(40, 10), {"repeat"}),
        (somebody(40, 10, voucher="SPRING"), {"repeat", "discount-only"}),
        (somebody(50, 40, 10), {"loyal", "bright-spots"}),
        (somebody(100, 70, 40), {"loyal", "bright-spots", "replenishment-due"}),
        (somebody(60), {"one-time", "at-risk", "at-risk-by-days"}),
        (somebody(70, 60, total=50), {"repeat", "at-risk", "at-risk-by-days", "high-value-at-risk"}),
        (somebody(60, offers=2), {"one-time", "at-risk", "at-risk-by-days", "win-back-exhausted"}),
        (somebody(180), {"one-time", "dormant"}),
    ],
)
def test_somebody_is_in_these(person: Person, names: set[str]) -> None:
    assert inside(person) == names


def test_each_is_only_data() -> None:
    for ready in READY:
        assert read_condition(write_condition(ready.condition)) == ready.condition
        assert in_words(ready.condition)
    assert len({ready.name for ready in READY}) == len(READY) == 13


def test_without_limits_and_levels_the_rhythm_speaks_and_nobody_is_of_high_value() -> None:
    known = {ready.name: ready for ready in library(Limits(), RHYTHM, {})}
    assert known["at-risk-by-days"].pitch == "Silent for 60 days or more, and less than 120."
    assert not holds(known["high-value-at-risk"].condition, somebody(70, 65, total=500), NOW)


def test_nobody_bought_is_nowhere() -> None:
    nobody = Person(CustomerState(1, None, "", None, confirmed=False, history=History()), somebody().turns)
    assert inside(nobody) == set()

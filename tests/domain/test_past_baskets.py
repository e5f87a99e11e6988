"""An order as a threshold sees it, in the segment in which the customer was just before it."""

from datetime import UTC
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.churn import Outlook, Rhythm
from plugin.domain.past_baskets import Group, PastOrder, baskets_of
from plugin.domain.segments import Segment
from plugin.domain.stages import Limits
from tests.shop import ago

OUTLOOK = Outlook(Rhythm(30, 2, 999), None, Limits(at_risk_days=60, loyal_from=4))


def bought(days_ago: float, **changes: Any) -> PastOrder:
    made = PastOrder(
        1, f"O{days_ago}", ago(days_ago), "U1", "web", "USD", Decimal(25), Decimal(5), Decimal(0), None, 1, None
    )
    return made._replace(**changes)


def groups(*orders: PastOrder, begins_ago: float = 999) -> list[Group]:
    return [basket.group for basket in baskets_of(orders, OUTLOOK, UTC, ago(begins_ago))]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        ([100], ["new"]),
        ([100, 90], ["new", "new"]),
        ([100, 90, 80, 70, 60], ["new", "new", "regular", "regular", "loyal"]),
        ([100, 90, 20, 10], ["new", "new", "at_risk", "regular"]),
        ([100, 100, 99], ["new", "new", "new"]),
    ],
)
def test_the_segment_is_that_before_the_order(days: list[float], expected: list[str]) -> None:
    assert groups(*(bought(ago_) for ago_ in days)) == expected


def test_what_is_before_the_span_counts_for_the_segment_alone() -> None:
    assert groups(*(bought(n) for n in (100, 90, 80)), begins_ago=85) == ["regular"]


def test_an_order_without_an_account_is_a_guests() -> None:
    assert groups(bought(9, user_id=None), bought(8)) == ["guest", "new"]


def test_the_value_is_without_shipping() -> None:
    (basket,) = baskets_of([bought(9)], OUTLOOK, UTC, ago(99))
    assert (basket.value, basket.shipping, basket.channel, basket.currency) == (20.0, 5.0, "web", "USD")


def test_every_segment_has_its_group() -> None:
    assert {*map(str, Segment), "guest"} == set(map(str, Group))

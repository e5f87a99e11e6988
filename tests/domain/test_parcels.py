"""What was known of a parcel at a moment, whatever became of it later."""

from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.parcels import PARCEL_DAYS, Parcel, Part, Shipment, parcel_of, recent
from tests.shop import NOW, ago, days

SENT = Part("FULFILLED", ago(5), ago(5), tracked=True)
TAKEN_BACK = Part("CANCELED", ago(5), ago(3))


def at(days_ago: float, status: str, *parts: Part, refunded: int = 0) -> Parcel:
    shipment = Shipment(status, 4, parts)
    return parcel_of("O1", "1", ago(9), Decimal(refunded), shipment, ago(days_ago))


@pytest.mark.parametrize(
    ("days_ago", "status", "parts", "known"),
    [
        (0, "UNFULFILLED", (), {"waiting": True}),
        (0, "FULFILLED", (SENT,), {"waiting": False, "left_at": ago(5)}),
        (6, "FULFILLED", (SENT,), {"waiting": True}),
        (0, "PARTIALLY_FULFILLED", (SENT,), {"waiting": True, "left_at": ago(5)}),
        (6, "PARTIALLY_FULFILLED", (SENT,), {"waiting": True}),
        (0, "UNFULFILLED", (TAKEN_BACK,), {"waiting": True, "back_at": ago(3)}),
        (4, "UNFULFILLED", (TAKEN_BACK,), {"waiting": False, "left_at": ago(5), "tracked": False}),
        (6, "UNFULFILLED", (TAKEN_BACK,), {"waiting": True}),
        (0, "UNFULFILLED", (Part("WAITING_FOR_APPROVAL", ago(5), ago(5)),), {"waiting": True}),
        (0, "RETURNED", (SENT, Part("RETURNED", ago(1), ago(1))), {"waiting": False, "left_at": ago(5)}),
        (6, "CANCELED", (), {"waiting": True}),
        (0, "FULFILLED", (Part("FULFILLED", ago(5), ago(5)),), {"waiting": False, "left_at": ago(5), "tracked": False}),
    ],
)
def test_as_it_was_known_then(days_ago: float, status: str, parts: tuple[Part, ...], known: dict[str, Any]) -> None:
    assert at(days_ago, status, *parts) == Parcel("O1", "1", ago(9), 4, **known)


def test_money_that_went_back_is_seen() -> None:
    assert at(0, "UNFULFILLED", refunded=1).refunded


def test_it_is_late_when_its_days_and_the_grace_are_over_and_what_came_back_has_the_grace_anew() -> None:
    assert at(0, "UNFULFILLED").late_from(4, days(1)) == ago(4)
    assert at(0, "UNFULFILLED", TAKEN_BACK).late_from(4, days(1)) == ago(2)
    assert at(0, "UNFULFILLED", TAKEN_BACK).late_from(8, days(1)) == ago(0)


def test_the_oldest_first_and_nothing_of_long_ago() -> None:
    old, *known = (Parcel(f"O{n}", "", ago(n)) for n in (PARCEL_DAYS, 1, 3))
    assert [one.order_id for one in recent([old, *known], NOW)] == ["O3", "O1"]

"""Orders as the shop's numbers read them: one customer's purchase days, one after another.

Days are ordinals of the shop's calendar (`date.toordinal`), so that gaps are differences.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, tzinfo
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

_NOTHING = (0, Decimal(0))


class OrderRow(NamedTuple):
    """An order that counts. A tuple, because millions of them pass by."""

    customer_id: int
    placed_at: datetime
    currency: str
    #: Gross, with shipping, after discounts.
    total: Decimal
    refunded: Decimal
    shipping: Decimal
    discounted: bool
    #: Pieces in all lines.
    items: int
    #: When the first parcel was packed, or the present moment while it still waits; None where neither is known.
    fulfilled_at: datetime | None


class PurchaseDay(NamedTuple):
    """All that one customer ordered on one day, and what was known after the day's last order."""

    day: int
    orders: int
    #: Pieces in all lines of all orders of the day, and whether one of them had a voucher.
    items: int
    discounted: bool
    #: Every order so far had a voucher, this day's and all before.
    only_discounted: bool
    #: Of the day's last order: gross, what was refunded of it, and the shipping that is in it.
    currency: str
    total: Decimal
    refunded: Decimal
    shipping: Decimal
    #: Days from it to its first parcel; None where that is not known.
    delay: float | None
    #: The orders before it in its currency, and their gross less refunds.
    earlier: int
    earlier_kept: Decimal


def purchase_days(orders: Iterable[OrderRow], zone: tzinfo) -> list[PurchaseDay]:
    """One customer's purchase days, oldest first, from orders that are sorted by time."""
    days: list[PurchaseDay] = []
    before: dict[str, tuple[int, Decimal]] = {}
    only = True
    for order in orders:
        only = only and order.discounted
        earlier, kept = before.get(order.currency, _NOTHING)
        before[order.currency] = earlier + 1, kept + order.total - order.refunded
        day = order.placed_at.astimezone(zone).date().toordinal()
        same = days.pop() if days and days[-1].day == day else None
        days.append(
            PurchaseDay(
                day,
                same.orders + 1 if same else 1,
                same.items + order.items if same else order.items,
                order.discounted or (same is not None and same.discounted),
                only,
                order.currency,
                order.total,
                order.refunded,
                order.shipping,
                _delay(order),
                earlier,
                kept,
            )
        )
    return days


def gaps(days: Sequence[PurchaseDay]) -> list[int]:
    """Days between successive purchase days: all at least 1."""
    return [later.day - earlier.day for earlier, later in pairwise(days)]


def _delay(order: OrderRow) -> float | None:
    if order.fulfilled_at is None:
        return None
    return max(0.0, (order.fulfilled_at - order.placed_at) / timedelta(days=1))

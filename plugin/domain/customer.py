"""A customer's state: a fold over that customer's own orders.

A cancellation, a refund, a late arrival or a merge is a new fold over other rows, never an undo.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Protocol


class Purchase(Protocol):
    """What the fold reads of an order."""

    @property
    def order_id(self) -> str: ...
    @property
    def counts(self) -> bool: ...
    @property
    def currency(self) -> str: ...
    @property
    def total(self) -> Decimal: ...
    @property
    def refunded(self) -> Decimal: ...
    @property
    def placed_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class History:
    """What the orders that count add up to."""

    orders: int = 0
    #: Distinct days of the shop's calendar with at least one order: several on one day are one purchase.
    purchase_days: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    last_order_id: str | None = None
    #: Gross less refunds, by currency; never added up across currencies.
    spent: Mapping[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CustomerState:
    customer_id: int
    user_id: str | None
    first_name: str
    language: str | None
    #: The e-mail is proven to be theirs.
    confirmed: bool
    history: History

    @property
    def reachable(self) -> bool:
        """Somebody who can be shown something: banners live on the account."""
        return self.user_id is not None


def fold(orders: Iterable[Purchase], zone: tzinfo) -> History:
    """The history of these orders, in whatever order they come.

    `zone` is the shop's: its midnight divides one purchase day from the next.
    """
    counting = [order for order in orders if order.counts]
    if not counting:
        return History()
    days: set[date] = set()
    spent: dict[str, Decimal] = {}
    for order in counting:
        days.add(order.placed_at.astimezone(zone).date())
        spent[order.currency] = spent.get(order.currency, Decimal(0)) + order.total - order.refunded
    first = min(counting, key=_age)
    last = max(counting, key=_age)
    return History(
        orders=len(counting),
        purchase_days=len(days),
        first_at=first.placed_at,
        last_at=last.placed_at,
        last_order_id=last.order_id,
        spent=dict(sorted(spent.items())),
    )


def extend(history: History, order: Purchase, zone: tzinfo) -> History | None:
    """The fold with one more order, which was not in it, at its end; None where only a fold can tell."""
    if not order.counts:
        return history
    if history.last_at is None or history.first_at is None:
        return fold([order], zone)
    if order.placed_at <= history.last_at:
        return None
    same_day = order.placed_at.astimezone(zone).date() == history.last_at.astimezone(zone).date()
    spent = {**history.spent}
    spent[order.currency] = spent.get(order.currency, Decimal(0)) + order.total - order.refunded
    return History(
        orders=history.orders + 1,
        purchase_days=history.purchase_days + (0 if same_day else 1),
        first_at=history.first_at,
        last_at=order.placed_at,
        last_order_id=order.order_id,
        spent=dict(sorted(spent.items())),
    )


def _age(order: Purchase) -> tuple[datetime, str]:
    return order.placed_at, order.order_id

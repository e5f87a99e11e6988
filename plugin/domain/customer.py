"""A customer's state: a fold over that customer's own orders.

A cancellation, a refund, a late arrival or a merge is a new fold over other rows, never an undo.
"""

from collections.abc import Iterable, Mapping
from dataclasses import field
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Protocol, TypeVar

from plugin.domain.consent import Consent
from plugin.domain.ledger import MOST_ITEMS
from plugin.domain.values import light_dataclass

N = TypeVar("N", int, Decimal)


#: Days in which the weight of a purchase halves, in `History.recent_28` and `recent_91`.
SHORT_HALF_LIFE, LONG_HALF_LIFE = 28.0, 91.0


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
    @property
    def voucher_code(self) -> str | None: ...
    @property
    def items(self) -> int: ...
    @property
    def channel(self) -> str | None: ...
    @property
    def country(self) -> str | None: ...


@light_dataclass(frozen=True, slots=True)
class History:
    """What the orders that count add up to. Days are the shop's; several orders on one are one purchase."""

    orders: int = 0
    #: Distinct days with at least one order.
    purchase_days: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    last_order_id: str | None = None
    first_day: date | None = None
    last_day: date | None = None
    #: Gross less refunds, by currency; never added up across currencies.
    spent: Mapping[str, Decimal] = field(default_factory=dict)
    #: Orders by currency.
    bought: Mapping[str, int] = field(default_factory=dict)
    #: Squared days between successive purchase days, added up.
    gap_squares: float = 0.0
    #: Days between the last two purchase days.
    last_gap: int | None = None
    #: Purchase days, each weighing half of what it did 28 (91) days later, as of the last one.
    recent_28: float = 0.0
    recent_91: float = 0.0
    #: Of the last order.
    currency: str | None = None
    last_total: Decimal = Decimal(0)
    channel: str | None = None
    country: str | None = None
    #: Orders with a voucher, orders with a refund, pieces in all orders.
    discounted: int = 0
    refunded: int = 0
    items: int = 0

    @property
    def value(self) -> Decimal | None:
        """What was spent in the currency of the last order."""
        return None if self.currency is None else self.spent.get(self.currency)

    @property
    def value_orders(self) -> int:
        """The orders of `value`."""
        return self.bought.get(self.currency or "", 0)


@light_dataclass(frozen=True, slots=True)
class CustomerState:
    customer_id: int
    user_id: str | None
    first_name: str
    language: str | None
    #: The e-mail is proven to be theirs.
    confirmed: bool
    history: History
    #: What the account and the orders said, weighed.
    consent: Consent = Consent()

    @property
    def reachable(self) -> bool:
        """Somebody who can be shown something: banners live on the account."""
        return self.user_id is not None


def fold(orders: Iterable[Purchase], zone: tzinfo) -> History:
    """The history of these orders, in whatever order they come.

    `zone` is the shop's: its midnight divides one purchase day from the next.
    """
    history = History()
    for order in sorted((order for order in orders if order.counts), key=_age):
        history = _with(history, order, zone)
    return history


def extend(history: History, order: Purchase, zone: tzinfo) -> History | None:
    """The fold with one more order, which was not in it, at its end; None where only a fold can tell."""
    if not order.counts:
        return history
    if history.last_at is not None and order.placed_at <= history.last_at:
        return None
    return _with(history, order, zone)


def _with(history: History, order: Purchase, zone: tzinfo) -> History:
    """One step of the fold: an order that counts, later than all before."""
    day = order.placed_at.astimezone(zone).date()
    gap = None if history.last_day is None else (day - history.last_day).days
    kept = order.total - order.refunded
    return History(
        orders=history.orders + 1,
        purchase_days=history.purchase_days + (gap != 0),
        first_at=history.first_at or order.placed_at,
        last_at=order.placed_at,
        last_order_id=order.order_id,
        first_day=history.first_day or day,
        last_day=day,
        spent=_plus(history.spent, order.currency, kept),
        bought=_plus(history.bought, order.currency, 1),
        gap_squares=history.gap_squares + (gap or 0) ** 2,
        last_gap=gap or history.last_gap,
        recent_28=_decayed(history.recent_28, gap, SHORT_HALF_LIFE),
        recent_91=_decayed(history.recent_91, gap, LONG_HALF_LIFE),
        currency=order.currency,
        last_total=kept,
        channel=order.channel,
        country=order.country,
        discounted=history.discounted + bool(order.voucher_code),
        refunded=history.refunded + (order.refunded > 0),
        items=min(MOST_ITEMS, history.items + order.items),
    )


def _decayed(weight: float, gap: int | None, half_life: float) -> float:
    """The weight as of a day later by that gap, with the purchase of that day."""
    return weight if gap == 0 else weight * 2.0 ** (-(gap or 0) / half_life) + 1


def _plus(sums: Mapping[str, N], currency: str, amount: N) -> dict[str, N]:
    """In the order of the currencies' names, so that equal histories are written alike."""
    if currency in sums:
        return {name: value + amount if name == currency else value for name, value in sums.items()}
    return dict(sorted({**sums, currency: amount}.items()))


def _age(order: Purchase) -> tuple[datetime, str]:
    return order.placed_at, order.order_id

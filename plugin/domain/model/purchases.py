"""All orders of a shop as columns, and what each customer's history was at the end of a day.

Days are proleptic ordinals (`date.toordinal`) of the shop's calendar. Only orders that count are here.
"""

from array import array
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from plugin.domain.customer import LONG_HALF_LIFE, SHORT_HALF_LIFE

Floats: TypeAlias = NDArray[np.float64]
Ints: TypeAlias = NDArray[np.int64]
Flags: TypeAlias = NDArray[np.bool_]


class Order(NamedTuple):
    customer: Hashable
    day: int
    #: Orders of one day are told apart by it: the last one is the one with the greatest.
    moment: float
    #: Gross: what went back later was not known when it was placed.
    total: float
    currency: str = ""
    discounted: bool = False
    items: int = 0
    #: What went back of it, and the day from which that is known.
    refunded: float = 0.0
    refund_day: int = 0


@dataclass(frozen=True, slots=True)
class Purchases:
    """One row an order, by customer, then by time. What each column is, `Order` says."""

    #: By the number that stands in `customer`.
    names: tuple[Hashable, ...]
    customer: Ints
    day: Ints
    total: Floats
    currency: Ints
    #: By the number that stands in `currency`.
    currencies: tuple[str, ...]
    discounted: Flags
    items: Ints
    refunded: Floats
    refund_day: Ints

    @property
    def new_day(self) -> Flags:
        """The first order of each customer's purchase day."""
        return np.not_equal(self.customer, _before(self.customer)) | np.not_equal(self.day, _before(self.day))


@dataclass(frozen=True, slots=True)
class Histories:
    """`plugin.domain.customer.History` of every customer who had bought by a day, one row a customer."""

    #: The number of the customer in `Purchases.names`.
    customer: Ints
    orders: Ints
    #: Purchase days beyond the first, and days from the first to the last.
    frequency: Ints
    recency: Ints
    last_day: Ints
    gap_squares: Floats
    #: 0 where there is none.
    last_gap: Ints
    recent_28: Floats
    recent_91: Floats
    #: Of the last order, less what was known to have gone back.
    currency: Ints
    last_total: Floats
    #: The same of all orders in the currency of the last one, on average.
    mean_total: Floats
    discounted: Ints
    #: Orders of which money was known to have gone back.
    refunded: Ints
    items: Ints

    def __len__(self) -> int:
        return len(self.customer)


def from_orders(orders: Iterable[Order]) -> Purchases:
    """In whatever order they come; each is read once and not kept."""
    names: dict[Hashable, int] = {}
    currencies: dict[str, int] = {}
    whole, amounts = array("q"), array("d")
    for order in orders:
        customer = names.setdefault(order.customer, len(names))
        currency = currencies.setdefault(order.currency, len(currencies))
        whole.extend((customer, order.day, currency, order.items, order.discounted, order.refund_day))
        amounts.extend((order.moment, order.total, order.refunded))
    customer_of, day, currency_of, items, discounted, refund_day = np.array(whole, np.int64).reshape(-1, 6).T
    moment, total, refunded = np.array(amounts, np.float64).reshape(-1, 3).T
    rows = np.lexsort((moment, day, customer_of))
    return Purchases(
        names=tuple(names),
        customer=customer_of[rows],
        day=day[rows],
        total=total[rows],
        currency=currency_of[rows],
        currencies=tuple(currencies),
        discounted=discounted[rows].astype(np.bool_),
        items=items[rows],
        refunded=refunded[rows],
        refund_day=refund_day[rows],
    )


def until(purchases: Purchases, day: int) -> Purchases:
    """What was known at the end of that day: of a refund that came later, nothing."""
    known = _kept(purchases, purchases.day <= day)
    return replace(known, refunded=np.where(known.refund_day <= day, known.refunded, 0.0))


def chosen(purchases: Purchases, customers: NDArray[np.int64]) -> Purchases:
    """The orders of these customers only."""
    wanted = np.zeros(len(purchases.names), dtype=np.bool_)
    wanted[customers] = True
    return _kept(purchases, wanted[purchases.customer])


def histories(purchases: Purchases, day: int) -> Histories:
    """Every customer with an order by the end of that day, as they were then."""
    known = until(purchases, day)
    starts = np.flatnonzero(np.not_equal(known.customer, _before(known.customer)))
    ends = np.append(starts[1:], len(known.customer)) - 1 if len(starts) else starts
    new_day = known.new_day
    first = np.zeros(len(new_day), dtype=np.bool_)
    first[starts] = True
    gap = np.where(first, 0, known.day - _before(known.day))
    last_day = known.day[ends]
    age = np.repeat(last_day, np.diff(np.append(starts, len(known.day)))) - known.day

    def each(values: NDArray[Any]) -> NDArray[Any]:
        return np.add.reduceat(values, starts) if len(starts) else values[:0]

    left = known.total - known.refunded
    same = known.currency == np.repeat(known.currency[ends], np.diff(np.append(starts, len(known.day))))
    return Histories(
        customer=known.customer[ends],
        orders=each(np.ones_like(known.day)),
        frequency=each(new_day.astype(np.int64)) - 1,
        recency=last_day - known.day[starts],
        last_day=last_day,
        gap_squares=each(gap.astype(np.float64) ** 2),
        last_gap=_last_gap(gap, starts, ends),
        recent_28=each(np.where(new_day, np.exp2(-age / SHORT_HALF_LIFE), 0.0)),
        recent_91=each(np.where(new_day, np.exp2(-age / LONG_HALF_LIFE), 0.0)),
        currency=known.currency[ends],
        last_total=left[ends],
        mean_total=each(np.where(same, left, 0.0)) / np.maximum(1, each(same.astype(np.int64))),
        discounted=each(known.discounted.astype(np.int64)),
        refunded=each((known.refunded > 0).astype(np.int64)),
        items=each(known.items),
    )


def bought_within(purchases: Purchases, known: Histories, day: int, horizon_days: int) -> Flags:
    """Which of these customers ordered in the `horizon_days` days after that day."""
    inside = (purchases.day > day) & (purchases.day <= day + horizon_days)
    came = np.zeros(len(purchases.names), dtype=np.bool_)
    came[purchases.customer[inside]] = True
    return came[known.customer]


def typical_orders(purchases: Purchases) -> dict[str, float]:
    """The middle value of an order that is worth something, by currency."""
    found = {}
    for code, currency in enumerate(purchases.currencies):
        totals = purchases.total[(purchases.currency == code) & (purchases.total > 0)]
        if len(totals):
            found[currency] = float(np.median(totals))
    return found


def _last_gap(gap: Ints, starts: Ints, ends: Ints) -> Ints:
    """The gap before the last purchase day: orders of one day follow each other with a gap of 0."""
    if not len(ends):
        return ends
    latest = np.maximum.accumulate(np.where(gap > 0, np.arange(len(gap)), -1))[ends]
    return np.where(latest >= starts, gap[latest], 0)


def _kept(purchases: Purchases, rows: Flags) -> Purchases:
    return Purchases(
        purchases.names,
        purchases.customer[rows],
        purchases.day[rows],
        purchases.total[rows],
        purchases.currency[rows],
        purchases.currencies,
        purchases.discounted[rows],
        purchases.items[rows],
        purchases.refunded[rows],
        purchases.refund_day[rows],
    )


def _before(column: Ints) -> Ints:
    """The column one row further down; nothing stands before the first."""
    moved = np.empty_like(column)
    moved[1:] = column[:-1]
    moved[:1] = -1
    return moved

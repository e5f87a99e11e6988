"""What a shop would have learnt at moments of its past: rhythm and model of the orders before each, and of no other."""

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from plugin.domain.budgets import USUAL_FROM, Usual
from plugin.domain.churn import RHYTHM_FROM, Outlook, learn_rhythm
from plugin.domain.library import HIGH_SHARE
from plugin.domain.model.choose import default_horizon, learn
from plugin.domain.model.needs import Sales, buys_by
from plugin.domain.model.needs import learn as learn_of
from plugin.domain.model.purchases import Flags, Floats, Ints, Purchases
from plugin.domain.needs import NeedModel
from plugin.domain.replay_values import Season
from plugin.domain.stages import Limits


class Placed(NamedTuple):
    """An order that counts, or that did before it was cancelled. A tuple, because millions of them pass by."""

    customer_id: int
    placed_at: datetime
    #: From when on its newest version was known.
    updated_at: datetime
    counts: bool
    currency: str
    total: float
    shipping: float
    refunded: float
    discounted: bool
    items: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """One row an order, by customer, then by time. What each column is, `Placed` says; moments are Unix seconds."""

    customer: Ints
    day: Ints
    placed: Floats
    updated: Floats
    counts: Flags
    total: Floats
    shipping: Floats
    refunded: Floats
    currency: Ints
    #: By the number that stands in `currency`.
    currencies: tuple[str, ...]
    discounted: Flags
    items: Ints

    def __len__(self) -> int:
        return len(self.customer)


def ledger_of(orders: Iterable[Placed], zone: tzinfo) -> Ledger:
    """By customer and then by time they have to come; each is read once and not kept."""
    currencies: dict[str, int] = {}
    whole, amounts = array("q"), array("d")
    for order in orders:
        currency = currencies.setdefault(order.currency, len(currencies))
        day = order.placed_at.astimezone(zone).date().toordinal()
        whole.extend((order.customer_id, day, order.counts, currency, order.discounted, order.items))
        moments = order.placed_at.timestamp(), order.updated_at.timestamp()
        amounts.extend((*moments, order.total, order.shipping, order.refunded))
    customer, day_of, counts, currency_of, discounted, items = np.array(whole, np.int64).reshape(-1, 6).T
    placed, updated, total, shipping, refunded = np.array(amounts, np.float64).reshape(-1, 5).T
    return Ledger(
        customer=customer,
        day=day_of,
        placed=placed,
        updated=updated,
        counts=counts.astype(np.bool_),
        total=total,
        shipping=shipping,
        refunded=refunded,
        currency=currency_of,
        currencies=tuple(currencies),
        discounted=discounted.astype(np.bool_),
        items=items,
    )


def learn_seasons(ledger: Ledger, cutoffs: Sequence[datetime], limits: Limits, zone: tzinfo) -> list[Season]:
    """What would have been learnt at each of these midnights of the shop."""
    found = []
    for cutoff in cutoffs:
        rows = _rows(ledger, cutoff)
        purchases = _purchases(ledger, rows, cutoff, zone)
        outlook = _outlook(purchases, ledger.placed[rows], cutoff, limits, zone)
        found.append(Season(cutoff, outlook, _usual(ledger, rows), _high_value(ledger, rows, cutoff)))
    return found


def learn_needs(sales: Sales, cutoffs: Sequence[datetime], zone: tzinfo) -> list[NeedModel | None]:
    """The same of what is bought again and again."""
    return [learn_of(buys_by(sales, cutoff), cutoff.astimezone(zone).date().toordinal() - 1) for cutoff in cutoffs]


def _rows(ledger: Ledger, cutoff: datetime) -> Flags:
    """The orders before it that counted then: a cancellation is known from the newest version's own time on."""
    moment = cutoff.timestamp()
    rows: Flags = (ledger.placed < moment) & (ledger.counts | (ledger.updated > moment))
    return rows


def _purchases(ledger: Ledger, rows: Flags, cutoff: datetime, zone: tzinfo) -> Purchases:
    """These orders as they were then: a refund is known from the newest version's own time on."""
    names, customer = np.unique(ledger.customer[rows], return_inverse=True)
    yesterday = cutoff.astimezone(zone).date().toordinal() - 1
    return Purchases(
        names=tuple(names.tolist()),
        customer=customer.astype(np.int64),
        day=ledger.day[rows],
        total=ledger.total[rows],
        currency=ledger.currency[rows],
        currencies=ledger.currencies,
        discounted=ledger.discounted[rows],
        items=ledger.items[rows],
        refunded=_refunded(ledger, cutoff)[rows],
        refund_day=np.full(int(rows.sum()), yesterday, np.int64),
    )


def _refunded(ledger: Ledger, cutoff: datetime) -> Floats:
    """As far as it was known then."""
    refunded: Floats = np.where(ledger.updated <= cutoff.timestamp(), ledger.refunded, 0.0)
    return refunded


def _high_value(ledger: Ledger, rows: Flags, cutoff: datetime) -> dict[str, Decimal]:
    """By the currency of their last order, what the top fifth of those who bought had spent in it at least."""
    customer, currency = ledger.customer[rows], ledger.currency[rows]
    kept = (ledger.total - _refunded(ledger, cutoff))[rows]
    last = np.append(customer[1:] != customer[:-1], True) if len(customer) else np.zeros(0, np.bool_)
    whose = np.cumsum(last) - last
    of_last = currency[last][whose] == currency
    spent = np.round(np.bincount(whose[of_last], kept[of_last], int(last.sum())), 3)
    found = {}
    for code, name in enumerate(ledger.currencies):
        ranked = np.sort(spent[(currency[last] == code) & (spent > 0)])[::-1]
        if len(ranked):
            found[name] = Decimal(f"{ranked[math.ceil(HIGH_SHARE * len(ranked)) - 1]:.3f}")
    return found


def _usual(ledger: Ledger, rows: Flags) -> dict[str, Usual]:
    """The mean basket and the mean price of shipping of the newest orders, by currency."""
    found = {}
    for code, currency in enumerate(ledger.currencies):
        theirs = np.flatnonzero(rows & (ledger.currency == code))
        newest = theirs[np.argsort(ledger.placed[theirs], kind="stable")[-USUAL_FROM:]]
        if len(newest):
            shipped = ledger.shipping[newest][ledger.shipping[newest] > 0]
            found[currency] = Usual(_mean(ledger.total[newest]), _mean(shipped) if len(shipped) else None)
    return found


def _mean(amounts: Floats) -> Decimal:
    return Decimal(f"{amounts.mean():.4f}")


def _outlook(purchases: Purchases, placed: Floats, cutoff: datetime, limits: Limits, zone: tzinfo) -> Outlook:
    yesterday = cutoff.astimezone(zone).date() - timedelta(days=1)
    horizon = limits.horizon_days or default_horizon(purchases)
    rhythm = learn_rhythm(_times(purchases, placed))
    return Outlook(rhythm, learn(purchases, yesterday, horizon), limits)


def _times(purchases: Purchases, placed: Floats) -> Iterator[list[datetime]]:
    """Of the first customers, when each bought: several orders on one day are one purchase, at the time of the last."""
    customer, day = purchases.customer, purchases.day
    some = customer < RHYTHM_FROM
    follows = np.append((customer[1:] == customer[:-1]) & (day[1:] == day[:-1]), False) if len(day) else some
    last = some & ~follows
    starts = np.flatnonzero(np.diff(customer[last])) + 1
    for theirs in np.split(placed[last], starts):
        yield [datetime.fromtimestamp(moment, UTC) for moment in theirs.tolist()]

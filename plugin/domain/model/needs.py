"""Fits when customers buy a product again, and scores many at once; `plugin.domain.needs` does so for one.

Nothing of the days after the cutoff is known to any of it: paces and layer are learnt from windows before it.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from typing import NamedTuple

import numpy as np
from scipy.special import gammaln

from plugin.domain.customer import SHORT_HALF_LIFE
from plugin.domain.model import logistic
from plugin.domain.model.purchases import Flags, Floats, Ints
from plugin.domain.needs import (
    BOUGHT_AGAIN,
    MOST_LOG_ODDS,
    TRAITS,
    WINDOW_DAYS,
    NeedModel,
    Pace,
    Seen,
    by_chance,
    layered,
    traits,
    usual_gap,
)
from plugin.domain.prediction import Layer

#: What a product is part of weighs as much as so many gaps (purchases) of the product itself.
TYPE_WEIGHT = 10.0
#: Fewer gaps in the whole shop teach nothing.
ENOUGH_GAPS = 50
#: Fewer gaps of a product, and it goes by its type; so do those beyond the most that are kept.
ENOUGH_OF_PRODUCT = 5
MOST_TYPES, MOST_PRODUCTS = 500, 2_000
#: The layer is learnt from so many windows before the cutoff, and from so many pairs of them at most.
WINDOWS = 4
MOST_PAIRS = 400_000
#: Fewer pairs that were bought again, or that were not, teach no layer.
ENOUGH_OF_EACH = 100
RIDGE = 1.0
SHAPES = (0.25, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0)


@dataclass(frozen=True, slots=True)
class Buys:
    """One row a customer, product and day, in that order."""

    customer: Ints
    product: Ints
    day: Ints
    #: By the number that stands in `product`: its id, and the number of its type.
    products: tuple[str, ...]
    type_of: Ints
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Customers and products that they bought by the end of a day: one row each."""

    customer: Ints
    product: Ints
    times: Floats
    first: Floats
    last: Floats
    last_gap: Floats
    log_sum: Floats
    log_squares: Floats
    #: Of the customer: the last and the first day with an order, on how many days, and how many lately.
    customer_last: Floats
    customer_first: Floats
    customer_days: Floats
    customer_recent: Floats

    def __len__(self) -> int:
        return len(self.customer)

    def where(self, rows: Flags | Ints) -> "Pairs":
        return Pairs(*(getattr(self, name)[rows] for name in self.__slots__))


class Sold(NamedTuple):
    """A line of an order that counts, or that did before it was cancelled."""

    customer_id: int
    placed_at: datetime
    #: From when on the order's newest version was known.
    updated_at: datetime
    counts: bool
    product_id: str
    product_type: str


@dataclass(frozen=True, slots=True)
class Sales:
    """What `Sold` says, in columns; moments are Unix seconds. Row by row as `buys`, but what is bought twice is there twice."""

    buys: Buys
    placed: Floats
    updated: Floats
    counts: Flags


def sales_of(lines: Iterable[Sold], zone: tzinfo) -> Sales:
    moments = array("d")
    counted = array("b")

    def rows() -> Iterator[tuple[int, int, str, str]]:
        for line in lines:
            moments.extend((line.placed_at.timestamp(), line.updated_at.timestamp()))
            counted.append(line.counts)
            day = line.placed_at.astimezone(zone).date().toordinal()
            yield line.customer_id, day, line.product_id, line.product_type

    buys = _columns(rows())
    placed, updated = np.array(moments, np.float64).reshape(-1, 2).T
    return Sales(buys, placed, updated, np.array(counted, np.bool_))


def buys_by(sales: Sales, cutoff: datetime) -> Buys:
    """Of orders placed before it that counted then: a cancellation is known from the newest version's own time on."""
    moment = cutoff.timestamp()
    return _each_once(sales.buys, (sales.placed < moment) & (sales.counts | (sales.updated > moment)))


def buys_of(rows: Iterable[tuple[int, int, str, str]]) -> Buys:
    """Rows of customer, day, product id and type, in any order; what is bought twice on a day is bought once."""
    buys = _columns(rows)
    return _each_once(buys, np.ones(len(buys.day), np.bool_))


def _columns(rows: Iterable[tuple[int, int, str, str]]) -> Buys:
    products: dict[str, int] = {}
    types: dict[str, int] = {}
    type_of: list[int] = []
    whole = array("q")
    for customer, day, product, kind in rows:
        number = products.setdefault(product, len(products))
        if number == len(type_of):
            type_of.append(types.setdefault(kind, len(types)))
        whole.extend((customer, number, day))
    customer_of, product_of, day_of = np.array(whole, np.int64).reshape(-1, 3).T
    return Buys(customer_of, product_of, day_of, tuple(products), np.array(type_of, np.int64), tuple(types))


def _each_once(buys: Buys, rows: Flags) -> Buys:
    columns = np.column_stack([buys.customer[rows], buys.product[rows], buys.day[rows]])
    columns = columns[np.lexsort(columns.T[::-1])]
    columns = columns[np.append(True, (columns[1:] != columns[:-1]).any(axis=1))[: len(columns)]]
    return replace(buys, customer=columns[:, 0], product=columns[:, 1], day=columns[:, 2])


def until(buys: Buys, day: int) -> Buys:
    known = buys.day <= day
    return replace(buys, customer=buys.customer[known], product=buys.product[known], day=buys.day[known])


def pairs_at(buys: Buys, today: int) -> Pairs:
    """As of the end of that day."""
    known = until(buys, today)
    customer, product, day = known.customer, known.product, known.day
    begins = np.append(True, (customer[1:] != customer[:-1]) | (product[1:] != product[:-1]))[: len(day)]
    starts = np.flatnonzero(begins)
    ends = np.append(starts[1:], len(day))[: len(starts)] - 1
    gaps = np.where(begins, 0, np.diff(day, prepend=0)).astype(np.float64)
    logs = np.log(np.maximum(gaps, 1.0))
    whose, place = np.unique(customer[starts], return_inverse=True)
    last, first, days, recent = _of_customers(known, whose, today)
    return Pairs(
        customer[starts],
        product[starts],
        (ends - starts + 1).astype(np.float64),
        day[starts].astype(np.float64),
        day[ends].astype(np.float64),
        gaps[ends],
        _summed(logs, starts),
        _summed(logs * logs, starts),
        *(column[place] for column in (last, first, days, recent)),
    )


def _summed(values: Floats, starts: Ints) -> Floats:
    summed: Floats = np.add.reduceat(values, starts) if len(starts) else np.zeros(0)
    return summed


def _of_customers(known: Buys, whose: Ints, today: int) -> tuple[Floats, Floats, Floats, Floats]:
    if not len(whose):
        return (np.zeros(0),) * 4
    earliest = int(known.day.min())
    width = today - earliest + 1
    visits = np.unique(np.searchsorted(whose, known.customer) * width + known.day - earliest)
    place, day = visits // width, visits % width + earliest
    starts = np.flatnonzero(np.append(True, place[1:] != place[:-1]))
    ends = np.append(starts[1:], len(place)) - 1
    lately = 2.0 ** ((day - today) / SHORT_HALF_LIFE)
    return (
        day[ends].astype(np.float64),
        day[starts].astype(np.float64),
        (ends - starts + 1).astype(np.float64),
        _summed(lately, starts),
    )


def came(buys: Buys, pairs: Pairs, today: int, window: int) -> Flags:
    """Which of them were bought in the days (today, today + window]."""
    within = (buys.day > today) & (buys.day <= today + window)
    width = len(buys.products)
    bought = np.unique(buys.customer[within] * width + buys.product[within])
    found: Flags = np.isin(pairs.customer * width + pairs.product, bought)
    return found


def learn(buys: Buys, today: int, window: int = WINDOW_DAYS) -> NeedModel | None:
    """By what was known at the end of that day; None where hardly anything was ever bought again."""
    known = until(buys, today)
    model = learn_paces(known, today, window)
    if model is None:
        return None
    found, outcomes = [], []
    for number in range(1, WINDOWS + 1):
        then = today - number * window
        before = learn_paces(until(known, then), then, window)
        if before is None:
            break
        pairs = again(pairs_at(known, then))
        pairs = pairs.where(_some(pairs))
        found.append(rows_of(before, known, pairs, then))
        outcomes.append(came(known, pairs, then, window))
    return replace(model, layer=_layer(found, outcomes), fitted_on=date.fromordinal(today))


def again(pairs: Pairs) -> Pairs:
    """Those that were bought on two days or more."""
    return pairs.where(pairs.times >= BOUGHT_AGAIN)


def scores(model: NeedModel, buys: Buys, pairs: Pairs, today: int) -> Floats:
    """The chance that each is bought within the window."""
    if model.layer is None:
        odds = np.log(by_chance(seen_by(model, buys, pairs, today), model.shape, model.window_days))
    else:
        odds = layered(model.layer, list(rows_of(model, buys, pairs, today).T))
    chances: Floats = 1 / (1 + np.exp(-np.clip(odds, -MOST_LOG_ODDS, MOST_LOG_ODDS)))
    return chances


def rows_of(model: NeedModel, buys: Buys, pairs: Pairs, today: int) -> Floats:
    """The traits, of shape (pairs, traits)."""
    seen = seen_by(model, buys, pairs, today)
    return np.column_stack(traits(seen, model.shape, model.window_days, np.log))


def seen_by(model: NeedModel, buys: Buys, pairs: Pairs, today: int) -> Seen:
    types = [buys.types[number] for number in buys.type_of]
    paces = [model.pace(product, kind) for product, kind in zip(buys.products, types, strict=True)]
    gap, rate = np.array([pace.gap for pace in paces]), np.array([pace.rate for pace in paces])
    return Seen(
        pairs.times,
        pairs.last - pairs.first,
        today - pairs.last,
        pairs.last_gap,
        pairs.log_sum,
        pairs.log_squares,
        gap[pairs.product],
        rate[pairs.product],
        today - pairs.customer_last,
        today - pairs.customer_first,
        pairs.customer_days,
        pairs.customer_recent,
    )


def _some(pairs: Pairs) -> Flags:
    """Of a large shop, every so manieth customer: all of their products or none."""
    every = 1 + len(pairs) * WINDOWS // MOST_PAIRS
    some: Flags = pairs.customer % every == 0
    return some


def _layer(found: list[Floats], outcomes: list[Flags]) -> Layer | None:
    if not found:
        return None
    bought = np.concatenate(outcomes)
    if min(bought.sum(), (~bought).sum()) < ENOUGH_OF_EACH:
        return None
    return logistic.fit(np.concatenate(found), bought, TRAITS, [0] * len(TRAITS), RIDGE)


def learn_paces(known: Buys, today: int, window: int) -> NeedModel | None:
    pairs = pairs_at(known, today)
    gaps = pairs.times - 1
    if gaps.sum() < ENOUGH_GAPS:
        return None
    age = np.maximum(today - pairs.first, 1.0)
    span = pairs.last - pairs.first
    shop = Pace(float(span.sum() / gaps.sum()), float(gaps.sum() / age.sum()))
    kind, kinds = known.type_of[pairs.product], len(known.types)
    number = _by(kind, gaps, kinds)
    type_gap = _shrunk(_by(kind, span, kinds), number, shop.gap)
    type_rate = 1 / _shrunk(_by(kind, age, kinds), number, 1 / shop.rate)
    product, products = pairs.product, len(known.products)
    of_product = _by(product, gaps, products)
    gap = _shrunk(_by(product, span, products), of_product, type_gap[known.type_of])
    rate = 1 / _shrunk(_by(product, age, products), of_product, 1 / type_rate[known.type_of])
    return NeedModel(
        window,
        shop,
        _named(known.types, type_gap, type_rate, number, 1, MOST_TYPES),
        _named(known.products, gap, rate, of_product, ENOUGH_OF_PRODUCT, MOST_PRODUCTS),
        shape=_shape(gaps, age, rate[pairs.product]),
        typical=_typical(pairs, gap[pairs.product]),
        pairs=int((pairs.times >= BOUGHT_AGAIN).sum()),
    )


def _by(which: Ints, values: Floats, width: int) -> Floats:
    """The sum of the values of each number."""
    summed: Floats = np.bincount(which, values, width).astype(np.float64)
    return summed


def _named(
    names: tuple[str, ...], gap: Floats, rate: Floats, number: Floats, least: int, most: int
) -> Mapping[str, Pace]:
    """Of those with so many gaps at least, the ones with the most."""
    places = np.argsort(-number, kind="stable")[:most]
    return {
        names[place]: Pace(float(gap[place]), float(rate[place])) for place in places.tolist() if number[place] >= least
    }


def _shrunk(total: Floats, number: Floats, usual: Floats | float) -> Floats:
    shrunk: Floats = (total + TYPE_WEIGHT * usual) / (number + TYPE_WEIGHT)
    return shrunk


def _shape(gaps: Floats, age: Floats, rate: Floats) -> float:
    """The likeliest of `SHAPES` for so many purchases in so many days: negative binomial."""

    def likelihood(shape: float) -> float:
        scale = shape / rate
        terms = gammaln(shape + gaps) - gammaln(shape)
        terms += shape * np.log(scale / (scale + age)) - gaps * np.log(scale + age)
        return float(terms.sum())

    return max(SHAPES, key=likelihood)


def _typical(pairs: Pairs, gap: Floats) -> float:
    """The middle of each last gap in gaps that were expected before it."""
    known = pairs.times > BOUGHT_AGAIN
    if not known.any():
        return 1.0
    span = (pairs.last - pairs.first - pairs.last_gap)[known]
    expected = usual_gap(pairs.times[known] - 1, span, gap[known])
    return float(np.median(pairs.last_gap[known] / expected))

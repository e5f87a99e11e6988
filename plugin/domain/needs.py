"""When a customer will need a product again, by a fitted model, in plain floats: nothing here needs numpy.

`docs/model.md` has the formulae. A need is one customer's of one product that they bought on two days or more.
`plugin.domain.model.needs` fits the model and scores many needs at once by the same `traits`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple

from plugin.domain.customer import SHORT_HALF_LIFE, History
from plugin.domain.prediction import Layer, read_layer
from plugin.domain.values import light_dataclass

#: A float, or an array of them: the formulae are the same.
Column = Any

#: The chance is that of buying again within so many days.
WINDOW_DAYS: Final = 14
#: A product's gap weighs as much as so many gaps of the customer's own.
OWN_WEIGHT: Final = 2.0
#: Of one customer, the latest; what was bought before says little of now.
MOST_ORDERS: Final = 50
#: From so many days on with a purchase of it a product has an interval.
BOUGHT_AGAIN: Final = 2
TRAITS: Final = (
    "usual",
    "silence",
    "ratio",
    "late",
    "odds",
    "pace",
    "times",
    "last_gap",
    "mean_gap",
    "spread",
    "nearness",
    "customer_silence",
    "customer_gap",
    "customer_recent",
)
#: The learnt chance is never surer than this.
MOST_LOG_ODDS: Final = 9.0
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a product, all products of a type, or all of the shop are bought again; shrunk to what they are part of."""

    #: Mean days between two purchases of one customer.
    gap: float
    #: Purchases a day after the first, of everybody who bought it once or more.
    rate: float


@dataclass(frozen=True, slots=True)
class NeedModel:
    window_days: int
    shop: Pace
    #: By product type, and by product id, of those with enough gaps to say something.
    types: Mapping[str, Pace]
    products: Mapping[str, Pace]
    #: Of the rates at which customers buy one product: Gamma(shape, mean: the pace's rate).
    shape: float
    #: Half of all purchases have come after this share of the gap that was expected.
    typical: float
    #: None where the past is too short to learn one from; then the chance is the Poisson-Gamma's.
    layer: Layer | None = None
    #: Customers and products that it was learnt from.
    pairs: int = 0
    #: The last day whose orders it knows.
    fitted_on: date | None = None

    def pace(self, product_id: str, product_type: str | None) -> Pace:
        return self.products.get(product_id) or self.types.get(product_type or "") or self.shop


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a customer and a product, or of many in columns. Times are days."""

    #: Purchase days of it; the time from the first to the last, and since the last.
    times: Column
    span: Column
    silence: Column
    last_gap: Column
    #: Of the logarithms of its gaps.
    log_sum: Column
    log_squares: Column
    #: The product's pace.
    gap: Column
    rate: Column
    #: Of all the customer's orders: since the last, since the first, on how many days, and how many lately (`recent_28`).
    customer_silence: Column
    customer_age: Column
    customer_days: Column
    customer_recent: Column


def usual_gap(times: Column, span: Column, gap: Column) -> Column:
    """Days until the next purchase of it is expected: the customer's own mean gap, shrunk to the product's."""
    return (OWN_WEIGHT * gap + span) / (OWN_WEIGHT + times - 1)


def by_chance(seen: Seen, shape: float, window: float) -> Column:
    """The odds of a purchase in the window where customers buy at random, at rates drawn from a Gamma distribution."""
    scale = shape / seen.rate
    age = seen.span + seen.silence
    none = ((scale + age) / (scale + age + window)) ** (shape + seen.times - 1)
    return (1 - none) / none


def traits(seen: Seen, shape: float, window: float, log: Callable[[Column], Column]) -> tuple[Column, ...]:
    """What the layer reads, in the order of `TRAITS`."""
    gaps = seen.times - 1
    usual = usual_gap(seen.times, seen.span, seen.gap)
    ratio = log((seen.silence + 0.5) / usual)
    mean = seen.log_sum / gaps
    off = abs(seen.silence + window / 2 - usual)
    variance = seen.log_squares / gaps - mean * mean
    return (
        log(usual),
        log(1 + seen.silence),
        ratio,
        (ratio + abs(ratio)) / 2,
        log(by_chance(seen, shape, window)),
        log(seen.rate),
        log(seen.times),
        log(1 + seen.last_gap),
        mean,
        abs(variance) ** 0.5,
        math.e ** (-off / window),
        log(1 + seen.customer_silence),
        log((seen.customer_age + 1) / seen.customer_days),
        log(1 + seen.customer_recent),
    )


class Thing(NamedTuple):
    """A line of an order, as far as needs go."""

    product_id: str
    name: str
    product_type: str | None
    variant_id: str | None = None


@dataclass(frozen=True, slots=True)
class Trip:
    """One shopping trip: an order, as far as needs go by it."""

    order_id: str
    placed_at: datetime
    things: Sequence[Thing]
    #: Nothing has been bought yet where it does not.
    counts: bool = True
    #: Something of it has not been sent yet; and when its last parcel left, as far as that is known.
    waiting: bool = False
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """What is known of a variant that has been out of stock once."""

    missing: bool
    changed_at: datetime


@light_dataclass(frozen=True, slots=True)
class Bought:
    """A product that one customer bought, on two days or more."""

    product_id: str
    name: str
    product_type: str | None
    #: One purchase a day, the oldest first.
    times: tuple[datetime, ...]
    last_order_id: str
    #: The variants of the last purchase that can be bought.
    variants: tuple[str, ...] = ()
    #: When an order with it was placed that waits to be sent; and when its last parcel left, as far as that is known.
    waits_since: datetime | None = None
    sent_at: datetime | None = None
    #: None of those variants can be bought; and since when one can be again.
    missing: bool = False
    back_at: datetime | None = None


@light_dataclass(frozen=True, slots=True)
class Need:
    bought: Bought
    #: The expected days between two purchases.
    gap: float
    #: When half of those like them have bought it again.
    due_at: datetime
    #: Of buying it in the window that begins then.
    chance: float

    @property
    def last_at(self) -> datetime:
        return self.bought.times[-1]

    @property
    def key(self) -> str:
        """This customer's need of this product since the last purchase of it."""
        return f"{self.bought.product_id} {self.bought.last_order_id}"


def bought_of(trips: Iterable[Trip], stock: Mapping[str, Stock]) -> tuple[Bought, ...]:
    """Of products bought on two days or more. stock: of the variants that have been out of stock. Days are UTC's: near enough for how often."""
    theirs: dict[str, list[Trip]] = {}
    for trip in sorted(trips, key=lambda one: (one.placed_at, one.order_id)):
        for product_id in dict.fromkeys(thing.product_id for thing in trip.things):
            theirs.setdefault(product_id, []).append(trip)
    found = (_bought(product_id, held, stock) for product_id, held in theirs.items())
    return tuple(one for one in found if one is not None)


def _bought(product_id: str, trips: Sequence[Trip], stock: Mapping[str, Stock]) -> Bought | None:
    """trips: the oldest first. None where it was not bought again."""
    counting = [trip for trip in trips if trip.counts]
    times = {trip.placed_at.date(): trip.placed_at for trip in counting}
    if len(times) < BOUGHT_AGAIN:
        return None
    last = counting[-1]
    things = [thing for thing in last.things if thing.product_id == product_id]
    variants = tuple(dict.fromkeys(thing.variant_id for thing in things if thing.variant_id))
    there = tuple(one for one in variants if one not in stock or not stock[one].missing)
    return Bought(
        product_id,
        things[-1].name,
        things[-1].product_type,
        tuple(times.values()),
        last.order_id,
        there,
        max((trip.placed_at for trip in trips if trip.waiting), default=None),
        max((trip.sent_at for trip in counting if trip.sent_at), default=None),
        missing=bool(variants) and not there,
        back_at=min((stock[one].changed_at for one in there if one in stock), default=None),
    )


def needs_of(bought: Sequence[Bought], history: History, model: NeedModel) -> tuple[Need, ...]:
    """The one that is due first leads. They hang on the customer's purchases and the model alone, not on the moment."""
    needs = (_need(one, history, model) for one in bought)
    return tuple(sorted(needs, key=lambda need: (need.due_at, need.key)))


def expected_gap(bought: Bought, model: NeedModel | None) -> float:
    """Days between two purchases of it: shrunk where there is a model, else the customer's own mean, from two on."""
    span = (bought.times[-1] - bought.times[0]) / _DAY
    if model is None:
        return span / (len(bought.times) - 1)
    return float(usual_gap(len(bought.times), span, model.pace(bought.product_id, bought.product_type).gap))


def _need(bought: Bought, history: History, model: NeedModel) -> Need:
    pace = model.pace(bought.product_id, bought.product_type)
    span = (bought.times[-1].date() - bought.times[0].date()).days
    gap = usual_gap(len(bought.times), span, pace.gap)
    wait = timedelta(days=model.typical * gap)
    due_at = bought.times[-1] + wait
    return Need(bought, gap, due_at, chance(model, seen_at(bought, history, pace, due_at)))


def seen_at(bought: Bought, history: History, pace: Pace, now: datetime) -> Seen:
    days = [moment.date().toordinal() for moment in bought.times]
    gaps = [after - before for before, after in pairwise(days)]
    logs = [math.log(gap) for gap in gaps]
    silence = max(0.0, (now - (history.last_at or bought.times[-1])) / _DAY)
    return Seen(
        len(days),
        days[-1] - days[0],
        max(0.0, (now - bought.times[-1]) / _DAY),
        gaps[-1],
        sum(logs),
        sum(one * one for one in logs),
        pace.gap,
        pace.rate,
        silence,
        max(0.0, (now - (history.first_at or bought.times[0])) / _DAY),
        max(1, history.purchase_days),
        history.recent_28 * 2.0 ** (-silence / SHORT_HALF_LIFE),
    )


def chance(model: NeedModel, seen: Seen) -> float:
    """Of buying it again within the window."""
    if model.layer is None:
        odds = math.log(by_chance(seen, model.shape, model.window_days))
    else:
        odds = layered(model.layer, traits(seen, model.shape, model.window_days, math.log))
    return 1 / (1 + math.exp(-max(-MOST_LOG_ODDS, min(MOST_LOG_ODDS, odds))))


def layered(layer: Layer, found: Sequence[Column]) -> Column:
    """The layer's log-odds of traits in its order."""
    return layer.intercept + sum(
        weight * (one - mean) / scale
        for (_, weight), mean, scale, one in zip(layer.weights, layer.means, layer.scales, found, strict=True)
    )


def to_json(model: NeedModel) -> dict[str, Any]:
    fitted_on = None if model.fitted_on is None else model.fitted_on.isoformat()
    return {**asdict(model), "fitted_on": fitted_on}


def from_json(said: Mapping[str, Any]) -> NeedModel:
    layer = said["layer"]
    return NeedModel(
        **{
            **said,
            "shop": Pace(**said["shop"]),
            "types": {name: Pace(**pace) for name, pace in said["types"].items()},
            "products": {name: Pace(**pace) for name, pace in said["products"].items()},
            "layer": None if layer is None else read_layer(layer),
            "fitted_on": None if said["fitted_on"] is None else date.fromisoformat(said["fitted_on"]),
        }
    )

"""What a fitted model says of one customer, in plain floats: nothing here needs numpy.

The score is the probability of at least one order within the horizon, for a customer who has been silent
for so many days. Without an order it only falls. `docs/model.md` has the formulae and where they are from.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from plugin.domain.buying import (
    MOST_LOG_ODDS,
    UNKNOWN_SHOP,
    GammaGamma,
    MbgNbd,
    expected_purchase,
    expected_purchases,
    logistic,
    order_log_odds,
    recency,
    within,
)
from plugin.domain.crossing import first_crossing
from plugin.domain.customer import History
from plugin.domain.traits import PASSING, lasting, passing

__all__ = ["GammaGamma", "MbgNbd"]


@dataclass(frozen=True, slots=True)
class Layer:
    """A logistic regression on `features`: log-odds = intercept + sum of weight * (feature - mean) / scale."""

    intercept: float
    #: By feature.
    weights: tuple[tuple[str, float], ...]
    #: In the order of the weights, over the customers it was learnt from.
    means: tuple[float, ...]
    scales: tuple[float, ...]
    #: Of the intercept and the weights, in that order.
    covariance: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """How well one candidate did on a past window; None where it cannot be said."""

    auc: float | None
    #: The 95 % interval of the area under the curve.
    auc_low: float | None
    auc_high: float | None
    brier: float | None
    #: Mean over ten equal groups by score of |mean score - share who ordered|; None without probabilities.
    decile_error: float | None


@dataclass(frozen=True, slots=True)
class Backtest:
    """What the candidates would have said on the shop's last complete window, and what came."""

    horizon_days: int
    #: The last day that was known; scored is what came in the `horizon_days` after it.
    cutoff: date
    customers: int
    #: The share of customers who ordered.
    base_rate: float
    candidates: Mapping[str, Measured]


@dataclass(frozen=True, slots=True)
class Model:
    """A shop's model, as it is stored."""

    horizon_days: int
    #: mbg_nbd · layered · too_little_data
    choice: str
    #: A sentence: why this choice.
    reason: str
    repeat: MbgNbd | None = None
    layer: Layer | None = None
    #: By currency.
    value: Mapping[str, GammaGamma] = field(default_factory=dict)
    #: The middle value of an order, by currency.
    typical: Mapping[str, float] = field(default_factory=dict)
    #: Of the logarithms of r, alpha, a and b.
    covariance: tuple[tuple[float, ...], ...] = ()
    customers: int = 0
    #: Purchase days beyond each customer's first.
    repeat_purchases: int = 0
    backtest: Backtest | None = None
    #: The last day whose orders it knows.
    fitted_on: date | None = None

    @property
    def usable(self) -> bool:
        return self.repeat is not None and self.choice in {"mbg_nbd", "layered"}


#: Standard deviations to either side that hold 90 %.
NINETY_PERCENT: Final = 1.6448536269514722


def features(model: Model, history: History, silence: float) -> dict[str, float]:
    """What the layer reads of a customer after so many days of silence. All finite."""
    repeat = model.repeat or UNKNOWN_SHOP
    return passing(repeat, history, model.horizon_days, max(0.0, silence)) | lasting(model.typical, history)


def probability(model: Model, history: History, silence: float) -> float:
    """P(at least one order within the horizon) after so many days of silence: in (0, 1), never rising with it."""
    return logistic(_by_silence(model, history)(max(0.0, silence)))


def expected_orders(model: Model, history: History, silence: float) -> float:
    """Purchase days expected within the horizon.

    The layer speaks only of whether there is one; how many there are if so is MBG/NBD's answer.
    """
    repeat, silence = model.repeat or UNKNOWN_SHOP, max(0.0, silence)
    orders = expected_purchases(repeat, history, model.horizon_days, silence)
    if model.layer is None:
        return orders
    plain = logistic(order_log_odds(repeat, history, model.horizon_days, silence))
    return orders / plain * probability(model, history, silence)


def expected_value(model: Model, history: History, silence: float) -> dict[str, float]:
    """What those purchases are worth, by currency: the customer's currencies in their present shares."""
    expected = expected_orders(model, history, silence)
    worth = {}
    for currency, bought in history.bought.items():
        share = bought / max(1, history.orders)
        days = max(1.0, share * history.purchase_days)
        mean = float(history.spent.get(currency, Decimal(0))) / days
        worth[currency] = expected * share * expected_purchase(model.value.get(currency), days, mean)
    return worth


def interval(model: Model, history: History, silence: float) -> tuple[float, float]:
    """The score's 90 % interval from the parameters' uncertainty: the delta method, on log-odds."""
    silence = max(0.0, silence)
    middle = _by_silence(model, history)(silence)
    variance = 0.0
    if model.repeat is not None and model.covariance:
        variance += _quadratic(_slopes(model, model.repeat, history, silence), model.covariance)
    if model.layer is not None and model.layer.covariance:
        found = _standardised(model.layer, features(model, history, silence))
        variance += _quadratic([1.0, *found], model.layer.covariance)
    spread = NINETY_PERCENT * math.sqrt(max(0.0, variance))
    return logistic(middle - spread), logistic(middle + spread)


def silence_until(model: Model, history: History, probability: float) -> float:
    """Days of silence at which the score has fallen to that probability; 0 if at once, infinite if never.

    The first grain of time (`crossing.GRAIN`) at which it has, so that it never comes sooner for a smaller probability.
    """
    score, wanted = _by_silence(model, history), _log_odds(probability)
    if math.isinf(wanted):
        return 0.0 if wanted > 0 else math.inf
    repeat = model.repeat or UNKNOWN_SHOP
    return first_crossing(lambda silence: score(silence) - wanted, repeat.alpha + recency(history))


def to_json(model: Model) -> dict[str, Any]:
    """Only what JSON knows: `from_json(to_json(model)) == model`."""
    found = asdict(model)
    found["fitted_on"] = model.fitted_on and model.fitted_on.isoformat()
    if model.backtest is not None:
        found["backtest"]["cutoff"] = model.backtest.cutoff.isoformat()
    return found


def from_json(stored: Mapping[str, Any]) -> Model:
    """What `to_json` gave, also after a way through text."""
    repeat, layer, backtest = stored["repeat"], stored["layer"], stored["backtest"]
    return Model(
        horizon_days=stored["horizon_days"],
        choice=stored["choice"],
        reason=stored["reason"],
        repeat=repeat and MbgNbd(**repeat),
        layer=layer and read_layer(layer),
        value={currency: GammaGamma(**worth) for currency, worth in stored["value"].items()},
        typical=dict(stored["typical"]),
        covariance=_matrix(stored["covariance"]),
        customers=stored["customers"],
        repeat_purchases=stored["repeat_purchases"],
        backtest=backtest and _backtest(backtest),
        fitted_on=stored["fitted_on"] and date.fromisoformat(stored["fitted_on"]),
    )


def read_layer(stored: Mapping[str, Any]) -> Layer:
    return Layer(
        stored["intercept"],
        tuple((name, weight) for name, weight in stored["weights"]),
        tuple(stored["means"]),
        tuple(stored["scales"]),
        _matrix(stored["covariance"]),
    )


def _backtest(stored: Mapping[str, Any]) -> Backtest:
    candidates = {name: Measured(**measured) for name, measured in stored["candidates"].items()}
    return Backtest(**{**stored, "cutoff": date.fromisoformat(stored["cutoff"]), "candidates": candidates})


def _matrix(rows: list[list[float]]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(row) for row in rows)


def _by_silence(model: Model, history: History) -> Callable[[float], float]:
    """The score's log-odds as a function of silence."""
    repeat, horizon, layer = model.repeat or UNKNOWN_SHOP, model.horizon_days, model.layer
    if layer is None:
        return lambda silence: order_log_odds(repeat, history, horizon, silence)
    terms = {
        name: (weight / scale, mean)
        for (name, weight), mean, scale in zip(layer.weights, layer.means, layer.scales, strict=True)
    }
    found = lasting(model.typical, history)
    fixed = layer.intercept + sum(slope * (found[n] - mean) for n, (slope, mean) in terms.items() if n in found)
    moving = [(name, *terms[name]) for name in PASSING if name in terms]

    def score(silence: float) -> float:
        now = passing(repeat, history, horizon, silence)
        return within(fixed + sum(slope * (now[name] - mean) for name, slope, mean in moving), MOST_LOG_ODDS)

    return score


def _slopes(model: Model, repeat: MbgNbd, history: History, silence: float) -> list[float]:
    """How the score's log-odds change with the logarithms of r, alpha, a and b."""
    names, step = ("r", "alpha", "a", "b"), 1e-4

    def moved(name: str, by: float) -> float:
        other = MbgNbd(**{n: getattr(repeat, n) * (math.exp(by) if n == name else 1.0) for n in names})
        return _by_silence(replace(model, repeat=other), history)(silence)

    return [(moved(name, step) - moved(name, -step)) / (2 * step) for name in names]


def _standardised(layer: Layer, found: Mapping[str, float]) -> list[float]:
    return [
        (found[name] - mean) / scale
        for (name, _), mean, scale in zip(layer.weights, layer.means, layer.scales, strict=True)
    ]


def _quadratic(slopes: list[float], covariance: tuple[tuple[float, ...], ...]) -> float:
    return sum(
        slope * other * cell
        for slope, row in zip(slopes, covariance, strict=True)
        for other, cell in zip(slopes, row, strict=True)
    )


def _log_odds(chance: float) -> float:
    if chance <= 0:
        return -math.inf
    return math.inf if chance >= 1 else math.log(chance / (1 - chance))

"""What the learned layer reads, of many customers at once: `plugin.domain.traits`, in columns."""

from collections.abc import Mapping, Sequence

import numpy as np

from plugin.domain.buying import MOST_LOG_ODDS as MOST_SCORE
from plugin.domain.buying import UNKNOWN_SHOP
from plugin.domain.customer import LONG_HALF_LIFE, SHORT_HALF_LIFE
from plugin.domain.model.purchases import Floats, Histories
from plugin.domain.prediction import Layer, MbgNbd, Model
from plugin.domain.traits import FEATURES, LEAST_AMOUNT, MOST_LOG_ODDS, MOST_RATIO, ONE_GAP, USUAL_GAPS


def order_log_odds(repeat: MbgNbd, known: Histories, horizon: float, silence: Floats) -> Floats:
    """The log-odds of at least one order within the horizon by MBG/NBD alone, shape (customers,)."""
    shape: Floats = repeat.r + known.frequency.astype(np.float64)
    began: Floats = repeat.alpha + known.recency.astype(np.float64)
    gone = np.log(repeat.a / (repeat.b + known.frequency)) + shape * np.log1p(silence / began)
    chance = -np.logaddexp(0.0, gone) + _log1mexp(shape * np.log1p(horizon / (began + silence)))
    odds: Floats = np.clip(chance - _log1mexp(-chance), -MOST_SCORE, MOST_SCORE)
    return odds


def features(
    repeat: MbgNbd,
    typical: Mapping[str, float],
    currencies: Sequence[str],
    known: Histories,
    horizon: float,
    silence: Floats,
) -> Floats:
    """One row a customer, one column for each of `FEATURES`; all finite."""
    found = _passing(repeat, known, horizon, silence) | _lasting(typical, currencies, known)
    return np.column_stack([found[name] for name in FEATURES])


def probabilities(model: Model, currencies: Sequence[str], known: Histories, silence: Floats) -> Floats:
    """`plugin.domain.prediction.probability` of every customer, shape (customers,)."""
    repeat = model.repeat or UNKNOWN_SHOP
    if model.layer is None:
        return logistic(order_log_odds(repeat, known, model.horizon_days, silence))
    found = features(repeat, model.typical, currencies, known, model.horizon_days, silence)
    return logistic(layer_log_odds(model.layer, found))


def layer_log_odds(layer: Layer, found: Floats) -> Floats:
    """The layer's answer to rows of `features`."""
    columns = [FEATURES.index(name) for name, _ in layer.weights]
    weights = np.array([weight for _, weight in layer.weights])
    standardised = (found[:, columns] - np.array(layer.means)) / np.array(layer.scales)
    odds: Floats = np.clip(layer.intercept + standardised @ weights, -MOST_SCORE, MOST_SCORE)
    return odds


def logistic(log_odds: Floats) -> Floats:
    odds: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -MOST_SCORE, MOST_SCORE)))
    return odds


def _passing(repeat: MbgNbd, known: Histories, horizon: float, silence: Floats) -> dict[str, Floats]:
    gap = (repeat.alpha + known.recency) / (repeat.r + known.frequency)
    overdue = np.log1p(silence / gap)
    return {
        "log_odds": np.clip(order_log_odds(repeat, known, horizon, silence), -MOST_LOG_ODDS, MOST_LOG_ODDS),
        "recent_28": np.log1p(known.recent_28 * np.exp2(-silence / SHORT_HALF_LIFE)),
        "recent_91": np.log1p(known.recent_91 * np.exp2(-silence / LONG_HALF_LIFE)),
        "silence": np.log1p(silence),
        "overdue": overdue,
        "late_regular": np.maximum(0.0, overdue - ONE_GAP) * np.maximum(0.0, 2 * _regularity(known) - 1),
    }


def _lasting(typical: Mapping[str, float], currencies: Sequence[str], known: Histories) -> dict[str, Floats]:
    usual = np.array([typical.get(name, 0.0) for name in currencies] or [0.0])
    gaps, whole = known.frequency.astype(np.float64), known.refunded == 0
    return {
        "frequency": np.log1p(gaps),
        "tenure": np.log1p(known.recency.astype(np.float64)),
        "regularity": _regularity(known),
        "last_gap": _log_ratio(known.last_gap.astype(np.float64), known.recency / np.maximum(1.0, gaps)),
        "order_value": np.where(whole, _log_ratio(known.mean_total, usual[known.currency]), 0.0),
        "spend_trend": np.where(whole, _log_ratio(known.last_total, known.mean_total), 0.0),
        "discounts": known.discounted / known.orders,
        "refunds": known.refunded / known.orders,
        "items": np.log1p(np.maximum(0, known.items) / known.orders),
    }


def _regularity(known: Histories) -> Floats:
    gaps = known.frequency.astype(np.float64)
    mean = np.where(gaps > 0, known.recency / np.maximum(1.0, gaps), 1.0)
    squared = np.where(mean > 0, mean * mean, 1.0)
    varied = np.where(mean > 0, np.maximum(0.0, known.gap_squares / np.maximum(1.0, gaps) - squared) / squared, 1.0)
    return np.where(gaps > 0, (gaps + USUAL_GAPS) / (gaps + USUAL_GAPS + gaps * varied + USUAL_GAPS), 0.5)


def _log_ratio(part: Floats, whole: Floats) -> Floats:
    told = whole >= LEAST_AMOUNT
    ratio = np.where(told, part, 1.0) / np.where(told, whole, 1.0)
    bounded = np.clip(np.log(np.where(ratio > 0, ratio, 1.0)), -MOST_RATIO, MOST_RATIO)
    return np.where(told, np.where(ratio > 0, bounded, -MOST_RATIO), 0.0)


def _log1mexp(value: Floats) -> Floats:
    """log(1 - exp(-value)) for value >= 0, and very small for 0."""
    positive = value > 0
    return np.where(positive, np.log(-np.expm1(-np.where(positive, value, 1.0))), -10 * MOST_SCORE)

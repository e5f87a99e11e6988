"""What the learned layer reads of a customer: a handful of figures, each from the history alone.

`plugin.domain.model.features` says the same of many customers at once; a test holds the two equal.
"""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from plugin.domain.buying import MbgNbd, expected_gap, frequency, order_log_odds, recency, within
from plugin.domain.customer import LONG_HALF_LIFE, SHORT_HALF_LIFE, History

#: The figures that change with silence, and the sign that their weight may have, so that no score rises with it.
PASSING: Final = {"log_odds": 1, "recent_28": 1, "recent_91": 1, "silence": -1, "overdue": -1, "late_regular": -1}
#: The figures that an order changes and silence does not.
LASTING: Final = (
    "frequency",
    "tenure",
    "regularity",
    "last_gap",
    "order_value",
    "spend_trend",
    "discounts",
    "refunds",
    "items",
)
FEATURES: Final = (*PASSING, *LASTING)
#: Chance's own regularity weighs as much as so many of the customer's gaps.
USUAL_GAPS: Final = 3.0
#: `overdue` after one expected gap: from there on, those who come like a clock are missed.
ONE_GAP: Final = math.log(2)
#: The model's log-odds and the logarithms of ratios count for no more than this.
MOST_LOG_ODDS, MOST_RATIO = 9.0, 3.0
#: Sums of floats are not quite 0 where sums of decimals are.
LEAST_AMOUNT = 1e-6


def passing(repeat: MbgNbd, history: History, horizon: float, silence: float) -> dict[str, float]:
    overdue = math.log1p(silence / expected_gap(repeat, history))
    return {
        "log_odds": within(order_log_odds(repeat, history, horizon, silence), MOST_LOG_ODDS),
        "recent_28": math.log1p(history.recent_28 * 2.0 ** (-silence / SHORT_HALF_LIFE)),
        "recent_91": math.log1p(history.recent_91 * 2.0 ** (-silence / LONG_HALF_LIFE)),
        "silence": math.log1p(silence),
        "overdue": overdue,
        "late_regular": max(0.0, overdue - ONE_GAP) * max(0.0, 2 * regularity(history) - 1),
    }


def lasting(typical: Mapping[str, float], history: History) -> dict[str, float]:
    """`typical`: the middle value of an order in this shop, by currency.

    What was spent says nothing of those who got money back: refunds have no date in the ledger, so that past
    windows, from which the weights are, know only what was ordered.
    """
    gaps, orders = frequency(history), max(1, history.orders)
    currency = history.currency or ""
    mean = float(history.spent.get(currency, Decimal(0))) / max(1, history.bought.get(currency, 0))
    whole = not history.refunded
    return {
        "frequency": math.log1p(gaps),
        "tenure": math.log1p(recency(history)),
        "regularity": regularity(history),
        "last_gap": _log_ratio(float(history.last_gap or 0), recency(history) / gaps if gaps else 0.0),
        "order_value": _log_ratio(mean, typical.get(currency, 0.0)) if whole else 0.0,
        "spend_trend": _log_ratio(float(history.last_total), mean) if whole else 0.0,
        "discounts": history.discounted / orders,
        "refunds": history.refunded / orders,
        "items": math.log1p(max(0, history.items) / orders),
    }


def regularity(history: History) -> float:
    """1 / (1 + squared coefficient of variation of the gaps), shrunk towards chance's own, 1/2."""
    gaps = frequency(history)
    if not gaps:
        return 0.5
    mean = recency(history) / gaps
    varied = max(0.0, history.gap_squares / gaps - mean * mean) / (mean * mean) if mean else 1.0
    return (gaps + USUAL_GAPS) / (gaps + USUAL_GAPS + gaps * varied + USUAL_GAPS)


def _log_ratio(part: float, whole: float) -> float:
    """0 where there is nothing to compare with."""
    if whole < LEAST_AMOUNT:
        return 0.0
    return within(math.log(part / whole), MOST_RATIO) if part > 0 else -MOST_RATIO

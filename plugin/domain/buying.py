"""One customer's buying, leaving and spending by the fitted distributions, in plain floats.

`docs/model.md` has the formulae and where they are from. Times are days.
"""

import math
from dataclasses import dataclass
from typing import Final

from plugin.domain.customer import History

#: No log-odds are further from even chances.
MOST_LOG_ODDS: Final = 30.0
MOST_TERMS: Final = 20_000


@dataclass(frozen=True, slots=True)
class MbgNbd:
    """Buying and leaving, by Batislam, Denizel and Filiztekin (2007), in days.

    A customer buys at a rate drawn from Gamma(r, rate=alpha), and after each purchase, the first
    included, leaves for good with a probability drawn from Beta(a, b).
    """

    r: float
    alpha: float
    a: float
    b: float


@dataclass(frozen=True, slots=True)
class GammaGamma:
    """What a purchase is worth, by Fader and Hardie (2013), in the currency's unit.

    A customer's purchases are drawn from Gamma(p, rate=nu), and nu from Gamma(q, rate=v).
    """

    p: float
    q: float
    v: float


#: What a score is made of where there is no model: nobody should decide by it.
UNKNOWN_SHOP: Final = MbgNbd(r=0.6, alpha=30.0, a=0.8, b=2.0)


def frequency(history: History) -> int:
    """Purchase days beyond the first."""
    return max(0, history.purchase_days - 1)


def recency(history: History) -> float:
    """Days from the first purchase to the last."""
    if history.first_day is None or history.last_day is None:
        return 0.0
    return float((history.last_day - history.first_day).days)


def expected_gap(repeat: MbgNbd, history: History) -> float:
    """One over the rate expected of this customer just after the last purchase, in days."""
    return (repeat.alpha + recency(history)) / (repeat.r + frequency(history))


def order_log_odds(repeat: MbgNbd, history: History, horizon: float, silence: float) -> float:
    """The log-odds of P(alive) times P(an order within the horizon if alive), both of MBG/NBD."""
    shape, began = repeat.r + frequency(history), repeat.alpha + recency(history)
    now = began + silence
    chance = _log_alive(repeat, history, silence) + _log1mexp(shape * math.log1p(horizon / now))
    return within(chance - _log1mexp(-chance), MOST_LOG_ODDS)


def expected_purchases(repeat: MbgNbd, history: History, horizon: float, silence: float) -> float:
    """Purchases are c ((e - 1) / (1 - a) - e S) P(alive), c = a + b + x, e = (1 + h / (alpha + T))^(1 - a).

    `plugin.domain.model.mbg_nbd.orders_if_alive` says where it is from; S is its series.
    """
    a, more = repeat.a, math.log1p(horizon / (repeat.alpha + recency(history) + silence))
    all_of_it = a + repeat.b + frequency(history)
    grown = math.expm1((1 - a) * more) / (1 - a) if abs(1 - a) > 1e-9 else more
    series = _series(a, a + repeat.b - repeat.r, all_of_it, -math.expm1(-more))
    if_alive = all_of_it * (grown - math.exp((1 - a) * more) * series)
    return max(0.0, if_alive) * math.exp(_log_alive(repeat, history, silence))


def expected_purchase(worth: GammaGamma | None, purchases: float, mean: float) -> float:
    """The mean value of this customer's purchases, from so many with that mean; without a fit, that mean.

    p (v + n m) / (p n + q - 1): the more purchases, the more the customer speaks and the less the shop.
    """
    if worth is None or worth.p * purchases + worth.q <= 1:
        return max(0.0, mean)
    return max(0.0, (worth.v + purchases * mean) * worth.p / (worth.p * purchases + worth.q - 1))


def within(value: float, most: float) -> float:
    return max(-most, min(most, value))


def logistic(log_odds: float) -> float:
    """In (0, 1), whatever the log-odds."""
    bounded = within(log_odds, MOST_LOG_ODDS)
    return 1 / (1 + math.exp(-bounded)) if bounded >= 0 else math.exp(bounded) / (1 + math.exp(bounded))


def _log_alive(repeat: MbgNbd, history: History, silence: float) -> float:
    x, began = frequency(history), repeat.alpha + recency(history)
    gone = math.log(repeat.a / (repeat.b + x)) + (repeat.r + x) * math.log1p(silence / began)
    return -(max(gone, 0.0) + math.log1p(math.exp(-abs(gone))))


def _series(a: float, b: float, c: float, z: float) -> float:
    """(F(a - 1, b; c; z) - 1) / (a - 1), F being Gauss's hypergeometric series: for 0 <= z < 1 and c > 0."""
    term = total = b / c * z
    for n in range(1, MOST_TERMS):
        term *= (a + n - 1) * (b + n) / ((c + n) * (n + 1)) * z
        total += term
        if abs(term) <= 1e-14 * abs(total):
            break
    return total


def _log1mexp(value: float) -> float:
    """log(1 - exp(-value)) for value >= 0."""
    return math.log(-math.expm1(-value)) if value > 0 else -10 * MOST_LOG_ODDS

"""The learned layer: what past windows of the shop say about how far MBG/NBD is off, and for whom.

Each window has an end of its own knowledge (the cutoff): the base model is fitted to what was known then,
and what came in the days after it is learnt from. So the layer never sees a base model that knew the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.optimize import brentq, minimize

from plugin.domain.model import logistic, mbg_nbd
from plugin.domain.model.counts import count
from plugin.domain.model.features import features, layer_log_odds, order_log_odds
from plugin.domain.model.features import logistic as chance
from plugin.domain.model.purchases import (
    Flags,
    Floats,
    Histories,
    Purchases,
    bought_within,
    histories,
    typical_orders,
    until,
)
from plugin.domain.prediction import Layer, MbgNbd
from plugin.domain.traits import FEATURES, PASSING

#: Windows that are learnt from, the latest first.
MOST_WINDOWS = 6
#: Days: a shorter window says nothing, and before a window there is at least half of it, and a fortnight.
SHORTEST_WINDOW, SHORTEST_HISTORY = 7, 14
#: The precision of each standardised weight before there is data, in rows.
RIDGE = 30.0
#: Standard deviations of log-odds: how far the base model's level is off in a shop, and from window to window.
LEVEL_OFF, LEVEL_DRIFT = 0.5, 0.15
#: So many of either outcome, or nothing is learnt.
FEWEST_OUTCOMES = 10


@dataclass(frozen=True, slots=True)
class Window:
    """What was known at a cutoff, and who ordered in the days after it."""

    cutoff: int
    horizon: int
    repeat: MbgNbd
    typical: dict[str, float]
    known: Histories
    silence: Floats
    features: Floats
    came: Flags

    @property
    def plain(self) -> Floats:
        """MBG/NBD's log-odds."""
        return order_log_odds(self.repeat, self.known, self.horizon, self.silence)


@dataclass(slots=True)
class Past:
    """A shop's past windows, each made once."""

    purchases: Purchases
    #: The shop's first day: that by which one in a hundred customers had come, so that a stray date is none.
    opened: int
    made: dict[tuple[int, int], Window] = field(default_factory=dict)

    def window(self, cutoff: int, horizon: int) -> Window:
        if (cutoff, horizon) not in self.made:
            self.made[cutoff, horizon] = _window(self.purchases, cutoff, horizon)
        return self.made[cutoff, horizon]

    def span(self, today: int) -> int:
        """Days of history at the end of that day."""
        return today - self.opened + 1

    def longest(self, today: int, horizon: int, parts: int = 2) -> int:
        """The horizon, or where that is shorter this part of the history, so that there is as much before it."""
        return min(horizon, self.span(today) // parts)


def past_of(purchases: Purchases) -> Past:
    new = np.flatnonzero(np.append(True, purchases.customer[1:] != purchases.customer[:-1])[: len(purchases.customer)])
    first_days = purchases.day[new]
    return Past(purchases, int(np.quantile(first_days, 0.01)) if len(first_days) else 0)


def learn_layer(past: Past, repeat: MbgNbd, today: int, horizon: int) -> Layer | None:
    """A layer on this base model, from the windows that were over by the end of `today`.

    The weights are the past windows'; the level is the base model's of today, moved by what it was off
    in them. Where the history is too short for windows of the horizon, shorter ones say who is likelier
    than whom, and the base model how likely within the horizon.
    """
    length = past.longest(today, horizon)
    windows = [past.window(cutoff, length) for cutoff in _cutoffs(past, today, length)]
    came = np.concatenate([window.came for window in windows]) if windows else np.zeros(0, np.bool_)
    if min(came.sum(), len(came) - came.sum()) < FEWEST_OUTCOMES:
        return None
    rows = np.vstack([window.features for window in windows])
    signs = [PASSING.get(name, 0) for name in FEATURES]
    layer = logistic.fit(rows, came, FEATURES, signs, RIDGE, repeats=len(windows))
    if layer is None:
        return None
    known = histories(until(past.purchases, today), today)
    silence = (today - known.last_day).astype(np.float64)
    wanted = chance(order_log_odds(repeat, known, horizon, silence) + _level(windows))
    typical = typical_orders(until(past.purchases, today))
    found = features(repeat, typical, past.purchases.currencies, known, horizon, silence)
    return _moved(layer, layer_log_odds(layer, found), wanted, stretch=length < horizon)


def _window(purchases: Purchases, cutoff: int, horizon: int) -> Window:
    before = until(purchases, cutoff)
    known = histories(before, cutoff)
    silence = cutoff - known.last_day
    repeat = mbg_nbd.fit(count(known.frequency, known.recency, known.recency + silence)).params
    typical, quiet = typical_orders(before), silence.astype(np.float64)
    return Window(
        cutoff=cutoff,
        horizon=horizon,
        repeat=repeat,
        typical=typical,
        known=known,
        silence=quiet,
        features=features(repeat, typical, purchases.currencies, known, horizon, quiet),
        came=bought_within(purchases, known, cutoff, horizon),
    )


def _cutoffs(past: Past, today: int, length: int) -> list[int]:
    if length < SHORTEST_WINDOW:
        return []
    enough = max(SHORTEST_HISTORY, length // 2)
    cutoffs = [today - number * length for number in range(1, MOST_WINDOWS + 1)]
    return [cutoff for cutoff in cutoffs if past.span(cutoff) >= enough]


def _level(windows: Sequence[Window]) -> float:
    """By how much the base model's log-odds were too low in the windows: their mean, shrunk to 0.

    A shop's own offset and a window's drift are taken for normal, as is the error of a share.
    """
    offsets, noise = [], []
    for window in windows:
        customers, share = len(window.came), float(window.came.mean()) if len(window.came) else 0.0
        if 0 < share < 1:
            offsets.append(_shift(window.plain, share))
            noise.append(LEVEL_DRIFT**2 + 1 / (customers * share * (1 - share)))
    if not offsets:
        return 0.0
    precision = np.reciprocal(noise)
    return float(precision @ offsets / (precision.sum() + 1 / LEVEL_OFF**2))


def _shift(log_odds: Floats, share: float) -> float:
    """What has to be added to all log-odds for the mean probability to be this share."""
    return float(brentq(lambda more: float(chance(log_odds + more).mean()) - share, -25.0, 25.0))


def _moved(layer: Layer, log_odds: Floats, wanted: Floats, *, stretch: bool) -> Layer:
    """The layer with the wanted mean; stretched, too, where it was learnt for another horizon."""
    more, factor = _stretched(log_odds, wanted) if stretch else (_shift(log_odds, float(wanted.mean())), 1.0)
    return replace(
        layer,
        intercept=more + factor * layer.intercept,
        weights=tuple((name, factor * weight) for name, weight in layer.weights),
        covariance=tuple(tuple(factor**2 * cell for cell in row) for row in layer.covariance),
    )


def _stretched(log_odds: Floats, wanted: Floats) -> tuple[float, float]:
    """The line through these log-odds whose probabilities are nearest to those wanted: no slope below 0."""

    def loss(line: Floats) -> tuple[float, Floats]:
        odds = line[0] + line[1] * log_odds
        miss = chance(odds) - wanted
        return float(np.mean(np.logaddexp(0.0, odds) - wanted * odds)), np.array(
            [miss.mean(), (miss * log_odds).mean()]
        )

    best = minimize(loss, np.array([0.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), (0.0, None)])
    return float(best.x[0]), float(best.x[1])

"""A past window scored: the model and simpler rules, each knowing only what was known at the cutoff."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from plugin.domain.model import bg_nbd, logistic
from plugin.domain.model.counts import count
from plugin.domain.model.evaluate import measure
from plugin.domain.model.features import logistic as chance
from plugin.domain.model.features import probabilities
from plugin.domain.model.purchases import Flags, Floats, Histories, Purchases, bought_within, histories, until
from plugin.domain.prediction import Backtest, Model

#: The shop's mean gap weighs as much as this many gaps of the customer's own.
SHOP_WEIGHT = 2.0


@dataclass(frozen=True, slots=True)
class Trial:
    """What was said of each customer at the end of the cutoff day, and who ordered within the horizon."""

    cutoff: int
    horizon: int
    #: The customers' numbers.
    customer: np.typing.NDArray[np.int64]
    came: Flags
    scores: Mapping[str, Floats]
    #: Those of the scores that only rank.
    ranks: frozenset[str]

    def measured(self) -> Backtest:
        return Backtest(
            horizon_days=self.horizon,
            cutoff=date.fromordinal(self.cutoff),
            customers=len(self.came),
            base_rate=float(self.came.mean()) if len(self.came) else 0.0,
            candidates={
                name: measure(score, self.came, probabilities=name not in self.ranks)
                for name, score in self.scores.items()
            },
        )


def try_out(purchases: Purchases, cutoff: int, horizon: int, models: Mapping[str, Model]) -> Trial:
    """These models, which know nothing after the cutoff, and the rules that anybody would try first.

    Customers are those with an order by the end of the cutoff day; the window is (cutoff, cutoff + horizon].
    """
    before = until(purchases, cutoff)
    known = histories(before, cutoff)
    silence = (cutoff - known.last_day).astype(np.float64)
    scores = {name: probabilities(model, purchases.currencies, known, silence) for name, model in models.items()}
    ranks = set()
    for name, rule in RULES.items():
        learnt = _learnt(before, cutoff, horizon, rule)
        scores[name] = learnt(rule(known, silence)) if learnt else -rule(known, silence)
        ranks |= set() if learnt else {name}
    scores["bg_nbd_alive"] = _alive(known, silence)
    return Trial(
        cutoff, horizon, known.customer, bought_within(purchases, known, cutoff, horizon), scores, frozenset(ranks)
    )


def _alive(known: Histories, silence: Floats) -> Floats:
    age = known.recency + silence.astype(np.int64)
    params = bg_nbd.fit(count(known.frequency, known.recency, age)).params
    return bg_nbd.probability_alive(params, known.frequency, known.recency, age)


def _recency(known: Histories, silence: Floats) -> Floats:  # noqa: ARG001 -- a rule's signature
    quiet: Floats = np.log1p(silence)
    return quiet


def _own_gap(known: Histories, silence: Floats) -> Floats:
    """Silence in the customer's own mean gaps, which are shrunk to the shop's."""
    repeats = known.frequency > 0
    usual = float(np.median(known.recency[repeats] / known.frequency[repeats])) if repeats.any() else 1.0
    gap = (SHOP_WEIGHT * usual + known.recency) / (SHOP_WEIGHT + known.frequency)
    overdue: Floats = np.log1p(silence / gap)
    return overdue


RULES: Mapping[str, Callable[[Histories, Floats], Floats]] = {"recency": _recency, "own_gap": _own_gap}


def _learnt(
    before: Purchases, cutoff: int, horizon: int, rule: Callable[[Histories, Floats], Floats]
) -> Callable[[Floats], Floats] | None:
    """From a rule to a probability, by the window before the cutoff; None where there was no whole one."""
    earlier = cutoff - horizon
    known = histories(until(before, earlier), earlier)
    if not len(known):
        return None
    values = rule(known, (earlier - known.last_day).astype(np.float64))[:, None]
    layer = logistic.fit(values, bought_within(before, known, earlier, horizon), ("rule",), (-1,), 1.0)
    if layer is None or layer.weights[0][1] == 0:
        return None
    ((_, weight),), (mean,), (scale,) = layer.weights, layer.means, layer.scales
    return lambda rule_values: chance(layer.intercept + weight * (rule_values - mean) / scale)

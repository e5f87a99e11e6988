"""When a silence has become unusual: by the merchant's limits, the shop's model, or its plain rhythm.

The model's score only falls without an order, so the moment at which it has lost half of what it was at
the last purchase can be worked out ahead. A shop with too little data for a model has its rhythm: the
customer's own mean gap, shrunk to the shop's, so that with few purchases the shop speaks, with many the
customer.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.domain.customer import History
from plugin.domain.prediction import Model, probability, silence_until
from plugin.domain.stages import Limits, Turns


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a shop's customers come back. The values here are what a shop has before it has data."""

    #: Usual days between two purchases of one customer.
    mean_gap: float = 45.0
    #: How many of their own expected gaps customers let pass before they return, nine times in ten.
    slack: float = 2.5
    #: Gaps (of customers of this shop) that these figures were learnt from.
    gaps: int = 0
    #: Days within which nine in ten first parcels leave; None where too few are known.
    parcel_days: float | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """All that a shop measures its customers by."""

    rhythm: Rhythm = Rhythm()
    model: Model | None = None
    limits: Limits = Limits()


#: At risk, and dormant: the score has fallen to this share of what it was at the last purchase.
AT_RISK_SHARE = 0.5
DORMANT_SHARE = 0.1
#: From this score on an order is likely, with or without an offer.
LIKELY = 0.5
#: Without a model, dormant after so many times the silence that puts at risk.
DORMANT_FACTOR = 2.0
#: Beyond so many times the silence that the plain rhythm allows, a model is believed only where it still expects
#: an order: one fitted to a shop whose orders are nearly all of the last days would call everybody active for years.
MODEL_FACTOR = 2.0
#: Further ahead no moment is stored.
LONGEST_SILENCE = timedelta(days=3650)
#: The shop's mean weighs as much as this many gaps of the customer's own.
SHOP_WEIGHT = 2.0
#: No silence shorter than this is a sign of anything.
SHORTEST_SILENCE = timedelta(days=14)
#: The rhythm is learnt from up to so many customers with orders.
RHYTHM_FROM = 5_000
#: Fewer gaps than this teach nothing: the figures above stand.
ENOUGH_GAPS = 50
#: Of the gaps that did end in a purchase, this share was shorter than the silence we begin to act at.
USUAL_SHARE = 0.9


def expected_gap(history: History, rhythm: Rhythm) -> float:
    """Days until this customer's next purchase would be usual: own mean gap, shrunk to the shop's."""
    if history.first_at is None or history.last_at is None or history.purchase_days < 2:
        return rhythm.mean_gap
    span = (history.last_at - history.first_at) / timedelta(days=1)
    return (SHOP_WEIGHT * rhythm.mean_gap + span) / (SHOP_WEIGHT + history.purchase_days - 1)


def turns_of(history: History, outlook: Outlook) -> Turns:
    """The moments from which this silence is unusual, and very long.

    They change only with an order or with the shop's outlook, so they can be stored and waited for.
    """
    if history.last_at is None:
        return Turns()
    usual = expected_gap(history, outlook.rhythm)
    score = _Score(outlook.model, history) if outlook.model is not None and outlook.model.usable else None
    at_risk = _silence(outlook.limits.at_risk_days, AT_RISK_SHARE, outlook.rhythm.slack * usual, score)
    dormant = _silence(outlook.limits.dormant_days, DORMANT_SHARE, DORMANT_FACTOR * outlook.rhythm.slack * usual, score)
    if outlook.limits.dormant_days is None:
        dormant = max(DORMANT_FACTOR * SHORTEST_SILENCE, dormant)
    if outlook.limits.at_risk_days is None:
        at_risk = max(SHORTEST_SILENCE, at_risk)
        if outlook.limits.dormant_days is not None:  # who is dormant was at risk before
            at_risk = min(at_risk, dormant / DORMANT_FACTOR)
    return Turns(
        history.last_at + at_risk,
        history.last_at + max(at_risk, dormant),
        history.last_at + _at_most(usual),
        None if score is None else history.last_at + _at_most(score.until(LIKELY)),
    )


def is_usual_until(history: History, outlook: Outlook, moment: datetime) -> bool:
    """Whether `turns_of` has nobody at risk by that moment, without working out when it does."""
    if history.last_at is None:
        return True
    limits, silence = outlook.limits, moment - history.last_at
    if limits.at_risk_days is not None:
        return silence < timedelta(days=limits.at_risk_days)
    if limits.dormant_days is not None and silence >= timedelta(days=limits.dormant_days) / DORMANT_FACTOR:
        return False
    if silence >= LONGEST_SILENCE:
        return False
    return silence < SHORTEST_SILENCE or _is_usual(history, outlook, silence)


def _is_usual(history: History, outlook: Outlook, silence: timedelta) -> bool:
    allowed = outlook.rhythm.slack * expected_gap(history, outlook.rhythm)
    if outlook.model is None or not outlook.model.usable:
        return silence < _at_most(allowed)
    score = probability(outlook.model, history, silence / timedelta(days=1))
    kept = score > AT_RISK_SHARE * probability(outlook.model, history, 0.0)
    return kept and (silence < _at_most(MODEL_FACTOR * allowed) or score > AT_RISK_SHARE)


class _Score:
    """The model's score of one customer, as the silence goes on."""

    __slots__ = ("history", "model", "start")

    def __init__(self, model: Model, history: History) -> None:
        self.model, self.history = model, history
        self.start = probability(model, history, 0.0)

    def until(self, chance: float) -> float:
        """Days until it has fallen to that; 0 where it never was above."""
        return 0.0 if self.start <= chance else silence_until(self.model, self.history, chance)

    def fallen(self, share: float, allowed: float) -> float:
        """Days until that share of its beginning is left, or sooner where the model is not to be believed.

        Beyond `allowed` days it has to be sure: an order is at least as likely as the share itself.
        """
        days = silence_until(self.model, self.history, share * self.start)
        return days if days <= allowed else min(days, max(allowed, self.until(share)))


def _silence(limit: int | None, share: float, days: float, score: _Score | None) -> timedelta:
    if limit is not None:
        return timedelta(days=limit)
    return _at_most(days if score is None else score.fallen(share, MODEL_FACTOR * days))


def _at_most(days: float) -> timedelta:
    return timedelta(days=min(days, LONGEST_SILENCE / timedelta(days=1)))


def learn_rhythm(purchases: Iterable[Sequence[datetime]]) -> Rhythm:
    """The shop's rhythm from sorted purchase times, one sequence a customer, one time a purchase day.

    The mean gap is the median over customers of their own mean, so that a few very frequent buyers do
    not speak for all. The slack is the `USUAL_SHARE` quantile of each gap over what was expected of
    that customer at its beginning, from the purchases before it alone.
    """
    histories = [times for times in purchases if len(times) > 1]
    gaps = sum(len(times) - 1 for times in histories)
    if gaps < ENOUGH_GAPS:
        return Rhythm(gaps=gaps)
    means = sorted((times[-1] - times[0]) / timedelta(days=1) / (len(times) - 1) for times in histories)
    mean_gap = max(1.0, means[len(means) // 2])
    ratios = sorted(ratio for times in histories for ratio in _ratios(times, mean_gap))
    slack = ratios[min(len(ratios) - 1, math.ceil(USUAL_SHARE * len(ratios)) - 1)]
    return Rhythm(mean_gap=round(mean_gap, 3), slack=round(max(1.0, slack), 3), gaps=gaps)


def _ratios(times: Sequence[datetime], mean_gap: float) -> Iterable[float]:
    for n in range(1, len(times)):
        span = (times[n - 1] - times[0]) / timedelta(days=1)
        expected = (SHOP_WEIGHT * mean_gap + span) / (SHOP_WEIGHT + n - 1)
        yield (times[n] - times[n - 1]) / timedelta(days=1) / expected

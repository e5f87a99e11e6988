"""When silence has outgrown a customer's own rhythm and the shop's.

The own rhythm is shrunk to the shop's: with few purchases the shop speaks, with many the customer.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.domain.customer import History


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How a shop's customers come back. The values here are what a shop has before it has data."""

    #: Usual days between two purchases of one customer.
    mean_gap: float = 45.0
    #: How many of their own expected gaps customers let pass before they return, nine times in ten.
    slack: float = 2.5
    #: Gaps (of customers of this shop) that these figures were learnt from.
    gaps: int = 0


#: The shop's mean weighs as much as this many gaps of the customer's own.
SHOP_WEIGHT = 2.0
#: No silence shorter than this is a sign of anything.
SHORTEST_SILENCE = timedelta(days=14)
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


def at_risk_from(history: History, rhythm: Rhythm) -> datetime | None:
    """The moment from which this silence is unusual; None for somebody who has never bought.

    It changes only with an order or with the shop's rhythm, so it can be stored and waited for.
    """
    if history.last_at is None:
        return None
    return history.last_at + max(SHORTEST_SILENCE, timedelta(days=rhythm.slack * expected_gap(history, rhythm)))


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


def why_at_risk(history: History, rhythm: Rhythm, now: datetime) -> str:
    """The evidence in a sentence, with the numbers in it."""
    if history.last_at is None:
        return "Has not bought yet."
    silence = (now - history.last_at).days
    usual = round(expected_gap(history, rhythm))
    whose = (
        f"Usually buys every {usual} days" if history.purchase_days > 2 else f"Customers here buy every {usual} days"
    )
    return f"{whose}; silent for {silence} days since the last order."

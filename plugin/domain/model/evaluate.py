"""How good scores are, against what came: ranking, error, and calibration."""

from dataclasses import dataclass

import numpy as np

from plugin.domain.model.purchases import Flags, Floats, Ints
from plugin.domain.prediction import Measured

#: Equal groups by score, in which mean score and share of orders are compared.
GROUPS = 10
#: Standard deviations to either side that hold 95 %.
NINETY_FIVE_PERCENT = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Area:
    """The area under the ROC curve, and its 95 % interval; all None where only one of the outcomes came."""

    auc: float | None
    low: float | None
    high: float | None


def measure(score: Floats, came: Flags, *, probabilities: bool = True) -> Measured:
    """`score` and `came` have shape (customers,); a larger score means that an order is likelier.

    Scores that only rank have no Brier score and no decile error: say `probabilities=False`.
    """
    if not np.isfinite(score).all():
        raise ValueError("A score is not a number.")
    area = roc_area(score, came)
    calibrated = probabilities and len(score) > 0
    return Measured(
        area.auc,
        area.low,
        area.high,
        brier(score, came) if calibrated else None,
        decile_error(score, came) if calibrated else None,
    )


def roc_area(score: Floats, came: Flags) -> Area:
    """P(score of one who ordered > score of one who did not), ties by half, with DeLong's interval.

    DeLong, DeLong and Clarke-Pearson (1988), by the mid-ranks of Sun and Xu (2014); the interval is
    taken on the logit of the area, so that it stays inside (0, 1).
    """
    yes, no = score[came], score[~came]
    if not len(yes) or not len(no):
        return Area(None, None, None)
    above, below = _placements(yes, no)
    auc = float(above.mean())
    if len(yes) < 2 or len(no) < 2:
        return Area(auc, 0.0, 1.0)
    low, high = _logit_interval(auc, _variance(above, below))
    return Area(auc, low, high)


def area_gain(score: Floats, other: Floats, came: Flags) -> tuple[float, float]:
    """By how much the area under `score`'s curve is larger than under the other's, and the standard error.

    DeLong's, for scores of the same customers; an infinite error where one of the outcomes came less than twice.
    """
    if min(came.sum(), len(came) - came.sum()) < 2:
        return 0.0, float("inf")
    above, below = _placements(score[came], score[~came])
    other_above, other_below = _placements(other[came], other[~came])
    gain = float(above.mean() - other_above.mean())
    return gain, float(np.sqrt(_variance(above - other_above, below - other_below)))


def grouped_area(score: Floats, came: Flags, group: Ints) -> Area:
    """The same where rows belong together, as the products of one customer do: the interval is by groups.

    Obuchowski (1997): the placements are summed by group, so that many rows of a group count as one.
    """
    above, below = _placements(score[came], score[~came])
    auc = float(above.mean())
    low, high = _logit_interval(auc, _grouped_variance(above, below, came, group))
    return Area(auc, low, high)


def grouped_gain(score: Floats, other: Floats, came: Flags, group: Ints) -> tuple[float, float]:
    """As `area_gain`, with the standard error by groups."""
    above, below = _placements(score[came], score[~came])
    other_above, other_below = _placements(other[came], other[~came])
    gain = float(above.mean() - other_above.mean())
    return gain, float(np.sqrt(_grouped_variance(above - other_above, below - other_below, came, group)))


def _grouped_variance(above: Floats, below: Floats, came: Flags, group: Ints) -> float:
    _, place = np.unique(group, return_inverse=True)
    groups = int(place.max()) + 1
    of_yes = np.bincount(place[came], above - above.mean(), groups) / len(above)
    of_no = np.bincount(place[~came], below - below.mean(), groups) / len(below)
    return float(((of_yes + of_no) ** 2).sum() * groups / (groups - 1))


def brier(score: Floats, came: Flags) -> float:
    """The mean squared difference of score and outcome."""
    return float(np.mean((score - came) ** 2))


def decile_error(score: Floats, came: Flags) -> float:
    """Mean over ten equal groups by score (fewer with fewer customers) of |mean score - share who ordered|."""
    order = np.argsort(score, kind="stable")
    groups = np.array_split(order, min(GROUPS, len(order)))
    return float(np.mean([abs(score[group].mean() - came[group].mean()) for group in groups]))


def _placements(yes: Floats, no: Floats) -> tuple[Floats, Floats]:
    """For each who ordered, the share of the others below them; for each who did not, of the others above."""
    together = _mid_ranks(np.concatenate([yes, no]))
    above: Floats = (together[: len(yes)] - _mid_ranks(yes)) / len(no)
    below: Floats = 1 - (together[len(yes) :] - _mid_ranks(no)) / len(yes)
    return above, below


def _variance(above: Floats, below: Floats) -> float:
    return float(above.var(ddof=1) / len(above) + below.var(ddof=1) / len(below))


def _logit_interval(auc: float, variance: float) -> tuple[float, float]:
    if not 0 < auc < 1:
        return auc, auc
    middle = np.log(auc / (1 - auc))
    spread = NINETY_FIVE_PERCENT * np.sqrt(variance) / (auc * (1 - auc))
    ends = 1 / (1 + np.exp(-np.clip([middle - spread, middle + spread], -700, 700)))
    return float(ends[0]), float(ends[1])


def _mid_ranks(values: Floats) -> Floats:
    """From 1; equal values share the mean of their ranks."""
    _, which, ties = np.unique(values, return_inverse=True, return_counts=True)
    ranks: Floats = (np.cumsum(ties) - (ties - 1) / 2)[which]
    return ranks

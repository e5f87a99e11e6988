"""How many of the active customers stay.

Active on a day is who bought within the life-cycle limit before it: one limit in days for the whole shop,
so that the answer can be given for any day of the past and does not change afterwards.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plugin.domain.churn import SHORTEST_SILENCE, Rhythm
from plugin.domain.purchase_days import PurchaseDay
from plugin.domain.stages import Limits

#: No rate is said of fewer customers.
ENOUGH = 20
#: Complete calendar months that are looked back at.
MONTHS = 12


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of one day to the beginning of another."""

    key: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Kept:
    """One period's customers."""

    period: Period
    active_at_start: int
    active_at_end: int
    #: Of those at the end: who bought for the first time within the period.
    new: int
    #: Active at the start and at the end.
    stayed: int

    @property
    def retention(self) -> float | None:
        """(active at end - new) / active at start: above 1 where more came back than left; None of too few."""
        enough = self.active_at_start >= ENOUGH
        return (self.active_at_end - self.new) / self.active_at_start if enough else None

    @property
    def churn(self) -> float | None:
        """The share of those active at the start who no longer were at the end."""
        return 1 - self.stayed / self.active_at_start if self.active_at_start >= ENOUGH else None


def active_limit(limits: Limits, rhythm: Rhythm) -> int:
    """Days without an order after which a customer is no longer active: the merchant's, else the shop's own rhythm."""
    if limits.at_risk_days is not None:
        return limits.at_risk_days
    return max(SHORTEST_SILENCE.days, round(rhythm.slack * rhythm.mean_gap))


def past_periods(today: date, first_day: date | None) -> list[Period]:
    """The last complete calendar months since there are orders, oldest first, then 3 and 12 months as one."""
    if first_day is None:
        return []
    firsts = [month_before(today, back) for back in range(MONTHS + 1)]
    months = [
        Period(f"{start:%Y-%m}", start, end)
        for start, end in zip(firsts[1:], firsts, strict=False)
        if start > first_day
    ]
    longer = [Period(f"last_{n}_months", firsts[n], firsts[0]) for n in (3, 12)]
    return [*reversed(months), *longer]


def month_before(today: date, back: int) -> date:
    """The first day of the month so many months back; 0 is this month."""
    month = today.year * 12 + today.month - 1 - back
    return date(month // 12, month % 12 + 1, 1)


class Keeping:
    """Counts each period's customers, one customer after another."""

    def __init__(self, periods: Sequence[Period], limit_days: int) -> None:
        self._periods = periods
        self._limit = limit_days
        self._spans = [(period.start.toordinal(), period.end.toordinal()) for period in periods]
        self._moments = sorted({moment for span in self._spans for moment in span})
        self._counts = [[0, 0, 0, 0] for _ in periods]

    def add(self, days: Sequence[PurchaseDay]) -> None:
        """One customer's purchase days, oldest first."""
        at = [day.day for day in days]
        active = {moment for moment in self._moments if self._active(at, moment)}
        if not active:
            return
        for (start, end), counts in zip(self._spans, self._counts, strict=True):
            before, after = start in active, end in active
            counts[0] += before
            counts[1] += after
            counts[2] += after and at[0] >= start
            counts[3] += before and after

    def _active(self, at: Sequence[int], moment: int) -> bool:
        earlier = bisect_left(at, moment)
        return earlier > 0 and moment - at[earlier - 1] <= self._limit

    def result(self) -> list[Kept]:
        return [Kept(period, *counts) for period, counts in zip(self._periods, self._counts, strict=True)]

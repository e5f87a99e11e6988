"""What a campaign earned: what those it gave something to spent afterwards, against those it left alone on purpose.

Both were chosen by the same rules and parted by a hash, so that what differs is what the campaign did, and chance.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from plugin.domain.decide import Outcome

#: Nothing is said of fewer in either group.
ENOUGH = 20
#: Half of a 95 % interval, in standard errors.
_Z = 1.959964
_ARMS = (Outcome.GIVEN, Outcome.CONTROL)


@dataclass(frozen=True, slots=True)
class Spent:
    """One decision with one order after it, or with none."""

    campaign_id: int
    decision_id: int
    outcome: Outcome
    decided_at: datetime
    currency: str | None
    placed_at: datetime | None
    #: Less refunds.
    kept: Decimal | None


@dataclass(frozen=True, slots=True)
class Earned:
    """Of one campaign in one currency; None where there are not enough to say it."""

    campaign_id: int
    currency: str
    given: int
    control: int
    #: What the given spent more than as many of the control group, with its 95 % interval.
    more: float | None
    low: float | None
    high: float | None


@dataclass(slots=True)
class _Arm:
    number: int = 0
    #: Currency → sum and sum of squares of what each spent.
    sums: dict[str, tuple[float, float]] = field(default_factory=lambda: defaultdict(lambda: (0.0, 0.0)))

    def add(self, spent: Mapping[str, float]) -> None:
        self.number += 1
        for currency, amount in spent.items():
            total, squares = self.sums[currency]
            self.sums[currency] = (total + amount, squares + amount * amount)

    def mean(self, currency: str) -> float:
        return self.sums[currency][0] / self.number

    def error(self, currency: str) -> float:
        """The variance of the mean."""
        total, squares = self.sums[currency]
        return max(0.0, squares - total * total / self.number) / (self.number - 1) / self.number


class Earnings:
    """Fed decision by decision; only those whose window of so many days is over count."""

    def __init__(self, window_days: int, now: datetime) -> None:
        self._window = timedelta(days=window_days)
        self._now = now
        self._arms: dict[int, dict[Outcome, _Arm]] = {}

    def add(self, rows: Iterable[Spent]) -> None:
        """All rows of one decision."""
        spent: dict[str, float] = defaultdict(float)
        one: Spent | None = None
        for one in rows:
            if (
                one.placed_at is not None
                and one.currency is not None
                and one.placed_at <= one.decided_at + self._window
            ):
                spent[one.currency] += float(one.kept or 0)
        if one is None or one.decided_at + self._window > self._now:
            return
        arms = self._arms.setdefault(one.campaign_id, {arm: _Arm() for arm in _ARMS})
        arms[one.outcome].add(spent)

    def result(self) -> list[Earned]:
        return [
            _earned(campaign_id, currency, *arms.values())
            for campaign_id, arms in sorted(self._arms.items())
            for currency in sorted({currency for arm in arms.values() for currency in arm.sums})
        ]


def _earned(campaign_id: int, currency: str, given: _Arm, control: _Arm) -> Earned:
    if min(given.number, control.number) < ENOUGH:
        return Earned(campaign_id, currency, given.number, control.number, None, None, None)
    more = given.mean(currency) - control.mean(currency)
    half = _Z * math.sqrt(given.error(currency) + control.error(currency))
    low, middle, high = (round(given.number * value, 2) for value in (more - half, more, more + half))
    return Earned(campaign_id, currency, given.number, control.number, middle, low, high)

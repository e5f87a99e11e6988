"""Monthly cohorts: of those who first bought in one month, how many bought again in each later month."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from plugin.domain.purchase_days import PurchaseDay

#: Later months that are shown, and cohorts.
MONTHS_AFTER = 11
COHORTS = 12
#: No share is said of a smaller cohort.
ENOUGH = 10


@dataclass(frozen=True, slots=True)
class Cohort:
    #: The first day of the month of the first purchase.
    month: date
    customers: int
    #: By months after the first one, beginning with 1: customers who bought in that month; up to the present month.
    bought: tuple[int, ...]
    #: The same as shares, 0 to 1; None where the cohort is too small.
    shares: tuple[float, ...] | None
    #: The last of those is the present month, which is not over.
    open: bool


class Cohorts:
    """Counts cohorts, one customer after another."""

    def __init__(self) -> None:
        self._sizes: Counter[int] = Counter()
        self._bought: Counter[tuple[int, int]] = Counter()

    def add(self, days: Sequence[PurchaseDay]) -> None:
        """One customer's purchase days, oldest first."""
        months = [_month(day.day) for day in days]
        first = months[0]
        self._sizes[first] += 1
        for month in set(months):
            self._bought[first, month - first] += 1

    def result(self, today: date) -> list[Cohort]:
        """The latest cohorts, oldest first."""
        present = _month(today.toordinal())
        months = [month for month in range(present - COHORTS + 1, present + 1) if self._sizes[month]]
        return [self._cohort(month, min(MONTHS_AFTER, present - month), present) for month in months]

    def _cohort(self, month: int, later: int, present: int) -> Cohort:
        bought = tuple(self._bought[month, after] for after in range(1, later + 1))
        size = self._sizes[month]
        shares = tuple(count / size for count in bought) if size >= ENOUGH else None
        return Cohort(date(month // 12, month % 12 + 1, 1), size, bought, shares, open=month + later == present)


def _month(day: int) -> int:
    """Months since year 0."""
    at = date.fromordinal(day)
    return at.year * 12 + at.month - 1

"""Monthly cohorts."""

from datetime import date

from plugin.domain.cohorts import COHORTS, ENOUGH, Cohorts
from tests.domain.purchases import TODAY, bought


def test_a_cohort_is_who_first_bought_in_one_month() -> None:
    cohorts = Cohorts()
    # 70 days ago is 23 March; 40 is 22 April, 5 is 27 May, 0 is 1 June.
    for _ in range(ENOUGH - 1):
        cohorts.add(bought(70))
    cohorts.add(bought(70, 69, 40, 5, 4))
    cohorts.add(bought(5, 0))
    march, may = cohorts.result(TODAY)
    assert (march.month, march.customers, march.bought, march.open) == (date(2026, 3, 1), 10, (1, 1, 0), True)
    assert march.shares == (0.1, 0.1, 0.0)
    assert (may.month, may.customers, may.bought, may.shares) == (date(2026, 5, 1), 1, (1,), None)


def test_a_cohort_of_this_month_has_no_later_one() -> None:
    cohorts = Cohorts()
    cohorts.add(bought(0))
    (june,) = cohorts.result(TODAY)
    assert (june.bought, june.shares) == ((), None)


def test_only_the_latest_are_shown() -> None:
    cohorts = Cohorts()
    for ago in range(0, 900, 30):
        cohorts.add(bought(ago))
    found = cohorts.result(TODAY)
    assert len(found) == COHORTS
    assert found[0].month == date(2025, 7, 1)


def test_nobody_is_no_cohort() -> None:
    assert Cohorts().result(TODAY) == []

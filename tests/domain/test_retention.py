"""Who stays: active customers at two moments."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.churn import Rhythm
from plugin.domain.retention import ENOUGH, Keeping, Kept, Period, active_limit, month_before, past_periods
from plugin.domain.stages import Limits
from tests.domain.purchases import TODAY, bought

MAY = Period("2026-05", date(2026, 5, 1), date(2026, 6, 1))


def counted(*customers: tuple[int, ...], limit: int = 30) -> Kept:
    keeping = Keeping([MAY], limit)
    for ago in customers:
        keeping.add(bought(*ago))
    return keeping.result()[0]


@pytest.mark.parametrize(
    ("ago", "at_start", "at_end", "new", "stayed"),
    [
        # 1 May is 31 days ago.
        ((40, 5), 1, 1, 0, 1),
        ((40,), 1, 0, 0, 0),
        ((61, 5), 1, 1, 0, 1),
        ((62, 5), 0, 1, 0, 0),
        ((31,), 0, 0, 0, 0),
        ((30,), 0, 1, 1, 0),
        ((5, 4), 0, 1, 1, 0),
        ((0,), 0, 0, 0, 0),
        ((200,), 0, 0, 0, 0),
    ],
)
def test_one_customer(ago: tuple[int, ...], at_start: int, at_end: int, new: int, stayed: int) -> None:
    assert counted(ago) == Kept(MAY, at_start, at_end, new, stayed)


def test_retention_counts_who_came_back_and_churn_does_not() -> None:
    stays, leaves, comes_back, new = [(40, 5)] * 15, [(40,)] * 5, [(90, 5)] * 4, [(5,)] * 7
    kept = counted(*stays, *leaves, *comes_back, *new)
    assert kept.retention == pytest.approx(19 / 20)
    assert kept.churn == pytest.approx(5 / 20)


def test_of_too_few_no_rate_is_said() -> None:
    kept = counted(*[(40, 5)] * (ENOUGH - 1))
    assert (kept.retention, kept.churn) == (None, None)


@given(st.lists(st.lists(st.integers(0, 200), min_size=1, max_size=6).map(tuple), max_size=40), st.integers(1, 120))
def test_the_counts_fit_together(customers: list[tuple[int, ...]], limit: int) -> None:
    kept = counted(*customers, limit=limit)
    assert 0 <= kept.stayed <= min(kept.active_at_start, kept.active_at_end)
    assert 0 <= kept.new <= kept.active_at_end - kept.stayed
    assert kept.active_at_end <= len(customers)
    assert kept.churn is None or 0 <= kept.churn <= 1


def test_periods_are_complete_months_with_orders_before_them() -> None:
    periods = past_periods(TODAY, date(2026, 2, 14))
    assert [period.key for period in periods] == ["2026-03", "2026-04", "2026-05", "last_3_months", "last_12_months"]
    assert periods[-1] == Period("last_12_months", date(2025, 6, 1), date(2026, 6, 1))
    assert past_periods(TODAY, None) == []
    assert len(past_periods(TODAY, date(2020, 1, 1))) == 14


def test_months_go_back_over_the_year() -> None:
    assert month_before(date(2026, 1, 31), 1) == date(2025, 12, 1)


@pytest.mark.parametrize(
    ("limits", "rhythm", "days"),
    [(Limits(at_risk_days=90), Rhythm(), 90), (Limits(), Rhythm(30, 2.5), 75), (Limits(), Rhythm(2, 2), 14)],
)
def test_the_limit_is_the_merchants_or_follows_the_rhythm(limits: Limits, rhythm: Rhythm, days: int) -> None:
    assert active_limit(limits, rhythm) == days

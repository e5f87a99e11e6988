"""When a silence is unusual: the shop's rhythm for strangers, their own for regulars."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.churn import SHORTEST_SILENCE, Rhythm, at_risk_from, expected_gap, learn_rhythm, why_at_risk
from plugin.domain.customer import History, fold
from plugin.domain.segments import Segment, segment_of
from tests.shop import NOW, ago, days, order

RHYTHM = Rhythm(mean_gap=30, slack=2)


def bought_on(*days_ago: float) -> History:
    return fold([order(f"O{n}", ago(n)) for n in days_ago], UTC)


@pytest.mark.parametrize(
    ("history", "gap"),
    [
        (History(), 30),
        (bought_on(5), 30),
        (bought_on(10, 0), (2 * 30 + 10) / 3),
        (bought_on(*range(0, 70, 7)), (2 * 30 + 63) / 11),
    ],
)
def test_the_own_rhythm_is_shrunk_to_the_shops(history: History, gap: float) -> None:
    assert expected_gap(history, RHYTHM) == pytest.approx(gap)


def test_somebody_who_never_bought_is_never_at_risk() -> None:
    assert at_risk_from(History(), RHYTHM) is None


def test_no_silence_is_shorter_than_the_shortest() -> None:
    daily = bought_on(*range(100))
    assert at_risk_from(daily, RHYTHM) == NOW + SHORTEST_SILENCE


@pytest.mark.parametrize(
    ("history", "segment"),
    [
        (History(), Segment.NEW),
        (bought_on(1), Segment.NEW),
        (bought_on(61), Segment.AT_RISK),
        (bought_on(30, 1), Segment.REGULAR),
        (bought_on(50, 40, 30, 20, 1), Segment.LOYAL),
        (bought_on(200, 190, 180, 170, 160), Segment.AT_RISK),
    ],
)
def test_segments(history: History, segment: Segment) -> None:
    assert segment_of(history, RHYTHM, NOW) is segment


def test_the_segment_changes_at_exactly_the_stored_moment() -> None:
    history = bought_on(10, 0)
    moment = at_risk_from(history, RHYTHM)
    assert moment is not None
    assert segment_of(history, RHYTHM, moment - timedelta(microseconds=1)) is Segment.REGULAR
    assert segment_of(history, RHYTHM, moment) is Segment.AT_RISK


def test_little_data_teaches_nothing() -> None:
    assert learn_rhythm([[ago(9), ago(5)]]) == Rhythm(gaps=1)
    assert learn_rhythm([]) == Rhythm()


def test_a_regular_shop_is_learnt() -> None:
    histories = [[NOW + days(shift + 10 * n) for n in range(12)] for shift in range(20)]
    learnt = learn_rhythm(histories)
    assert learnt.mean_gap == pytest.approx(10)
    assert learnt.slack == pytest.approx(1.0)
    assert learnt.gaps == 20 * 11


def test_nine_in_ten_gaps_are_within_the_learnt_slack() -> None:
    gaps = [5] * 9 + [40]
    times: list[datetime] = [NOW]
    for number in range(100):
        times.append(times[-1] + days(gaps[number % 10]))
    learnt = learn_rhythm([times])
    risky = 0
    for n in range(1, len(times)):
        moment = at_risk_from(fold([order(f"O{k}", t) for k, t in enumerate(times[:n])], UTC), learnt)
        assert moment is not None
        risky += times[n] > max(moment, times[n - 1] + SHORTEST_SILENCE)
    assert risky <= 10


@given(st.lists(st.lists(st.integers(0, 5000), min_size=0, max_size=8), max_size=40))
def test_a_rhythm_is_always_sane(hours: list[list[int]]) -> None:
    learnt = learn_rhythm([sorted(NOW + timedelta(hours=h) for h in each) for each in hours])
    assert learnt.mean_gap >= 1
    assert learnt.slack >= 1


def test_the_reason_has_the_numbers_in_it() -> None:
    assert (
        why_at_risk(bought_on(61), RHYTHM, NOW)
        == "Customers here buy every 30 days; silent for 61 days since the last order."
    )
    assert "Usually buys every" in why_at_risk(bought_on(90, 80, 70), RHYTHM, NOW)

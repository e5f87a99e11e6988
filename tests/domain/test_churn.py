"""When a silence is unusual: the shop's rhythm for strangers, their own for regulars."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.churn import SHORTEST_SILENCE, Outlook, Rhythm, expected_gap, is_usual_until, learn_rhythm, turns_of
from plugin.domain.crossing import GRAIN
from plugin.domain.customer import History, fold
from plugin.domain.prediction import MbgNbd, Model, probability, silence_until
from plugin.domain.segments import Segment, segment_of
from plugin.domain.stages import Activity, Limits, Turns
from tests.shop import NOW, ago, days, order

RHYTHM = Rhythm(mean_gap=30, slack=2)
OUTLOOK = Outlook(RHYTHM)


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
    assert turns_of(History(), OUTLOOK) == Turns()


def test_no_silence_is_shorter_than_the_shortest() -> None:
    daily = bought_on(*range(100))
    assert turns_of(daily, OUTLOOK).at_risk_from == NOW + SHORTEST_SILENCE


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
    assert segment_of(history, turns_of(history, OUTLOOK), Limits(), NOW) is segment


def test_the_segment_changes_at_exactly_the_stored_moment() -> None:
    history = bought_on(10, 0)
    turns = turns_of(history, OUTLOOK)
    moment = turns.at_risk_from
    assert moment is not None
    assert segment_of(history, turns, Limits(), moment - timedelta(microseconds=1)) is Segment.REGULAR
    assert segment_of(history, turns, Limits(), moment) is Segment.AT_RISK


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
        history = fold([order(f"O{k}", t) for k, t in enumerate(times[:n])], UTC)
        moment = turns_of(history, Outlook(learnt)).at_risk_from
        assert moment is not None
        risky += times[n] > max(moment, times[n - 1] + SHORTEST_SILENCE)
    assert risky <= 10


@given(st.lists(st.lists(st.integers(0, 5000), min_size=0, max_size=8), max_size=40))
def test_a_rhythm_is_always_sane(hours: list[list[int]]) -> None:
    learnt = learn_rhythm([sorted(NOW + timedelta(hours=h) for h in each) for each in hours])
    assert learnt.mean_gap >= 1
    assert learnt.slack >= 1


MODELS = st.builds(
    lambda r, alpha, a, b, horizon: Model(horizon, "mbg_nbd", "", repeat=MbgNbd(r, alpha, a, b)),
    st.floats(0.05, 50),
    st.floats(0.5, 50_000),
    st.floats(0.01, 20),
    st.floats(0.01, 500),
    st.integers(7, 365),
)


@given(MODELS, st.lists(st.integers(0, 900), min_size=1, max_size=9))
def test_beyond_twice_the_rhythm_only_who_is_likely_to_order_is_active(model: Model, days_ago: list[int]) -> None:
    history = bought_on(*days_ago)
    plain, turns = turns_of(history, OUTLOOK), turns_of(history, Outlook(RHYTHM, model))
    assert history.last_at is not None
    for told, allowed, share in (
        (turns.at_risk_from, plain.at_risk_from, 0.5),
        (turns.dormant_from, plain.dormant_from, 0.1),
    ):
        assert told is not None
        assert allowed is not None
        until = told - history.last_at
        likely = probability(model, history, until / days(1) - 0.01) >= share
        assert likely or until <= 2 * (allowed - history.last_at) + timedelta(seconds=1)
    assert turns.at_risk_from is not None
    assert turns.dormant_from is not None
    assert history.last_at + SHORTEST_SILENCE <= turns.at_risk_from <= turns.dormant_from


def test_who_will_nearly_surely_order_is_not_at_risk() -> None:
    """A weekly buyer, silent for a month, of whom the model still expects an order within two months."""
    model = Model(60, "mbg_nbd", "", repeat=MbgNbd(1.0, 5.0, 0.05, 9.0))
    history = bought_on(*range(30, 164, 7))
    assert turns_of(history, Outlook(Rhythm(mean_gap=3, slack=1.5))).activity(NOW) is not Activity.ACTIVE
    assert probability(model, history, 30) > 0.5
    assert turns_of(history, Outlook(Rhythm(mean_gap=3, slack=1.5), model)).activity(NOW) is Activity.ACTIVE


def test_a_model_of_a_shop_that_began_yesterday_is_not_believed_for_years() -> None:
    model = Model(60, "mbg_nbd", "", repeat=MbgNbd(2.0, 3_000.0, 0.05, 5.0))
    history = bought_on(*range(0, 160, 20))
    assert silence_until(model, history, 0.5 * probability(model, history, 0.0)) > 700
    turns = turns_of(history, Outlook(RHYTHM, model))
    assert turns.at_risk_from is not None
    assert turns.at_risk_from < NOW + days(100)


LIMITS = [Limits(), Limits(at_risk_days=40), Limits(dormant_days=50), Limits(at_risk_days=9, dormant_days=50)]


@given(
    st.none() | MODELS,
    st.sampled_from(LIMITS),
    st.lists(st.integers(0, 900), max_size=9),
    st.floats(0, 5000),
    st.data(),
)
def test_a_usual_silence_is_told_as_the_turns_have_it(
    model: Model | None, limits: Limits, ages: list[int], silence: float, data: st.DataObject
) -> None:
    history, outlook = bought_on(*ages), Outlook(RHYTHM, model, limits)
    at_risk = turns_of(history, outlook).at_risk_from
    if history.last_at is None or at_risk is None:
        assert is_usual_until(history, outlook, NOW)
        return
    near = st.sampled_from([-0.1, -0.01, 0.0, 0.01]).map(lambda apart: at_risk + days(apart))
    moment = max(history.last_at, data.draw(near | st.just(history.last_at + days(silence))))
    usual = is_usual_until(history, outlook, moment)
    assert usual is (moment < at_risk) or (not usual and moment > at_risk - days(2 * GRAIN))

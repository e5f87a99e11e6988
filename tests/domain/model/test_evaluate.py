"""What is said of scores: known figures, ties, and honest words where there is nothing to say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.model.evaluate import area_gain, brier, decile_error, measure, roc_area

outcomes = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def columns(rows: list[tuple[float, bool]]) -> tuple[np.typing.NDArray[np.float64], np.typing.NDArray[np.bool_]]:
    return np.array([score for score, _ in rows]), np.array([came for _, came in rows])


@given(outcomes)
def test_the_area_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[float, bool]]) -> None:
    score, came = columns(rows)
    pairs = [(yes > no) + 0.5 * (yes == no) for yes in score[came] for no in score[~came]]
    area = roc_area(score, came)
    if pairs:
        assert area.auc == pytest.approx(np.mean(pairs))
        assert area.auc is not None
        assert area.low is not None
        assert area.high is not None
        assert 0 <= area.low <= area.auc <= area.high <= 1
    else:
        assert (area.auc, area.low, area.high) == (None, None, None)


def test_delongs_variance_is_that_of_his_paper_written_out() -> None:
    chance = np.random.default_rng(5)
    came = chance.random(80) < 0.4
    score = chance.normal(size=80) + came
    other = chance.normal(size=80) + 0.5 * came

    def parts(values: np.typing.NDArray[np.float64]) -> tuple[list[float], list[float]]:
        yes, no = values[came], values[~came]
        return [float(np.mean(y > no)) for y in yes], [float(np.mean(yes > n)) for n in no]

    (one_yes, one_no), (two_yes, two_no) = parts(score), parts(other)
    cover = np.cov(one_yes, two_yes) / came.sum() + np.cov(one_no, two_no) / (~came).sum()
    gain, error = area_gain(score, other, came)
    assert gain == pytest.approx(np.mean(one_yes) - np.mean(two_yes))
    assert error == pytest.approx(np.sqrt(cover[0, 0] + cover[1, 1] - 2 * cover[0, 1]))


@pytest.mark.long
def test_the_interval_holds_the_true_area_nineteen_times_in_twenty() -> None:
    chance, held = np.random.default_rng(2), 0
    for _ in range(1000):
        came = chance.random(150) < 0.3
        area = roc_area(chance.normal(size=150) + 1.0 * came, came)
        assert area.low is not None
        assert area.high is not None
        held += area.low <= 0.7602 <= area.high
    assert 930 <= held <= 970


def test_a_score_is_not_better_than_itself() -> None:
    score, came = np.array([0.1, 0.4, 0.3, 0.9]), np.array([False, True, False, True])
    assert area_gain(score, score, came) == (0.0, 0.0)
    assert area_gain(score, score, np.array([True, False, False, False]))[1] == np.inf


def test_brier_and_deciles_of_known_scores() -> None:
    score = np.repeat(np.arange(10) / 10, 10)
    came = np.concatenate([np.arange(10) < group for group in range(10)])
    assert decile_error(score, came) == pytest.approx(0)
    assert brier(score, came) == pytest.approx(np.mean(score * (1 - score)))
    assert decile_error(score + 0.05, came) == pytest.approx(0.05)


def test_fewer_customers_than_groups_are_a_group_each() -> None:
    assert decile_error(np.array([0.2, 0.6]), np.array([False, True])) == pytest.approx(0.3)


@pytest.mark.parametrize("came", [[True] * 5, [False] * 5])
def test_where_one_outcome_came_alone_there_is_no_area_but_an_error(came: list[bool]) -> None:
    found = measure(np.full(5, 0.5), np.array(came))
    assert (found.auc, found.auc_low, found.auc_high) == (None, None, None)
    assert (found.brier, found.decile_error) == (0.25, 0.5)


def test_of_nobody_nothing_is_said() -> None:
    found = measure(np.zeros(0), np.zeros(0, np.bool_))
    assert (found.auc, found.brier, found.decile_error) == (None, None, None)


def test_what_only_ranks_has_no_error() -> None:
    found = measure(np.array([-3.0, 8.0]), np.array([False, True]), probabilities=False)
    assert (found.auc, found.brier, found.decile_error) == (1.0, None, None)


def test_a_score_that_is_no_number_is_never_passed_over() -> None:
    with pytest.raises(ValueError, match="not a number"):
        measure(np.array([0.1, np.nan]), np.array([False, True]))

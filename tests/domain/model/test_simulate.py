"""Simulated customers: the same for the same seed, and both ways of making them agree."""

from collections.abc import Callable

import numpy as np
import pytest

from plugin.domain.model.counts import Whole, count
from plugin.domain.model.simulate import histories, purchases
from plugin.domain.prediction import MbgNbd

PARAMS = MbgNbd(r=0.6, alpha=600, a=0.8, b=1.8)


@pytest.mark.parametrize("made", [histories, purchases])
def test_a_seed_tells_all(made: Callable[[MbgNbd, Whole, int], tuple[Whole, ...]]) -> None:
    age = np.arange(1, 2_000)
    first, again, other = made(PARAMS, age, 1), made(PARAMS, age, 1), made(PARAMS, age, 2)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_histories_are_such_as_can_be_counted() -> None:
    age = np.random.default_rng(0).integers(0, 3_000, 5_000)
    frequency, recency, told = histories(PARAMS, age, 1)
    assert (told == age).all()
    assert (recency[frequency > 0] >= 1).all()
    assert count(frequency, recency, told).total == 5_000


def test_purchase_days_are_sorted_once_each_and_within_the_age() -> None:
    age = np.random.default_rng(0).integers(0, 3_000, 5_000)
    who, day = purchases(PARAMS, age, 1)
    assert (np.diff(who * 10_000 + day) > 0).all()
    assert (day <= age[who]).all()
    assert (day[np.flatnonzero(np.diff(who, prepend=-1))] == 0).all()
    assert len(np.unique(who)) == 5_000


def test_both_ways_agree() -> None:
    age = np.full(40_000, 5_000)
    frequency, recency, _ = histories(PARAMS, age, 1)
    who, day = purchases(PARAMS, age, 2)
    bought = np.bincount(who) - 1
    last = np.zeros(len(age))
    np.maximum.at(last, who, day)
    error = np.sqrt((frequency.var() + bought.var()) / len(age))
    assert bought.mean() == pytest.approx(frequency.mean(), abs=4 * error)
    assert (bought > 0).mean() == pytest.approx((frequency > 0).mean(), abs=0.014)
    assert last.mean() == pytest.approx(recency.mean(), abs=4 * np.sqrt((last.var() + recency.var()) / len(age)))


def test_nobody_buys_nothing() -> None:
    nobody = np.zeros(0, dtype=np.int64)
    assert all(len(column) == 0 for column in (*histories(PARAMS, nobody, 1), *purchases(PARAMS, nobody, 1)))

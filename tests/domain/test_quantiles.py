"""Quantiles of counted numbers are those of the numbers."""

import statistics
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.quantiles import quantile, spread


@given(st.lists(st.integers(-50, 50), min_size=2, max_size=60))
def test_they_are_those_of_the_numbers_one_by_one(values: list[int]) -> None:
    expected = statistics.quantiles(values, n=4, method="inclusive")
    found = spread(Counter(values))
    assert found is not None
    assert [found.lower, found.median, found.upper] == pytest.approx(expected)
    assert found.count == len(values)


def test_of_one_they_are_that_one() -> None:
    assert quantile({7: 1}, 0.9) == 7


def test_of_nothing_there_is_none() -> None:
    assert spread({}) is None
    with pytest.raises(ValueError, match="nothing"):
        quantile({}, 0.5)

"""Unique histories say the same as all customers, in fewer rows."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.model.counts import Whole, count
from tests.domain.model import cdnow


@st.composite
def history(draw: st.DrawFn) -> tuple[int, int, int]:
    age = draw(st.integers(0, 30) | st.integers(0, 20_000))
    frequency = draw(st.integers(0, 3) | st.integers(0, 5_000))
    return frequency, draw(st.integers(0, age)) if frequency else 0, age


def columns(rows: list[tuple[int, int, int]], dtype: str = "int64") -> tuple[Whole, Whole, Whole]:
    table = np.array(rows, dtype=dtype).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


@given(st.lists(history(), max_size=60), st.sampled_from(["int64", "int32", "uint32", "uint64"]))
def test_every_history_is_there_once_with_its_customers(rows: list[tuple[int, int, int]], dtype: str) -> None:
    counts = count(*columns(rows, dtype))
    told = zip(counts.frequency.tolist(), counts.recency.tolist(), counts.age.tolist(), strict=True)
    assert dict(zip(told, counts.customers.tolist(), strict=True)) == Counter(rows)
    assert len(counts.customers) == len(set(rows))
    assert counts.frequency.tolist() == sorted(counts.frequency.tolist())
    assert counts.total == len(rows)
    assert counts.repeat_buyers == sum(frequency > 0 for frequency, _, _ in rows)
    assert counts.repeat_purchases == sum(frequency for frequency, _, _ in rows)


def test_the_cdnow_sample() -> None:
    counts = cdnow.histories()
    assert (counts.total, counts.repeat_buyers, counts.repeat_purchases) == (2357, 946, 2457)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([(1, 5, 4)], "recency lies between 0 and the age"),
        ([(1, -1, 4)], "recency lies between 0 and the age"),
        ([(-1, 0, 4)], "at least 0"),
        ([(0, 0, -1)], "recency lies between 0 and the age"),
        ([(0, 3, 4)], "has a recency of 0"),
        ([(2**30, 1, 2**30)], "too large"),
    ],
)
def test_what_is_no_history_is_refused(rows: list[tuple[int, int, int]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        count(*columns([(0, 0, 7), *rows]))


def test_columns_of_other_lengths_or_kinds_are_refused() -> None:
    one = np.zeros(1, dtype=np.int64)
    with pytest.raises(ValueError, match="one element a customer"):
        count(one, one, np.zeros(2, dtype=np.int64))
    with pytest.raises(ValueError, match="whole numbers"):
        count(one, one, np.array([2.5]))

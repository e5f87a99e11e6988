"""What the models need of all customers: each history once, with how many customers have it.

Frequency is the number of purchase days after the first, recency the days from the first to the last,
age the days from the first until now. Of one-time buyers only the age is left to differ, so that a
shop has far fewer rows than customers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.integer]
#: Whole or other numbers, one a customer.
Column = NDArray[np.integer | np.floating]


@dataclass(frozen=True, slots=True)
class Counts:
    """Unique histories, sorted by frequency; all arrays of the same length."""

    frequency: NDArray[np.int32]
    recency: NDArray[np.int32]
    age: NDArray[np.int32]
    #: How many customers have this history.
    customers: NDArray[np.int64]

    @property
    def total(self) -> int:
        """All customers."""
        return int(self.customers.sum())

    @property
    def repeat_buyers(self) -> int:
        return int(self.customers[self.frequency > 0].sum())

    @property
    def repeat_purchases(self) -> int:
        return int(self.frequency.astype(np.int64) @ self.customers)


def count(frequency: Whole, recency: Whole, age: Whole) -> Counts:
    """The unique histories of customers, given as whole numbers, one element a customer.

    Raises ValueError where the three do not describe a history.
    """
    _check(frequency, recency, age)
    repeat = frequency > 0
    ages = np.bincount(age[~repeat])
    seen = np.flatnonzero(ages)
    (x, days, silence), customers = _unique(frequency[repeat], age[repeat], (age - recency)[repeat])
    nothing = np.zeros(len(seen), dtype=np.int32)
    return Counts(
        frequency=np.concatenate([nothing, x]),
        recency=np.concatenate([nothing, days - silence]),
        age=np.concatenate([seen.astype(np.int32), days]),
        customers=np.concatenate([ages[seen].astype(np.int64), customers]),
    )


def _check(frequency: Whole, recency: Whole, age: Whole) -> None:
    if not len(frequency) == len(recency) == len(age):
        raise ValueError("Frequency, recency and age have one element a customer each.")
    if not all(np.issubdtype(column.dtype, np.integer) for column in (frequency, recency, age)):
        raise ValueError("Frequency, recency and age are whole numbers.")
    if len(age) == 0:
        return
    if frequency.min() < 0 or recency.min() < 0 or (recency > age).any():
        raise ValueError("Frequency is at least 0, and recency lies between 0 and the age.")
    if ((frequency == 0) & (recency != 0)).any():
        raise ValueError("Who has bought once has a recency of 0.")


def _unique(*columns: Whole) -> tuple[list[NDArray[np.int32]], NDArray[np.int64]]:
    """Unique rows, sorted, and how often each occurs: one sort of packed keys, several times faster than by columns."""
    bits = [int(column.max(initial=0)).bit_length() for column in columns]
    if sum(bits) > 63:
        raise ValueError("Frequencies and ages are too large to be days.")
    keys = np.zeros(len(columns[0]), dtype=np.int64)
    for column, width in zip(columns, bits, strict=True):
        keys <<= width
        keys |= column.astype(np.int64, copy=False)
    keys.sort()
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.int64)
    customers = np.diff(starts, append=len(keys))
    keys = keys[starts]
    rows = []
    for width in reversed(bits):
        rows.append((keys & ((1 << width) - 1)).astype(np.int32))
        keys >>= width
    return rows[::-1], customers.astype(np.int64)

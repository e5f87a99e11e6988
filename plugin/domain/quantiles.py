"""Quantiles of counted whole numbers, so that a million gaps are a few hundred counts."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle, and the quarters around it."""

    lower: float
    median: float
    upper: float
    count: int


def quantile(counts: Mapping[int, int], share: float) -> float:
    """The value below which that share lies, between neighbours in proportion (Hyndman and Fan's type 7).

    Raises `ValueError` where nothing was counted.
    """
    number = sum(counts.values())
    if not number:
        raise ValueError("There is no quantile of nothing.")
    position = share * (number - 1)
    below, part = int(position), position - int(position)
    low = _at(counts, below)
    return low if not part else low + part * (_at(counts, below + 1) - low)


def spread(counts: Mapping[int, int]) -> Spread | None:
    """None where nothing was counted."""
    number = sum(counts.values())
    if not number:
        return None
    return Spread(quantile(counts, 0.25), quantile(counts, 0.5), quantile(counts, 0.75), number)


def _at(counts: Mapping[int, int], position: int) -> int:
    seen = 0
    for value in sorted(counts):
        seen += counts[value]
        if seen > position:
            return value
    return max(counts)

"""The CDNOW sample, on which the models' parameters are known."""

from pathlib import Path

import numpy as np

from plugin.domain.model.counts import Counts, Floats

DATA = Path(__file__).parent / "data"
DAYS_A_WEEK = 7


def histories() -> Counts:
    frequency, recency, age, customers = np.loadtxt(
        DATA / "cdnow.csv", delimiter=",", skiprows=1, dtype=np.int64, unpack=True
    )
    return Counts(frequency.astype(np.int32), recency.astype(np.int32), age.astype(np.int32), customers)


def values() -> tuple[Floats, Floats]:
    """Purchases after the first, and their mean value, of each who made any."""
    purchases, mean = np.loadtxt(DATA / "cdnow_values.csv", delimiter=",", skiprows=1, unpack=True)
    return purchases, mean

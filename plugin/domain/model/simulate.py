"""Customers who behave as MBG/NBD says: to test the model with, and to measure its speed."""

import numpy as np
from numpy.typing import NDArray

from plugin.domain.model.counts import Floats, Whole
from plugin.domain.prediction import MbgNbd

Histories = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]


def histories(params: MbgNbd, age: Whole, seed: int) -> Histories:
    """Frequency, recency and age of a customer of each age.

    Several purchases on one day stay several, and the recency is rounded to days: choose a time unit in
    which purchases are rare. `purchases` has neither fault, and takes longer.
    """
    chance = np.random.default_rng(seed)
    wanted, x = _bought(params, age, chance)
    # Of so many moments spread evenly over the age, the last one before leaving.
    last = age * chance.beta(np.maximum(x, 1), wanted - x + 1)
    recency = np.where(x > 0, np.clip(np.rint(last), 1, age), 0)
    return x.astype(np.int32), recency.astype(np.int32), age.astype(np.int32)


def purchases(params: MbgNbd, age: Whole, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Purchase days: the customer's index, and the days since the first one, which is 0; sorted, each once.

    The first purchase falls in the middle of its day, as it were: a day is a moment rounded to days.
    """
    chance = np.random.default_rng(seed)
    wanted, x = _bought(params, age, chance)
    who = np.repeat(np.arange(len(age)), wanted)
    when = chance.random(len(who)) * age[who]
    when = when[np.lexsort((when, who))]
    begin = np.cumsum(wanted) - wanted
    kept = np.arange(len(who)) - begin[who] < x[who]
    days = np.rint(when[kept]).astype(np.int64)
    return _days(np.concatenate([np.arange(len(age)), who[kept]]), np.concatenate([np.zeros(len(age), np.int64), days]))


def _days(who: NDArray[np.int64], day: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    width = int(day.max(initial=0)) + 1
    keys = np.unique(who * width + day)
    return keys // width, keys % width


def _bought(params: MbgNbd, age: Whole, chance: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How often each would have bought by his age without ever leaving, and how often he did."""
    rate: Floats = chance.gamma(params.r, 1 / params.alpha, len(age))
    leaving: Floats = chance.beta(params.a, params.b, len(age))
    wanted = chance.poisson(rate * age)
    # The draw that ends it may be the very first one, after the first purchase.
    stays = chance.geometric(np.clip(leaving, 1e-15, 1)) - 1
    return wanted, np.minimum(wanted, stays)

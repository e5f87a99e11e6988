"""How many orders are topped up: the shop's own past where it tells, the assumption where it does not."""

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import NormalDist

import pytest

from plugin.domain.top_up import ASSUMED, Around, around, excess, topped_up

REACH = ASSUMED.reach
T = 50.0


def values(number: int, middle: float = 45, spread: float = 0.6) -> list[float]:
    """Log-normal ones, as evenly as can be."""
    law = NormalDist(math.log(middle), spread)
    return [math.exp(law.inv_cdf((n + 0.5) / number)) for n in range(number)]


def paying(number: int, share: float, **law: float) -> list[tuple[float, float]]:
    """Every so manieth of those in reach of 50 puts something more into the basket; from 50 on shipping is free."""
    found, owed = [], 0.0
    for value in values(number, **law):
        if T * (1 - REACH) <= value < T:
            owed += share
            if owed >= 1:
                owed -= 1
                found.append((T * 1.02, 0.0))
                continue
        found.append((value, 0.0 if value >= T else 5.0))
    return found


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2, 0.4])
@pytest.mark.parametrize(("middle", "spread"), [(45, 0.6), (30, 0.8), (60, 0.4), (50, 1.0)])
def test_the_share_is_found_wherever_the_threshold_lies(share: float, middle: float, spread: float) -> None:
    central, low, high = excess(around(paying(20_000, share, middle=middle, spread=spread), T, REACH))
    assert central == pytest.approx(share, abs=0.015)
    assert low < share < high


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (31.9, None),
        (32, 0),
        (39.9, 0),
        (40, 1),
        (49.99, 1),
        (50, 2),
        (62.4, 2),
        (62.5, 3),
        (78, 3),
        (78.2, None),
        (0, None),
    ],
)
def test_the_steps_around_a_threshold(value: float, place: int | None) -> None:
    seen = around([(value, 5.0)], T, REACH)
    counted = (seen.far_below, seen.below, seen.above, seen.far_above)
    assert counted == tuple(int(place == n) for n in range(4))


def test_the_interval_is_that_of_poisson_counts() -> None:
    """By hand: k = 1, 150 above and 100 below: 50 / 250, with the delta method's variance."""
    central, low, high = excess(Around(100, 100, 150, 100))
    assert central == pytest.approx(0.2)
    assert (high - low) / 2 == pytest.approx(1.96 * math.sqrt(150 * 100 * 4 / 250**3 + 0.16 / 9 * 0.02), rel=1e-3)


FREE = {"paid_below": 400, "free_above": 500}


@pytest.mark.parametrize(
    ("seen", "estimated", "said"),
    [
        (None, False, "no estimate of your shop."),
        (Around(10, 40, 50, 10), False, "Too few orders lie around your own threshold of 50 USD"),
        (Around(500, 400, 500, 400), False, "do not show that shipping was free from 50 USD"),
        (Around(25, 60, 70, 25, 60, 70), False, "the past tells less than the assumption"),
        (Around(500, 400, 700, 400, **FREE), True, "more above than without a threshold"),
        (Around(500, 400, 350, 300, paid_below=400, free_above=350), True, "not surely more above"),
    ],
)
def test_what_is_gone_by(seen: Around | None, estimated: bool, said: str) -> None:
    found = topped_up(seen, "50 USD")
    assert found.estimated is estimated
    assert said in found.source
    assert 0 <= found.low <= found.central <= found.high < 1
    assert estimated or (found.low, found.central, found.high) == (0.05, 0.15, 0.30)


def test_no_excess_is_no_topping_up_and_never_below_nothing() -> None:
    few: Sequence[tuple[float, float]] = paying(20_000, 0.0)
    found = topped_up(replace(around(few, T, REACH)), "50 USD")
    assert found.low == 0.0
    assert found.central < 0.02
    assert found.high < 0.05

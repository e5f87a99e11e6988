"""Where a falling function meets 0: to the grain, and in few looks."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.crossing import GRAIN, first_crossing


@given(st.integers(0, 60_000_000).map(lambda n: n / 1000), st.floats(0.001, 1e6), st.floats(1e-3, 1e3), st.booleans())
def test_the_first_grain_at_which_it_is_not_above(root: float, scale: float, slope: float, jumps: bool) -> None:
    def above(days: float) -> float:
        return math.copysign(slope, root - days) if jumps and days != root else slope * (root - days)

    assert first_crossing(above, scale) == math.ceil(root / GRAIN) * GRAIN


@pytest.mark.parametrize("level", [1e-9, 1.0, 1e300])
def test_what_is_level_and_above_never_comes(level: float) -> None:
    assert first_crossing(lambda _: level, 30.0) == math.inf
    assert first_crossing(lambda _: -level, 30.0) == 0.0


@pytest.mark.parametrize(
    ("falls", "most"),
    [
        (lambda days: 0.7 - 3 * math.log1p(days / 43), 6),
        (lambda days: 9 - 3 * math.log1p(days / 43) - 0.01 * days, 10),
        (lambda days: 2 - math.log1p(math.exp(8 * math.log1p(days / 300) - 3)), 12),
        (lambda days: 1e-9 if days < 5_000 else -30.0, 45),
    ],
)
def test_it_takes_few_looks(falls: Callable[[float], float], most: int) -> None:
    looks = list[float]()

    def above(days: float) -> float:
        looks.append(days)
        return falls(days)

    found = first_crossing(above, 43.0)
    assert falls(found) <= 0 < falls(found - GRAIN)
    assert len(looks) <= most

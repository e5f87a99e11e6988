"""When a score that only falls has fallen far enough, in few looks at it."""

import math
from collections.abc import Callable
from typing import Final

#: Silences are told apart by so many days, a minute and a half.
GRAIN: Final = 2.0**-10
#: In grains: where a crossing is looked for first (16 days), and beyond what it never comes (180 years).
FIRST_LOOK, LAST_LOOK = 2**14, 2**26
#: So many times as far is looked next at most: a line may be nearly level.
FURTHER: Final = 8
#: Looks along a line; then the rest is halved.
LINES: Final = 12
#: exp of more is not worth working out.
FARTHEST_LOG: Final = 100.0


def first_crossing(above: Callable[[float], float], scale: float) -> float:
    """The first multiple of `GRAIN` at which a function that never rises is not above 0.

    Log-odds fall nearly in a line with log(1 + silence / scale), so the next place to look is where the
    line through the two ends meets 0. An end that stays pulls with half its height (the Illinois rule of
    Dowell and Jarratt, 1971); what is not found in `LINES` such looks is halved.
    """
    low, at_low = 0, above(0.0)
    if at_low <= 0:
        return 0.0
    high, at_high = FIRST_LOOK, above(FIRST_LOOK * GRAIN)
    while at_high > 0:
        if high == LAST_LOOK:
            return math.inf
        further = _meets(low, at_low, high, at_high, scale) if at_high < at_low else math.inf
        low, at_low = high, at_high
        high = min(LAST_LOOK, int(max(2 * low, min(FURTHER * low, 1.1 * further))))
        at_high = above(high * GRAIN)
    stayed = looks = 0
    while high - low > 1:
        looks += 1
        middle = (low + high) // 2
        if looks <= LINES:
            middle = min(high - 1, max(low + 1, int(_meets(low, at_low, high, at_high, scale))))
        found = above(middle * GRAIN)
        if found > 0:
            low, at_low = middle, found
            at_high, stayed = (at_high / 2 if stayed > 0 else at_high), 1
        else:
            high, at_high = middle, found
            at_low, stayed = (at_low / 2 if stayed < 0 else at_low), -1
    return high * GRAIN


def _meets(low: int, at_low: float, high: int, at_high: float, scale: float) -> float:
    """In grains: where the line through the two meets 0; in days they are looked at by log(1 + days / scale)."""
    begin, end = math.log1p(low * GRAIN / scale), math.log1p(high * GRAIN / scale)
    there = begin + (end - begin) * at_low / (at_low - at_high)
    return math.expm1(there) * scale / GRAIN if there < FARTHEST_LOG else math.inf

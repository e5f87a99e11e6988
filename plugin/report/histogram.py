"""Counted days in a few equal steps, for a chart and its table."""

from collections.abc import Sequence

from plugin.domain.phrases import phrase


def histogram(gaps: Sequence[Sequence[int]], most: int = 12) -> list[tuple[int, int | None, int]]:
    """First day, last day (None for all that are longer) and count of at most so many equal steps."""
    if not gaps:
        return []
    number, seen, reach = sum(count for _, count in gaps), 0, 1
    for days, count in gaps:
        seen, reach = seen + count, days
        if seen >= 0.95 * number:
            break
    steps = (1, 2, 3, 7, 14, 28, 56, 91, 182, 364)
    step = next((step for step in steps if step * (most - 1) >= reach), -(-reach // (most - 1)))
    bins = [0] * (-(-reach // step) + 1)
    for days, count in gaps:
        bins[min(len(bins) - 1, (days - 1) // step)] += count
    found: list[tuple[int, int | None, int]] = [(n * step + 1, (n + 1) * step, count) for n, count in enumerate(bins)]
    *most_of_them, (low, _, count) = found
    return [*most_of_them, (low, None, count)] if count else most_of_them


def label(low: int, high: int | None) -> str:
    if high is None:
        return phrase("{low} or more", low=low)
    return str(low) if low == high else phrase("{low} to {high}", low=low, high=high)

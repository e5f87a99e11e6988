"""How many orders a little below a threshold are topped up to it: assumed, or seen in the shop's own past.

That shoppers add to a basket to reach free shipping, the more so the less is missing, is well known (Lewis, Singh
and Fay, Marketing Science 25, 2006, 51-64; the goal gradient: Kivetz, Urminsky and Zheng, Journal of Marketing
Research 43, 2006, 39-58). How many do so in this shop nobody can know beforehand.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from statistics import NormalDist

from plugin.domain.phrases import N_, Percent, joined, phrase

#: Standard deviations to either side that hold 95 %.
Z = NormalDist().inv_cdf(0.975)
#: Orders near the threshold, and orders farther away on each side, without which it says nothing.
NEAR, FAR = 100, 20
#: More than that can hardly be: somebody always pays for shipping.
MOST = 0.95


@dataclass(frozen=True, slots=True)
class TopUp:
    """The share of the orders within reach below a threshold that are topped up to it, each of 0 to 1."""

    low: float
    central: float
    high: float
    #: Orders lack at most this share of the threshold. Beyond, nobody is taken to top up.
    reach: float
    #: A sentence for people: where it is from.
    source: str
    estimated: bool = False


ASSUMPTION = phrase("This is an assumption and no estimate of your shop.")
ASSUMED = TopUp(0.05, 0.15, 0.30, 0.20, ASSUMPTION)


@dataclass(frozen=True, slots=True)
class Around:
    """Orders in four steps around a threshold, of equal width in logarithms: far below, below, above, far above."""

    far_below: int = 0
    below: int = 0
    above: int = 0
    far_above: int = 0
    #: Of those below, how many paid for shipping; of those above, how many did not.
    paid_below: int = 0
    free_above: int = 0

    @property
    def held(self) -> bool:
        """Whether the threshold was in force for most of them."""
        return 2 * self.paid_below >= self.below > 0 and 2 * self.free_above >= self.above > 0

    @property
    def enough(self) -> bool:
        return self.below + self.above >= NEAR and min(self.far_below, self.far_above) >= FAR


def around(baskets: Iterable[tuple[float, float]], threshold: float, reach: float) -> Around:
    """baskets: values, and what was paid for shipping; threshold above 0."""
    step = -math.log1p(-reach)
    counts, paid_below, free_above = [0, 0, 0, 0], 0, 0
    for value, shipping in baskets:
        if value <= 0:
            continue
        place = math.floor(math.log(value / threshold) / step + 1e-9) + 2
        if 0 <= place < 4:
            counts[place] += 1
            paid_below += place == 1 and shipping > 0
            free_above += place == 2 and shipping <= 0
    far_below, below, above, far_above = counts
    return Around(far_below, below, above, far_above, paid_below, free_above)


def excess(seen: Around) -> tuple[float, float, float]:
    """The share of the orders below that went above, with its 95 % interval; not held to 0 to 1.

    Bunching at a notch (Kleven and Waseem, Quarterly Journal of Economics 128, 2013, 669-723) in its plainest form.
    Without a threshold the step above would hold k times as many as the step below, where k is the cube root of
    far above / far below: three steps apart. That is right wherever the logarithm of the density, over that of the
    value, has no more than a slope and a curvature (a log-normal one). Topping up takes a share p of the n that
    would be below and puts them above: below = n (1 - p), above = n (k + p), so

        p = (above - k below) / (above + below).

    The interval is the delta method's for four independent Poisson counts.
    """
    below, above = float(seen.below), float(seen.above)
    k = (seen.far_above / seen.far_below) ** (1 / 3)
    near = above + below
    share = (above - k * below) / near
    variance_k = k * k / 9 * (1 / seen.far_above + 1 / seen.far_below)
    variance = above * below * (1 + k) ** 2 / near**3 + (below / near) ** 2 * variance_k
    spread = Z * math.sqrt(variance)
    return share, share - spread, share + spread


_MORE = N_(
    "Estimated from your own orders around your threshold of {threshold}: {above} just above it and {below} just below,"
    " more above than without a threshold; 95 % interval."
)
_NOT_SURELY_MORE = N_(
    "Estimated from your own orders around your threshold of {threshold}: {above} just above it and {below} just below,"
    " not surely more above than without a threshold; 95 % interval."
)


def topped_up(seen: Around | None, threshold: str, assumed: TopUp = ASSUMED) -> TopUp:
    """The shop's own share where its past tells it at least as sharply as the assumption; else the assumption.

    seen: around the threshold that everybody has had, said as `threshold`; None where there is none.
    """
    if seen is None:
        return assumed
    if not seen.enough:
        return _still(
            assumed,
            phrase(
                "Too few orders lie around your own threshold of {threshold} to see how many top up.",
                threshold=threshold,
            ),
        )
    if not seen.held:
        return _still(
            assumed,
            phrase("Your past orders do not show that shipping was free from {threshold}.", threshold=threshold),
        )
    share, low, high = excess(seen)
    if high - low > assumed.high - assumed.low:
        said = phrase(
            "Around your own threshold of {threshold} the past tells less than the assumption (95 % interval {low} to"
            " {high}).",
            threshold=threshold,
            low=Percent(max(low, 0)),
            high=Percent(min(high, MOST)),
        )
        return _still(assumed, said)
    source = phrase(_MORE if low > 0 else _NOT_SURELY_MORE, threshold=threshold, above=seen.above, below=seen.below)
    return TopUp(_held(low), _held(share), _held(high), assumed.reach, source, estimated=True)


def _still(assumed: TopUp, why: str) -> TopUp:
    return replace(assumed, source=joined((assumed.source, why)))


def _held(share: float) -> float:
    return min(MOST, max(0.0, share))

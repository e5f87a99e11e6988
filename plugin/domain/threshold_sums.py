"""What each of many thresholds would do to the orders of one customer after another, added up with its sampling error."""

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from plugin.domain.top_up import TopUp, Z


class Costed(NamedTuple):
    """An order's value, and what free shipping for it would cost the shop; 0 where it costs nothing any more."""

    value: float
    cost: float


class Effects(NamedTuple):
    """Of one customer, for each threshold of a ladder, if everybody in reach topped up."""

    #: Shipping of orders that reach it as they are, and of those that are topped up.
    free: list[float]
    topped_cost: list[float]
    #: Extra margin of those that are topped up.
    topped_margin: list[float]
    #: Orders that reach it, and orders in reach.
    reaching: list[int]
    in_reach: list[int]
    #: Squares of single orders in reach: of cost, margin and their difference.
    squares: list[tuple[float, float, float]]
    #: Values of the orders that reach it, added up.
    worth: list[float]
    #: Orders that ship free now and would not any more, and their values added up.
    taken: list[int]
    taken_worth: list[float]


def effects(orders: Iterable[Costed], ladder: Sequence[float], margin: float, reach: float) -> Effects:
    """ladder: ascending thresholds. margin: share of the value that is left after its costs."""
    size = len(ladder)
    free, cost, extra = [0.0] * size, [0.0] * size, [0.0] * size
    worth, reaching, in_reach, squares = [0.0] * size, [0] * size, [0] * size, [(0.0, 0.0, 0.0)] * size
    for value, price in orders:
        first = bisect_right(ladder, value)
        if first:
            free[first - 1] += price
            worth[first - 1] += value
            reaching[first - 1] += 1
        if price <= 0:
            continue  # who pays nothing for shipping has nothing to reach for
        for n in range(first, size):
            if value < ladder[n] * (1 - reach):
                break
            gained = margin * (ladder[n] - value)
            cost[n] += price
            extra[n] += gained
            in_reach[n] += 1
            before = squares[n]
            squares[n] = (before[0] + price**2, before[1] + gained**2, before[2] + (gained - price) ** 2)
    for n in range(size - 2, -1, -1):
        free[n] += free[n + 1]
        worth[n] += worth[n + 1]
        reaching[n] += reaching[n + 1]
    return Effects(free, cost, extra, reaching, in_reach, squares, worth, [0] * size, [0.0] * size)


def against(found: Effects, now: int | None) -> Effects:
    """The same against the threshold at that place of the ladder; None: against no free shipping at all."""
    if now is None:
        return found
    return found._replace(
        free=_less(found.free, now),
        topped_cost=_less(found.topped_cost, now),
        topped_margin=_less(found.topped_margin, now),
        taken=[max(0, found.reaching[now] - number) for number in found.reaching],
        taken_worth=[max(0.0, found.worth[now] - value) for value in found.worth],
    )


def _less(row: Sequence[float], now: int) -> list[float]:
    return [value - row[now] for value in row]


@dataclass(frozen=True, slots=True)
class Ranged:
    """In units of the currency: with the central share, and from the lowest to the highest with sampling error."""

    central: float
    low: float
    high: float


@dataclass(slots=True)
class _Sum:
    """At one threshold: sums over customers of what is free, of cost and margin of topped-up orders, and products."""

    free: float = 0.0
    cost: float = 0.0
    margin: float = 0.0
    products: list[float] = field(default_factory=lambda: [0.0] * 6)
    squares: list[float] = field(default_factory=lambda: [0.0] * 3)
    reaching: int = 0
    in_reach: int = 0
    worth: float = 0.0
    taken: int = 0
    taken_worth: float = 0.0

    def combined(self, free: float, cost: float, margin: float, chance: float) -> tuple[float, float]:
        """A weighted sum, and its standard error.

        Customers come at random and each with all of their orders: the sum is a compound Poisson one, whose variance
        is estimated by the sum of the customers' squares (customers as clusters: Binder, International Statistical
        Review 51, 1983, 279-292). `chance` is what tossing for each single top-up adds.
        """
        ff, cc, mm, fc, fm, cm = self.products
        variance = free * free * ff + cost * cost * cc + margin * margin * mm
        variance += 2 * (free * cost * fc + free * margin * fm + cost * margin * cm)
        return free * self.free + cost * self.cost + margin * self.margin, math.sqrt(max(0.0, variance) + chance)


@dataclass(slots=True)
class Sums:
    """Of one group, for each threshold of the ladder."""

    top_up: TopUp
    sums: list[_Sum]
    #: Of each customer: net at the central share.
    nets: list[list[float]] = field(default_factory=list)

    def add(self, found: Effects) -> None:
        """One more customer."""
        share = self.top_up.central
        net: list[float] = []
        for n, total in enumerate(self.sums):
            f, c, m = found.free[n], found.topped_cost[n], found.topped_margin[n]
            total.free += f
            total.cost += c
            total.margin += m
            total.reaching += found.reaching[n]
            total.in_reach += found.in_reach[n]
            total.worth += found.worth[n]
            total.taken += found.taken[n]
            total.taken_worth += found.taken_worth[n]
            if f or c or m:
                products = total.products
                for place, product in enumerate((f * f, c * c, m * m, f * c, f * m, c * m)):
                    products[place] += product
                for place, square in enumerate(found.squares[n]):
                    total.squares[place] += square
            net.append(share * (m - c) - f)
        self.nets.append(net)

    def cost(self, n: int) -> Ranged:
        """Shipping given away."""
        return self._ranged(n, (1, 1, 0), 0)

    def margin(self, n: int) -> Ranged:
        """Extra margin of topped-up orders."""
        return self._ranged(n, (0, 0, 1), 1)

    def net(self, n: int) -> Ranged:
        return self._ranged(n, (-1, -1, 1), 2)

    def _ranged(self, n: int, weights: tuple[int, int, int], square: int) -> Ranged:
        total, ends = self.sums[n], list[float]()
        free, cost, margin = weights
        for share in (self.top_up.low, self.top_up.high):
            chance = share * (1 - share) * total.squares[square]
            value, error = total.combined(free, share * cost, share * margin, chance)
            ends += [value - Z * error, value + Z * error]
        share = self.top_up.central
        central, _ = total.combined(free, share * cost, share * margin, 0.0)
        return Ranged(central, min(ends), max(ends))

    def expected(self, n: int, share: float) -> float:
        """Net, where that share of the orders within reach is topped up."""
        total = self.sums[n]
        return share * (total.margin - total.cost) - total.free

    def as_good(self, best: int) -> list[bool]:
        """For each threshold: whether the past cannot tell its net from the best one's, at the central share.

        The same customers are looked at under both, so that what they share cancels out.
        """
        found = []
        for n in range(len(self.sums)):
            differences = [net[n] - net[best] for net in self.nets]
            error = math.sqrt(sum(difference**2 for difference in differences))
            found.append(sum(differences) + Z * error >= 0)
        return found


def sums_for(ladder: Sequence[float], top_up: TopUp) -> Sums:
    return Sums(top_up, [_Sum() for _ in ladder])

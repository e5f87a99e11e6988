"""Which signals come before customers leave: for the whole shop, from its past.

Each purchase day whose horizon has passed is an observation: were the signals there, and did no further
purchase come within the horizon? The effect of a signal is the difference between the shares who did not
come back with it and without it, among customers with as many purchases so far (Mantel-Haenszel risk
difference, Greenland and Robins, Biometrics 41, 1985). One customer gives several observations, which are
alike: the interval takes customers, not observations, as independent (linearised variance with customers
as clusters, Binder, International Statistical Review 51, 1983). What is found goes together; it does not
prove that one makes the other.

A signal that has a `SignalKind` is the one that stands on a customer's page: the same limits, asked after
each purchase day of the past.
"""

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from plugin.domain.phrases import phrase
from plugin.domain.purchase_days import PurchaseDay
from plugin.domain.signals import FALLING_FROM, FALLING_SHARE, HIGH_SHIPPING, SignalKind

#: Purchases so far at which a new stratum begins.
STRATA = (1, 2, 3, 5, 10)
#: No effect is said of fewer observations than this on either side.
ENOUGH = 50
#: How often a shop without any effect may be told of one.
BY_CHANCE = 0.05
#: Standard deviations to either side that hold 95 %.
NINETY_FIVE_PERCENT = 1.959963984540054
#: Slower: the last gap above this many times the mean of the earlier ones.
SLOWER = 1.5


class Observation(NamedTuple):
    """One customer just after one purchase day."""

    #: Purchase days so far, this one included.
    purchases: int
    last: PurchaseDay
    #: The last gap over the mean of the earlier ones; None without any.
    pace: float | None


@dataclass(frozen=True, slots=True)
class Effect:
    """A signal and leaving. Shares are of purchase days without another one within the horizon."""

    key: str
    #: With the signal, and without it among as many purchases so far: 0 to 1.
    present: float
    absent: float
    #: present - absent, with its 95 % interval.
    difference: float
    low: float
    high: float
    #: Observations with and without the signal, and the customers that they are of.
    present_count: int
    absent_count: int
    customers: int
    #: How often at least such a difference is seen where there is none: 0 to 1.
    chance: float

    @property
    def enough(self) -> bool:
        """It can be said at all."""
        return min(self.present_count, self.absent_count, self.customers) >= ENOUGH


#: By signal: its name, and who has it, as a sentence begins.
SIGNALS = {
    SignalKind.ONLY_WITH_VOUCHER: (
        phrase("Only with a voucher"),
        phrase("Customers whose orders so far all had a voucher"),
    ),
    "last_with_voucher": (phrase("Last order with a voucher"), phrase("Customers after an order with a voucher")),
    SignalKind.REFUND: (phrase("Refund"), phrase("Customers after an order with a refund")),
    SignalKind.LATE_PARCEL: (phrase("Late parcel"), phrase("Customers whose parcel left later than nine in ten do")),
    SignalKind.FALLING_BASKET: (
        phrase("Falling basket"),
        phrase("Customers whose last order was below 60 % of their own usual"),
    ),
    SignalKind.SHIPPING_COST: (
        phrase("High shipping cost"),
        phrase("Customers who paid at least 20 % of the order for shipping"),
    ),
    "single_item": (phrase("Single piece"), phrase("Customers after an order of a single piece")),
    "slower": (
        phrase("Slower than usual"),
        phrase("Customers who took more than 1.5 times their usual time to the last order"),
    ),
}


def signals_of(seen: Observation, parcel_days: float | None) -> Iterator[tuple[str, bool]]:
    """The signals that can be told of this moment, and whether they were there.

    parcel_days: what is usual for a first parcel; None where that is not known.
    """
    last = seen.last
    yield SignalKind.ONLY_WITH_VOUCHER, last.only_discounted
    yield "last_with_voucher", last.discounted
    yield SignalKind.REFUND, last.refunded > 0
    if last.delay is not None and parcel_days is not None:
        yield SignalKind.LATE_PARCEL, last.delay > parcel_days
    if last.refunded <= 0 and last.earlier + 1 >= FALLING_FROM and last.earlier_kept > 0:
        yield SignalKind.FALLING_BASKET, last.total - last.refunded < FALLING_SHARE * (last.earlier_kept / last.earlier)
    if last.total > 0:
        yield SignalKind.SHIPPING_COST, last.shipping >= HIGH_SHIPPING * last.total
    yield "single_item", last.items == 1
    if seen.pace is not None:
        yield "slower", seen.pace > SLOWER


def observations(days: Sequence[PurchaseDay], today: int, horizon: int) -> Iterator[tuple[Observation, bool]]:
    """One customer's purchase days whose horizon has passed, and whether no other one came within it."""
    for n, day in enumerate(days):
        if day.day + horizon >= today:
            return
        pace = None
        if n > 1:
            earlier = (days[n - 1].day - days[0].day) / (n - 1)
            pace = (day.day - days[n - 1].day) / earlier
        left = n + 1 == len(days) or days[n + 1].day - day.day > horizon
        yield Observation(n + 1, day, pace), left


def sentence(effect: Effect, horizon: int) -> str:
    """What was found, with its numbers, in words that do not claim a cause."""
    _, who = SIGNALS[effect.key]
    shares = {name: _percent(getattr(effect, name)) for name in ("present", "absent", "difference", "low", "high")}
    return phrase(
        "{who} did not come back within {days} days in {present} % of cases, others with as many purchases in {absent} %"
        " (difference {difference} points, 95 % between {low} and {high}; {orders} orders).",
        who=who,
        days=horizon,
        orders=effect.present_count,
        **shares,
    )


def _percent(share: float) -> str:
    """Two digits where one would say little."""
    percent = 100 * share
    shown = f"{percent:.0f}" if abs(percent) >= 10 else f"{percent:.1f}"
    return shown.replace("-", "\N{MINUS SIGN}")


class Indicators:
    """Counts observations, one customer after another.

    Of each signal it keeps how often each cell (stratum, signal, left) was met, and how often two cells by
    the same customer: all that the variance between customers needs.
    """

    def __init__(self, parcel_days: float | None, today: int, horizon: int) -> None:
        self._parcel_days, self._today, self._horizon = parcel_days, today, horizon
        self._cells: dict[str, Counter[int]] = {key: Counter() for key in SIGNALS}
        self._pairs: dict[str, Counter[tuple[int, int]]] = {key: Counter() for key in SIGNALS}
        self._customers: Counter[str] = Counter()

    def add(self, days: Sequence[PurchaseDay]) -> None:
        """One customer's purchase days, oldest first."""
        met: dict[str, dict[int, int]] = {}
        for seen, left in observations(days, self._today, self._horizon):
            stratum = 4 * _stratum(seen.purchases) + left
            for key, there in signals_of(seen, self._parcel_days):
                cells = met.setdefault(key, {})
                cell = stratum + 2 * there
                cells[cell] = cells.get(cell, 0) + 1
        for key, cells in met.items():
            self._customers[key] += 1
            known, pairs = self._cells[key], self._pairs[key]
            for one, count in cells.items():
                known[one] += count
                for other, times in cells.items():
                    pairs[one, other] += count * times

    def result(self) -> list[Effect]:
        """The signals that can be compared at all, the strongest first."""
        found = [effect_of(key, self._cells[key], self._pairs[key], self._customers[key]) for key in SIGNALS]
        return sorted((effect for effect in found if effect), key=lambda effect: -abs(effect.difference))


def effect_of(key: str, cells: Counter[int], pairs: Counter[tuple[int, int]], customers: int) -> Effect | None:
    """The effect from counted cells (4 * stratum + 2 * signal + left); None where nothing can be compared.

    pairs: over customers, the products of their counts of two cells.
    """
    strata = [_Stratum(*(cells[4 * n + cell] for cell in (3, 2, 1, 0))) for n in range(len(STRATA))]
    weight = sum(stratum.weight for stratum in strata)
    if not weight or customers < 2:
        return None
    present = sum(stratum.weight * stratum.left / stratum.there for stratum in strata if stratum.weight) / weight
    absent = sum(stratum.weight * stratum.gone / stratum.others for stratum in strata if stratum.weight) / weight
    present, absent = min(1.0, present), min(1.0, absent)  # a rounding error must not leave the shares
    difference = present - absent
    pull = {
        4 * n + cell: stratum.influence(cell, difference) / weight
        for n, stratum in enumerate(strata)
        for cell in range(4)
    }
    squares = sum(pull[one] * pull[other] * count for (one, other), count in pairs.items())
    error = (max(0.0, squares) * customers / (customers - 1)) ** 0.5
    spread = NINETY_FIVE_PERCENT * error
    return Effect(
        key,
        present,
        absent,
        difference,
        max(-1.0, difference - spread),
        min(1.0, difference + spread),
        sum(stratum.there for stratum in strata if stratum.weight),
        sum(stratum.others for stratum in strata if stratum.weight),
        customers,
        math.erfc(abs(difference) / (error * math.sqrt(2))) if error else float(not difference),
    )


def clear(effects: Iterable[Effect]) -> frozenset[str]:
    """The signals that can be told from chance: where none has an effect, one is named in one shop of twenty.

    Holm's procedure (Scandinavian Journal of Statistics 6, 1979). What it names has an interval that excludes zero.
    """
    ordered = sorted((effect for effect in effects if effect.enough), key=lambda effect: effect.chance)
    named = []
    for n, effect in enumerate(ordered):
        if effect.chance > BY_CHANCE / (len(ordered) - n):
            break
        named.append(effect.key)
    return frozenset(named)


class _Stratum:
    """Observations with as many purchases so far."""

    def __init__(self, left: int, back: int, gone: int, again: int) -> None:
        #: With the signal: left, and all; without it: left, and all.
        self.left, self.there = left, left + back
        self.gone, self.others = gone, gone + again
        number = self.there + self.others
        self.weight = self.there * self.others / number if number else 0.0

    def influence(self, cell: int, difference: float) -> float:
        """What one more observation in that cell adds to sum(weight * (own difference - difference))."""
        number = self.there + self.others
        if not number:
            return 0.0
        there, left = divmod(cell, 2)
        excess = (self.left * self.others - self.gone * self.there) / number
        if there:
            moved, heavier = left * self.others - self.gone, self.others
        else:
            moved, heavier = self.left - left * self.there, self.there
        return (moved - excess - difference * (heavier - self.weight)) / number


def _stratum(purchases: int) -> int:
    return sum(purchases >= least for least in STRATA) - 1

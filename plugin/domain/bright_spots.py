"""What works: what loyal customers buy, what they began with and took next, and after how long things run out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from plugin.domain.quantiles import Spread, spread

#: No interval is said of fewer gaps or customers than this, and no share of fewer customers.
ENOUGH_GAPS, ENOUGH_CUSTOMERS = 20, 10
#: Rows of each table.
MOST = 15


class LineRow(NamedTuple):
    """A line of an order that counts. A tuple, because millions of them pass by."""

    customer_id: int
    placed_at: datetime
    #: Saleor's id of the product; what stands for it (SKU, name) where it is gone.
    product: str
    name: str
    #: The product type; empty where it is not known.
    kind: str


@dataclass(frozen=True, slots=True)
class Favourite:
    """Something that loyal customers buy. Shares are of customers, 0 to 1."""

    name: str
    loyal: float
    #: None where there are too few others to compare with.
    others: float | None
    #: Loyal customers who bought it.
    customers: int


@dataclass(frozen=True, slots=True)
class Beginning:
    """Something in the first purchase, and how many of its buyers came back within the horizon."""

    name: str
    came_back: float
    customers: int


@dataclass(frozen=True, slots=True)
class Interval:
    """Days between two purchases of the same by the same customer."""

    name: str
    days: Spread
    customers: int


@dataclass(frozen=True, slots=True)
class BrightSpots:
    loyal: int
    others: int
    #: Days between two successive purchases of one loyal customer; None of too few.
    loyal_gaps: Spread | None
    favourites: tuple[Favourite, ...]
    favourite_kinds: tuple[Favourite, ...]
    #: Customers whose horizon after the first purchase has passed, and the share of them who came back within it.
    beginners: int
    came_back: float | None
    beginnings: tuple[Beginning, ...]
    #: Of loyal customers: the share with it in their second purchase.
    next: tuple[Favourite, ...]
    products: tuple[Interval, ...]
    kinds: tuple[Interval, ...]


class Basket(NamedTuple):
    """What one customer bought on one day."""

    day: int
    #: Product, by which it is told apart, to its name.
    products: dict[str, str]
    kinds: set[str]


class Products:
    """Counts what was bought, one customer after another."""

    def __init__(self, loyal_from: int, today: int, horizon: int) -> None:
        self._loyal_from, self._today, self._horizon = loyal_from, today, horizon
        self._names: dict[str, str] = {}
        self._all, self._loyal_all = 0, 0
        self._bought, self._loyal = Counter[str](), Counter[str]()
        self._kinds, self._loyal_kinds = Counter[str](), Counter[str]()
        self._next, self._others_next, self._second = Counter[str](), Counter[str](), 0
        self._first, self._returned, self._beginners, self._back = Counter[str](), Counter[str](), 0, 0
        self._gaps, self._kind_gaps, self._loyal_gaps = _Gaps(), _Gaps(), Counter[int]()

    def add(self, baskets: Sequence[Basket]) -> None:
        """One customer's purchase days, oldest first."""
        products = set[str]().union(*(basket.products for basket in baskets))
        kinds = set[str]().union(*(basket.kinds for basket in baskets))
        for basket in baskets:
            self._names.update(basket.products)
        loyal = len(baskets) >= self._loyal_from
        self._all += 1
        self._bought.update(products)
        self._kinds.update(kinds)
        if loyal:
            self._loyal_all += 1
            self._loyal.update(products)
            self._loyal_kinds.update(kinds)
            self._loyal_gaps.update(later.day - earlier.day for earlier, later in pairwise(baskets))
        self._steps(baskets, loyal=loyal)
        self._gaps.add([(basket.day, basket.products) for basket in baskets])
        self._kind_gaps.add([(basket.day, basket.kinds) for basket in baskets])

    def _steps(self, baskets: Sequence[Basket], *, loyal: bool) -> None:
        if len(baskets) > 1:
            self._second += not loyal
            (self._next if loyal else self._others_next).update(baskets[1].products.keys())
        first = baskets[0]
        if first.day + self._horizon < self._today:
            back = len(baskets) > 1 and baskets[1].day - first.day <= self._horizon
            self._beginners += 1
            self._back += back
            self._first.update(first.products.keys())
            if back:
                self._returned.update(first.products.keys())

    def result(self) -> BrightSpots:
        others = self._all - self._loyal_all
        return BrightSpots(
            loyal=self._loyal_all,
            others=others,
            loyal_gaps=spread(self._loyal_gaps) if self._loyal_all >= ENOUGH_CUSTOMERS else None,
            favourites=self._favourites(self._loyal, self._bought - self._loyal, others, self._names),
            favourite_kinds=self._favourites(self._loyal_kinds, self._kinds - self._loyal_kinds, others, {}),
            beginners=self._beginners,
            came_back=self._back / self._beginners if self._beginners else None,
            beginnings=self._beginnings(),
            next=self._favourites(self._next, self._others_next, self._second, self._names),
            products=self._gaps.result(self._names),
            kinds=self._kind_gaps.result({}),
        )

    def _favourites(
        self, loyal: Counter[str], others: Counter[str], number: int, names: dict[str, str]
    ) -> tuple[Favourite, ...]:
        if self._loyal_all < ENOUGH_CUSTOMERS:
            return ()
        return tuple(
            Favourite(
                names.get(key, key),
                count / self._loyal_all,
                others[key] / number if number >= ENOUGH_CUSTOMERS else None,
                count,
            )
            for key, count in _most(loyal, ENOUGH_CUSTOMERS)
        )

    def _beginnings(self) -> tuple[Beginning, ...]:
        return tuple(
            Beginning(self._names[key], self._returned[key] / count, count)
            for key, count in _most(self._first, ENOUGH_GAPS)
        )


class _Gaps:
    """Days between purchases of the same thing by the same customer."""

    def __init__(self) -> None:
        self._gaps: dict[str, Counter[int]] = {}
        self._customers: Counter[str] = Counter()

    def add(self, days: Sequence[tuple[int, dict[str, str] | set[str]]]) -> None:
        last: dict[str, int] = {}
        again: set[str] = set()
        for day, bought in days:
            for key in bought:
                if key in last:
                    self._gaps.setdefault(key, Counter())[day - last[key]] += 1
                    again.add(key)
                last[key] = day
        self._customers.update(again)

    def result(self, names: dict[str, str]) -> tuple[Interval, ...]:
        counted = Counter({key: gaps.total() for key, gaps in self._gaps.items()})
        found = []
        for key, _ in _most(counted, ENOUGH_GAPS):
            days = spread(self._gaps[key])
            if days is not None and self._customers[key] >= ENOUGH_CUSTOMERS:
                found.append(Interval(names.get(key, key), days, self._customers[key]))
        return tuple(found)


def _most(counts: Counter[str], least: int) -> list[tuple[str, int]]:
    """The most frequent, with ties by name so that equal data give equal reports."""
    enough = [(key, count) for key, count in counts.items() if count >= least]
    return sorted(enough, key=lambda pair: (-pair[1], pair[0]))[:MOST]

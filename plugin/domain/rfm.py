"""Recency, frequency and money: the customers in groups, by quintile scores (Hughes, Strategic Database Marketing, 1994).

A score is 1 to 5, 5 the best: 1 plus how many fifths of the customers are worse. Equal values have equal
scores. Money is compared within a customer's currency only, the one of the last purchase. The groups come
from two figures: recency, and the mean of frequency and money.
"""

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from plugin.domain.purchase_days import PurchaseDay

SCORES = 5


class Group(StrEnum):
    CHAMPIONS = "champions"
    PROMISING = "promising"
    NEW = "new"
    LOYAL = "loyal"
    MIDDLE = "middle"
    PASSING = "passing"
    SLIPPING = "slipping"
    FADING = "fading"
    LOST = "lost"


#: By recency (4 and 5, 3, 1 and 2), then by frequency and money (4 and 5, 2 and 3, 1).
GROUPS = (
    (Group.CHAMPIONS, Group.PROMISING, Group.NEW),
    (Group.LOYAL, Group.MIDDLE, Group.PASSING),
    (Group.SLIPPING, Group.FADING, Group.LOST),
)


@dataclass(frozen=True, slots=True)
class GroupSize:
    group: Group
    customers: int
    #: The middle customer's days since the last purchase, and purchase days.
    silence: int
    purchases: int
    #: Gross less refunds of everybody in the group, by currency.
    spent: Mapping[str, Decimal]


class Rfm:
    """Collects three numbers a customer, then scores."""

    def __init__(self, today: int) -> None:
        self._today = today
        self._silence, self._purchases, self._money = array("i"), array("i"), array("d")
        self._currency: list[str] = []
        #: Of the few who bought in other currencies, too, by their place: what they spent in those.
        self._other: dict[int, Mapping[str, Decimal]] = {}

    def add(self, days: Sequence[PurchaseDay], spent: Mapping[str, Decimal]) -> None:
        """One customer's purchase days, oldest first, and gross less refunds by currency."""
        currency = days[-1].currency
        self._silence.append(max(0, self._today - days[-1].day))
        self._purchases.append(len(days))
        self._money.append(float(spent.get(currency, Decimal(0))))
        if len(spent) > (currency in spent):
            self._other[len(self._currency)] = {other: money for other, money in spent.items() if other != currency}
        self._currency.append(currency)

    def result(self) -> list[GroupSize]:
        """The groups that have somebody in them, best first."""
        silences: dict[Group, Counter[int]] = {}
        purchases: dict[Group, Counter[int]] = {}
        money: dict[Group, dict[str, float]] = {}
        groups = self._groups()
        for group, silence, bought, spent, currency in zip(
            groups, self._silence, self._purchases, self._money, self._currency, strict=True
        ):
            silences.setdefault(group, Counter())[silence] += 1
            purchases.setdefault(group, Counter())[bought] += 1
            _add(money.setdefault(group, {}), currency, spent)
        for place, others in self._other.items():
            for currency, other in others.items():
                _add(money[groups[place]], currency, float(other))
        return [
            GroupSize(
                group,
                silences[group].total(),
                _middle(silences[group]),
                _middle(purchases[group]),
                {currency: Decimal(str(round(value, 3))) for currency, value in sorted(money[group].items())},
            )
            for group in Group
            if group in silences
        ]

    def _groups(self) -> list[Group]:
        recency = _scores([-silence for silence in self._silence])
        frequency = _scores(self._purchases)
        money = self._money_scores()
        return [group_of(r, f, m) for r, f, m in zip(recency, frequency, money, strict=True)]

    def _money_scores(self) -> list[int]:
        places: dict[str, list[int]] = {}
        for place, currency in enumerate(self._currency):
            places.setdefault(currency, []).append(place)
        scores = [1] * len(self._currency)
        for those in places.values():
            for place, score in zip(those, _scores([self._money[place] for place in those]), strict=True):
                scores[place] = score
        return scores


def group_of(recency: int, frequency: int, money: int) -> Group:
    """From three scores of 1 to 5."""
    worth = (frequency + money + 1) // 2
    return GROUPS[_row(recency)][0 if worth >= 4 else 1 if worth >= 2 else 2]


def _add(sums: dict[str, float], currency: str, spent: float) -> None:
    sums[currency] = sums.get(currency, 0.0) + spent


def _row(recency: int) -> int:
    return 0 if recency >= 4 else 1 if recency == 3 else 2


def _scores(values: Sequence[float]) -> list[int]:
    """1 to 5: 1 plus how many fifths of all have a lower value."""
    ordered, number = sorted(values), len(values)
    known = {value: 1 + SCORES * bisect_left(ordered, value) // number for value in set(values)}
    return [known[value] for value in values]


def _middle(counts: Counter[int]) -> int:
    seen, half = 0, (counts.total() + 1) // 2
    for value in sorted(counts):
        seen += counts[value]
        if seen >= half:
            return value
    return 0

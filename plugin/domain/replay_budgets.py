"""Budgets over a replay: they are shared by everybody, so they are held in the order of time, after all have been walked."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal

from plugin.domain.budgets import CUSTOMER_DAYS, THIS_CAMPAIGN, WHOLE_SHOP, Budgets, Over, Used, over
from plugin.domain.decide import Outcome
from plugin.domain.guardrails import Limit
from plugin.domain.money import Money
from plugin.domain.offers import valid_until
from plugin.domain.phrases import phrase
from plugin.domain.replay_values import Asked

#: In the place of a campaign: all of them.
_ALL = 0


@dataclass(frozen=True, slots=True)
class Bounds:
    budgets: Budgets
    priority: int


def within_budgets(
    asked: Iterable[Asked], bounds: Mapping[int, Bounds], shop: Budgets, zone: tzinfo, ends: datetime
) -> list[Asked]:
    """What a budget does not pay for becomes a nothing; what only the day's does not is asked again on the next.

    An offer holds its expected cost from the moment it is given. At its end that is spent if the customer
    ordered while it was valid, else it is free again. bounds: of every campaign, by its id.
    """
    books = _Books(zone)
    waiting = [(one.at, -bounds[one.campaign_id].priority, one.campaign_id, n, one) for n, one in enumerate(asked)]
    heapq.heapify(waiting)
    found = []
    while waiting:
        at, priority, campaign_id, number, one = heapq.heappop(waiting)
        if one.outcome is not Outcome.GIVEN:
            found.append(one)
            continue
        books.release(at)
        refused = books.refused(one, bounds[campaign_id].budgets, shop)
        if refused is None:
            books.hold(one)
            found.append(one)
        elif refused.today and (tomorrow := _tomorrow(one, zone, ends)) is not None:
            heapq.heappush(waiting, (tomorrow.at, priority, campaign_id, number, tomorrow))
        else:
            reason = phrase("Nothing, because {because}.", because=refused.because)
            found.append(replace(one, outcome=Outcome.NOTHING, reason=reason, by=Limit.BUDGET))
    return found


def _tomorrow(one: Asked, zone: tzinfo, ends: datetime) -> Asked | None:
    """The same need at the next midnight of the shop; None where an order has met it by then."""
    at = datetime.combine(one.at.astimezone(zone).date() + timedelta(days=1), time(0), zone)
    met = one.next_order_at is not None and one.next_order_at <= at
    if met or at > ends or one.offer is None:
        return None
    return replace(one, at=at, until=valid_until(one.offer, at, zone), waited=True)


@dataclass(slots=True)
class _Books:
    """What is held and spent as the replay goes on; campaign and `_ALL` of them."""

    zone: tzinfo
    total: defaultdict[tuple[int, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    day: defaultdict[tuple[int, str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    #: Of a customer in a currency: whose, when and how much.
    customer: defaultdict[tuple[int, str], list[Asked]] = field(default_factory=lambda: defaultdict(list))
    #: Offers that run out unused, the soonest first.
    ends: list[tuple[datetime, int, Asked]] = field(default_factory=list)
    held: int = 0

    def refused(self, one: Asked, budgets: Budgets, shop: Budgets) -> Over | None:
        """What no day can change comes first, whoever's budget it is."""
        if one.cost is None:
            bounded = budgets.any or shop.any
            return (
                Over(phrase("there is a budget, and nothing tells yet what this gift would cost"), today=False)
                if bounded
                else None
            )
        whose = ((THIS_CAMPAIGN, one.campaign_id, budgets), (WHOLE_SHOP, _ALL, shop))
        refused = (over(most, self._used(one, key, one.cost.currency), one.cost, name) for name, key, most in whose)
        return min((each for each in refused if each is not None), key=lambda each: each.today, default=None)

    def hold(self, one: Asked) -> None:
        if one.cost is None:
            return
        self._add(one, one.cost, one.cost.amount)
        self.customer[one.customer_id, one.cost.currency].append(one)
        if one.until is not None and not one.came:
            self.held += 1
            heapq.heappush(self.ends, (one.until, self.held, one))

    def release(self, now: datetime) -> None:
        while self.ends and self.ends[0][0] < now:
            one = heapq.heappop(self.ends)[2]
            if one.cost is not None:
                self._add(one, one.cost, -one.cost.amount)
                self.customer[one.customer_id, one.cost.currency].remove(one)

    def _add(self, one: Asked, cost: Money, amount: Decimal) -> None:
        for whose in (one.campaign_id, _ALL):
            self.total[whose, cost.currency] += amount
            self.day[whose, self._day(one), cost.currency] += amount

    def _used(self, one: Asked, whose: int, currency: str) -> Used:
        since = one.at - timedelta(days=CUSTOMER_DAYS)
        had = [
            given.cost.amount
            for given in self.customer[one.customer_id, currency]
            if given.cost is not None and given.at > since and whose in {_ALL, given.campaign_id}
        ]
        day = self.day[whose, self._day(one), currency]
        return Used(self.total[whose, currency], day, sum(had, Decimal(0)))

    def _day(self, one: Asked) -> str:
        return one.at.astimezone(self.zone).date().isoformat()

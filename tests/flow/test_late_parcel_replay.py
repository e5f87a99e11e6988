"""Late parcels over the past: as life decided, and with nothing of what came later."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from plugin.domain.decide import Outcome
from plugin.domain.ledger import Fulfilment, Order
from plugin.domain.replay_values import Asked
from plugin.domain.stages import Limits
from plugin.flow.replay import replay
from plugin.store import decisions, history, shops
from plugin.store.schema import customers, fulfilments, orders
from tests.bodies import order_body
from tests.flow.conftest import Home
from tests.flow.test_replay import known_by, remember
from tests.shop import NOW, ago, days, order

pytestmark = pytest.mark.anyio

SPAN = 60


@dataclass(frozen=True)
class Fate:
    """An order, and what was told of it when."""

    placed: Order
    told: Sequence[tuple[datetime, str, Order]]

    @property
    def last(self) -> Order:
        return self.told[-1][2] if self.told else self.placed


def a_fate(number: int, chance: random.Random) -> Fate:
    at = ago(chance.uniform(1, SPAN - 1))
    promised = chance.choice([None, 2, 5])
    placed = order(f"O{number}", at, user_id=f"U{number}", ships=True, promised_days=promised)

    def as_told(later: float, event: str, status: str, parcel: str = "FULFILLED") -> tuple[datetime, str, Order]:
        parts = (Fulfilment(f"F{number}", parcel, min(at + days(leaves), at + days(later))),)
        return at + days(later), event, replace(placed, status=status, fulfilments=parts)

    leaves = chance.choice([1.3, 2.6, 5.2, 7.4, 30])
    told = [as_told(leaves, "fulfillment_created", "FULFILLED")]
    match number % 6:
        case 0:
            told = [as_told(leaves, "fulfillment_created", "PARTIALLY_FULFILLED")]
        case 1:
            told.append(as_told(leaves + 1.1, "fulfillment_canceled", "UNFULFILLED", "CANCELED"))
        case 2:
            gone = replace(placed, status="CANCELED", updated_at=at + days(leaves))
            told = [(at + days(leaves), "order_cancelled", gone)]
        case 3:
            back = replace(placed, refunded=Decimal(9), updated_at=at + days(leaves))
            told = [(at + days(leaves), "order_refunded", back)]
    return Fate(placed, [one for one in told if one[0] < NOW])


async def live(home: Home, fates: Sequence[Fate]) -> None:
    """From event to event, and to each moment in between."""
    coming = [(fate.placed.placed_at, "order_created", fate.placed) for fate in fates]
    coming += [one for fate in fates for one in fate.told]
    for at, event, seen in [*sorted(coming, key=lambda one: one[0]), (NOW, "", None)]:
        while (moment := next_moment(home)) is not None and moment <= at:
            home.now = moment
            home.tick()
        home.now = at
        if seen is not None:
            home.take(event, order_body(seen, at))


def next_moment(home: Home) -> datetime | None:
    with home.database.read() as connection:
        found: datetime | None = connection.execute(select(func.min(customers.c.next_moment))).scalar_one()
    return found


async def test_a_replay_decides_what_life_decided(home: Home) -> None:
    with home.database.write() as connection:
        shops.set_limits(connection, home.shop_id, Limits(at_risk_days=30, dormant_days=90))
    fates = [a_fate(number, random.Random(number)) for number in range(60)]
    home.now = ago(SPAN)
    home.switch_on("late-parcel")
    await live(home, fates)
    with home.database.read() as connection:
        told = decisions.latest(connection, home.shop_id, 1_000)
    lived = sorted((one.customer_id, one.decided_at, one.outcome, one.reason) for one in told)
    found = replay(home.house, home.shop_id, "late-parcel", SPAN)
    assert sorted((one.customer_id, one.at, one.outcome, one.reason) for one in found.asked) == lived
    assert len([one for one in lived if one[2] is Outcome.GIVEN]) > 10
    assert len(lived) < 40
    costs = {str(one.cost) for one in given(found.asked) if one.cost is not None}
    assert costs == {"7.00 USD"}, "10 % of 20 USD, and the shipping of the next order"


async def test_no_information_from_after_a_moment_is_used_at_it(home: Home) -> None:
    """What left later, how long parcels took later, and what became of orders."""
    with home.database.write() as connection:
        shops.set_limits(connection, home.shop_id, Limits(at_risk_days=30, dormant_days=90))
    cut = ago(40)
    some = [usual(number, 4) for number in range(300)]
    store(home, some)
    found = replay(home.house, home.shop_id, "late-parcel", 120)
    before = known_by(found.asked, cut)
    assert len(given(before)) > 10
    assert len({season.outlook.rhythm.parcel_days for season in found.seasons}) > 3, "what is usual changes, too"
    with home.database.write() as connection:
        connection.execute(orders.delete().where(orders.c.placed_at > cut))
        connection.execute(
            fulfilments.update()
            .where(fulfilments.c.created_at > cut)
            .values(created_at=fulfilments.c.created_at, status="FULFILLED", tracking_number="later")
        )
        gone = {"counts": False, "status": "CANCELED", "updated_at": cut + days(1)}
        connection.execute(orders.update().where(orders.c.order_id.like("%7")).values(gone))
        taken_back = {"status": "CANCELED", "status_at": cut + days(2), "issued_at": cut + days(2)}
        connection.execute(fulfilments.update().where(fulfilments.c.order_id.like("%3")).values(taken_back))
    store(home, [usual(number, 20) for number in range(1_000, 1_200) if usual(number, 20).placed_at > cut])
    again = replay(home.house, home.shop_id, "late-parcel", 120)
    assert known_by(again.asked, cut) == before
    assert known_by(again.asked, NOW) != known_by(found.asked, NOW), "what came later was another past"


def usual(number: int, most: float) -> Order:
    """One that nobody promised anything for, and that left within so many days, or in twice the time."""
    chance = random.Random(number)
    at = ago(chance.uniform(3, 200))
    leaves = at + days(chance.uniform(0.2, most) * (1 if number % 8 else 3))
    sent = leaves < NOW
    parts = (Fulfilment(f"F{number}", "FULFILLED", leaves),) if sent else ()
    status = "FULFILLED" if sent else "UNFULFILLED"
    return order(f"O{number}", at, user_id=f"U{number}", ships=True, status=status, fulfilments=parts)


def store(home: Home, some: Sequence[Order]) -> None:
    """Each parcel told of when it left."""
    remember(home, some)
    with home.database.write() as connection:
        for one in some:
            for part in one.fulfilments:
                history.save_fulfilments(connection, home.shop_id, [one], part.created_at + timedelta(seconds=1))


def given(asked: Sequence[Asked]) -> list[Asked]:
    return [one for one in asked if one.outcome is Outcome.GIVEN]

"""Which lanes there are, how each is drained, and the sweep that makes a lost wake-up harmless."""

from collections.abc import Awaitable, Callable
from datetime import datetime

import anyio
from sqlalchemy import Connection

from plugin.engine.port import Lane, LaneKind
from plugin.flow.backfill import backfill, is_due
from plugin.flow.deliver import decide_and_deliver, deliver
from plugin.flow.house import House
from plugin.flow.receive import receive
from plugin.flow.send import park_lost, send
from plugin.store import campaigns, customers, inbox, leases, shops
from plugin.store.shops import Shop

#: Seconds of one turn: so long that the engine's own cost between two turns does not count, so short that
#: the next shop has not long to wait.
TURN = 0.5


def drain_with(house: House, turn: float = TURN) -> Callable[[Lane], Awaitable[bool]]:
    """What the engine calls for a lane; True when there may be more."""

    async def batches(step: Callable[[], Awaitable[bool]]) -> bool:
        until = anyio.current_time() + turn
        more = True
        while more:
            more = await step()
            if anyio.current_time() >= until:
                break
        return more

    async def drain(lane: Lane) -> bool:
        match lane.kind:
            case LaneKind.RECEIVE:
                more = await batches(lambda: anyio.to_thread.run_sync(receive, house, lane.shop_id))
            case LaneKind.TICK:
                more = await batches(lambda: decide_and_deliver(house, lane.shop_id))
            case LaneKind.DELIVER:
                return await deliver(house, lane.shop_id)
            case LaneKind.MESSAGES:
                return await send(house, lane.shop_id)
            case LaneKind.HISTORY:
                return house.reads_history and await backfill(house, lane.shop_id)
        if not more:  # What was decided here is carried out there.
            house.wake([Lane(LaneKind.DELIVER, lane.shop_id), Lane(LaneKind.MESSAGES, lane.shop_id)])
        return more

    return drain


def lanes_with_work(house: House) -> list[Lane]:
    """Every lane with open, due rows: a few reads from indexes for each shop."""
    now = house.clock()
    with house.database.read() as connection:
        return [
            Lane(kind, shop.shop_id)
            for kind in LaneKind
            for shop in shops.everyone(connection)
            if (kind is not LaneKind.HISTORY or house.reads_history) and _has_work(connection, kind, shop, now)
        ]


def _has_work(connection: Connection, kind: LaneKind, shop: Shop, now: datetime) -> bool:
    if kind is LaneKind.RECEIVE:  # Also of a shop that rests: its inbox may say that it is back.
        return inbox.any_due(connection, shop.shop_id, now)
    if not shop.active or shop.stopped:
        return False
    if kind is LaneKind.HISTORY:
        return not shop.rests(now) and is_due(connection, shop, now)
    if kind is LaneKind.DELIVER:
        return leases.any_due(connection, shop.shop_id, now)
    if kind is LaneKind.MESSAGES:
        return leases.any_message_due(connection, shop.shop_id, now)
    return customers.any_due(connection, shop.shop_id, now) or campaigns.any_inside(connection, shop.shop_id)


async def sweep(house: House) -> None:
    await anyio.to_thread.run_sync(park_lost, house)
    house.wake(await anyio.to_thread.run_sync(lanes_with_work, house))

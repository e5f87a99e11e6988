"""Which lanes there are, how each is drained, and the sweep that makes a lost wake-up harmless."""

from collections.abc import Awaitable, Callable

import anyio

from plugin.engine.port import Lane, LaneKind
from plugin.flow.deliver import deliver
from plugin.flow.house import House
from plugin.flow.receive import receive
from plugin.flow.tick import tick
from plugin.store import campaigns, customers, effects, inbox, shops


def drain_with(house: House) -> Callable[[Lane], Awaitable[bool]]:
    """What the engine calls for a lane; True when there may be more."""

    async def drain(lane: Lane) -> bool:
        match lane.kind:
            case LaneKind.RECEIVE:
                more = await anyio.to_thread.run_sync(receive, house, lane.shop_id)
            case LaneKind.TICK:
                more = await anyio.to_thread.run_sync(tick, house, lane.shop_id)
            case LaneKind.DELIVER:
                return await deliver(house, lane.shop_id)
        if not more:  # What was decided here is carried out there.
            house.wake([Lane(LaneKind.DELIVER, lane.shop_id)])
        return more

    return drain


def lanes_with_work(house: House) -> list[Lane]:
    """Every lane with open, due rows of an active shop, from indexes alone."""
    now = house.clock()
    with house.database.read() as connection:
        active = {shop.shop_id for shop in shops.active(connection)}
        found = {
            LaneKind.RECEIVE: set(inbox.shops_with_due(connection, now)),
            LaneKind.TICK: {*customers.shops_with_due(connection, now), *campaigns.shops_with_inside(connection)},
            LaneKind.DELIVER: set(effects.shops_with_due(connection, now)),
        }
    lanes = [Lane(kind, shop_id) for kind, ids in found.items() for shop_id in sorted(ids)]
    # The inbox is read for a shop that rests, too: it may say that the shop is back.
    return [lane for lane in lanes if lane.shop_id in active or lane.kind is LaneKind.RECEIVE]


async def sweep(house: House) -> None:
    house.wake(await anyio.to_thread.run_sync(lanes_with_work, house))

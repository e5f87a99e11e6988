"""What shoppers' questions are answered from: one indexed read, and the rest as it was seconds ago."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import anyio

from plugin.domain.channels import Channel
from plugin.flow.house import House
from plugin.flow.thresholds import Rules, rules_of
from plugin.store import channels, customers, shops
from plugin.store.customers import Customer
from plugin.store.shops import Shop

#: How long what was read of a shop is believed. A change of rules is known everywhere after so long.
SECONDS = 3.0
#: Names that are looked up in vain are kept too; so many in all, then it begins anew.
MOST_SHOPS = 10_000
#: Threads that shoppers' questions may hold at once, so that a slow database does not take all others.
THREADS = 8

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Front:
    """A shop that is active, as far as shoppers' questions need it."""

    shop: Shop
    rules: Rules
    channels: Mapping[str, Channel]

    @property
    def offers(self) -> bool:
        """The switch that stops everything stops what is promised, too."""
        return not self.shop.stopped


class Fronts:
    """All shops' fronts, in memory."""

    def __init__(self, house: House, clock: Callable[[], float] = time.monotonic) -> None:
        self._house = house
        self._clock = clock
        self._read: dict[str, tuple[float, asyncio.Task[Front | None]]] = {}
        self._threads = anyio.CapacityLimiter(THREADS)

    async def named(self, api_url: str) -> Front | None:
        """The shop at this API URL; None where none is active. Raises `TryLater` when the database is gone."""
        now = self._clock()
        known = self._read.get(api_url)
        if known is None or known[0] <= now or _failed(known[1]):
            if len(self._read) >= MOST_SHOPS:
                self._read.clear()
            known = (now + SECONDS, asyncio.create_task(self._thread(lambda: _front(self._house, api_url))))
            self._read[api_url] = known
        reading = known[1]
        return reading.result() if reading.done() else await asyncio.shield(reading)

    async def customer(self, front: Front, user_id: str) -> Customer | None:
        return await self._thread(lambda: _glance(self._house, front.shop.shop_id, user_id))

    async def _thread(self, work: Callable[[], T]) -> T:
        """Who waits may stop waiting; the thread ends by itself."""
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._threads)


def _failed(reading: asyncio.Task[Front | None]) -> bool:
    return reading.done() and (reading.cancelled() or reading.exception() is not None)


def _front(house: House, api_url: str) -> Front | None:
    with house.database.read() as connection:
        shop = shops.find(connection, api_url)
        if shop is None or not shop.active:
            return None
        found = {channel.slug: channel for channel in channels.of_shop(connection, shop.shop_id) if channel.active}
        return Front(shop, rules_of(connection, shop.shop_id), found)


def _glance(house: House, shop_id: int, user_id: str) -> Customer | None:
    with house.database.read() as connection:
        return customers.glance(connection, shop_id, user_id)

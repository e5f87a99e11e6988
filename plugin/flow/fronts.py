"""What shoppers' questions are answered from: one indexed read, and the rest as it was seconds ago."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

import anyio

from plugin.domain.campaigns import Campaign
from plugin.domain.channels import Channel
from plugin.domain.conditions import Person
from plugin.domain.customer import CustomerState, History
from plugin.domain.stages import Turns
from plugin.domain.today import Today
from plugin.errors import TryLater
from plugin.flow.house import House
from plugin.flow.thresholds import Rules, rules_of
from plugin.store import campaigns, channels, customers, front_events, segments, shops, stock, storefront_keys
from plugin.store.customers import Customer
from plugin.store.front_events import Seen
from plugin.store.shops import Shop

#: How long what was read of a shop is believed. A change of rules is known everywhere after so long.
SECONDS = 3.0
#: Names that are looked up in vain are kept too; so many in all, then it begins anew.
MOST_SHOPS = 10_000
#: Threads that shoppers' questions may hold at once, so that a slow database does not take all others.
THREADS = 8

#: Days of what a shopper saw that content goes by: the longest that a banner can be counted over.
LOOKED_BACK = 365
#: Questions that one read answers, and how long it may take before they are given up and others get their turn.
MOST_AT_ONCE = 100
ROUND_SECONDS = 1.0

T = TypeVar("T")
#: A shop, and a user of its Saleor.
Asked = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Front:
    """A shop that is active, as far as shoppers' questions need it."""

    shop: Shop
    rules: Rules
    channels: Mapping[str, Channel]
    #: Campaigns that show something in a place.
    content: Sequence[Campaign] = ()
    #: Digests of the keys that the storefront's server may ask with.
    server_keys: frozenset[bytes] = frozenset()
    #: What content goes by besides the shopper; None for the clock alone.
    today: Today | None = None

    @property
    def offers(self) -> bool:
        """The switch that stops everything stops what is promised, too."""
        return not self.shop.stopped


@dataclass(frozen=True, slots=True)
class Shopper:
    """One who asks, as far as content needs it."""

    #: None for whoever is not known.
    customer: Customer | None
    person: Person
    seen: Sequence[Seen] = ()


class Fronts:
    """All shops' fronts, in memory."""

    def __init__(self, house: House, clock: Callable[[], float] = time.monotonic) -> None:
        self._house = house
        self._clock = clock
        self._read: dict[str, tuple[float, asyncio.Task[Front | None]]] = {}
        self._threads = anyio.CapacityLimiter(THREADS)
        self._asked: list[tuple[Asked, asyncio.Future[Customer | None]]] = []
        self._looking: asyncio.Task[None] | None = None
        # Half of what a hop through anyio's threads costs; more than one, for a read that hangs.
        self._readers = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="fronts")

    async def named(self, api_url: str) -> Front | None:
        """The shop at this API URL; None where none is active. Raises `TryLater` when the database is gone."""
        if not api_url.isprintable():  # Neither database could look for it.
            return None
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
        """As of now. Questions that come in while one read is under way share the next. Raises `TryLater`."""
        found: asyncio.Future[Customer | None] = asyncio.get_running_loop().create_future()
        self._asked.append(((front.shop.shop_id, user_id), found))
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())
        return await found

    async def _look(self) -> None:
        loop = asyncio.get_running_loop()
        while self._asked:
            round_, self._asked = self._asked[:MOST_AT_ONCE], self._asked[MOST_AT_ONCE:]
            asked = {one for one, found in round_ if not found.done()}
            try:
                async with asyncio.timeout(ROUND_SECONDS):
                    seen = await loop.run_in_executor(self._readers, _glance, self._house, asked)
            except TimeoutError:
                _fail(round_, TryLater("The database did not answer in time."))
            except Exception as error:  # noqa: BLE001 -- it is theirs who asked
                _fail(round_, error)
            else:
                for one, found in round_:
                    if not found.done():
                        found.set_result(seen.get(one))

    async def shopper(self, front: Front, user_id: str | None) -> Shopper:
        """Who is asked about, with all that the content's audiences look at; nobody in particular where none is known."""
        if user_id is None:
            return nobody(front)
        return await self._thread(lambda: _shopper(self._house, front, user_id))

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
        shown = [
            one for one in campaigns.of_shop(connection, shop.shop_id, house.tactics) if one.on and one.tactic.content
        ]
        keys = storefront_keys.digests(connection, shop.shop_id)
        today = stock.today(connection, shop.shop_id, house.clock(), shop.zone)
        return Front(shop, rules_of(connection, shop.shop_id), found, tuple(shown), keys, today)


def _fail(round_: Sequence[tuple[Asked, asyncio.Future[Customer | None]]], error: Exception) -> None:
    for _, found in round_:
        if not found.done():  # who asked may have stopped waiting
            found.set_exception(error)


def _glance(house: House, asked: Collection[Asked]) -> dict[Asked, Customer]:
    with house.database.look() as connection:
        return {
            (shop_id, user_id): customer
            for shop_id in {shop_id for shop_id, _ in asked}
            for user_id, customer in customers.glance_all(
                connection, shop_id, [user_id for one, user_id in asked if one == shop_id]
            ).items()
        }


def nobody(front: Front) -> Shopper:
    """Whoever is not signed in, as audiences see them: a guest who has bought nothing."""
    unknown = CustomerState(0, None, "", None, confirmed=False, history=History())
    return Shopper(None, Person(unknown, Turns(), front.shop.limits))


def _shopper(house: House, front: Front, user_id: str) -> Shopper:
    shop, now = front.shop, house.clock()
    with house.database.read() as connection:
        customer = customers.glance(connection, shop.shop_id, user_id)
        if customer is None:
            return nobody(front)
        audiences = [condition for one in front.content for condition in (one.audience, one.exclude)]
        persons = segments.persons_of(connection, shop.shop_id, [customer], shop.limits, *audiences)
        since = now - timedelta(days=LOOKED_BACK)
        seen = front_events.seen(connection, shop.shop_id, customer.customer_id, since) if front.content else []
        return Shopper(customer, persons[customer.customer_id], seen)

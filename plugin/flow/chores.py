"""What is done now and then, for every shop, once for all machines."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import anyio
import structlog

from plugin.errors import RetentionError, TokenRefused
from plugin.flow.budget import expire
from plugin.flow.daily_report import keep_when_due
from plugin.flow.defaults import announcements_are_old, refresh_channels
from plugin.flow.fit import fit_apart
from plugin.flow.fit_needs import fit_needs_apart
from plugin.flow.gift_stock import keep_gifts
from plugin.flow.house import House, Keep
from plugin.flow.lanes import sweep
from plugin.flow.learn import LEARN_EVERY, learn
from plugin.flow.message_links import LIFE
from plugin.flow.schedule import end_what_is_over
from plugin.flow.thresholds import rules_of
from plugin.flow.trouble import tell
from plugin.store import backfills, baskets, channels, decisions, effects, front_events, inbox, messages, shops
from plugin.store.backfills import Kind, Status
from plugin.store.shops import Shop, ShopStatus

log = structlog.get_logger(__name__)

#: Rows of one transaction when old ones are removed.
PRUNE = 1_000
SHUT = frozenset({ShopStatus.DEACTIVATED, ShopStatus.REFUSED})
CHANNELS_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Chore:
    name: str
    period: timedelta
    job: Callable[[], Awaitable[None]]


def chores(house: House, keep: Keep) -> Sequence[Chore]:
    resting: dict[int, datetime] = {}

    async def erase() -> None:
        await anyio.to_thread.run_sync(erase_left_shops, house)

    async def report(house: House, shop: Shop) -> None:
        await anyio.to_thread.run_sync(keep_when_due, house, shop, resting)

    async def old() -> None:
        await anyio.to_thread.run_sync(prune, house, keep)

    return (
        Chore("sweep", timedelta(seconds=5), lambda: sweep(house)),
        Chore("channels", timedelta(seconds=30), lambda: _each(house, _channels)),
        Chore("trouble", timedelta(minutes=1), lambda: _each(house, tell)),
        Chore("knock", timedelta(minutes=10), lambda: knock(house)),
        Chore("learn", timedelta(seconds=30), lambda: _each(house, _learn)),
        Chore("gifts", timedelta(seconds=30), lambda: _each(house, keep_gifts)),
        Chore("schedule", timedelta(seconds=30), lambda: _each(house, _schedule)),
        Chore("report", timedelta(seconds=30), lambda: _each(house, report)),
        Chore("codes", timedelta(minutes=10), lambda: _each(house, _expire)),
        Chore("erase", timedelta(hours=1), erase),
        Chore("prune", timedelta(hours=1), old),
    )


async def _each(house: House, job: Callable[[House, Shop], Awaitable[None]]) -> None:
    """One shop's trouble is its own: the others get their turn."""
    for shop in await anyio.to_thread.run_sync(_active, house):
        try:
            await job(house, shop)
        except TokenRefused as error:
            await anyio.to_thread.run_sync(_refused, house, shop)
            log.warning("token_refused", shop=shop.api_url, error=str(error))
        except RetentionError as error:
            log.warning("chore_failed", shop=shop.api_url, error=str(error))
        except Exception:
            log.exception("chore_broke", shop=shop.api_url)


async def knock(house: House) -> None:
    """Shops that were switched off, or did not take our token: one that takes it again is back, whatever
    became of the event that should have said so.
    """
    for shop in await anyio.to_thread.run_sync(_shut, house):
        try:
            await house.connect(shop).call("WhoAmI")
        except RetentionError:
            continue
        await anyio.to_thread.run_sync(_reopened, house, shop)
        log.info("shop_is_back", shop=shop.api_url)


def _shut(house: House) -> list[Shop]:
    with house.database.read() as connection:
        return [shop for shop in shops.everyone(connection) if shop.status in SHUT]


def _reopened(house: House, shop: Shop) -> None:
    with house.database.write() as connection:
        if shops.get(connection, shop.shop_id).status in SHUT:  # it may have been uninstalled meanwhile
            shops.set_status(connection, shop.shop_id, ShopStatus.ACTIVE, house.clock())


def _active(house: House) -> list[Shop]:
    with house.database.read() as connection:
        return shops.active(connection)


def _refused(house: House, shop: Shop) -> None:
    with house.database.write() as connection:
        shops.set_status(connection, shop.shop_id, ShopStatus.REFUSED, house.clock())


async def _channels(house: House, shop: Shop) -> None:
    if await anyio.to_thread.run_sync(_channels_are_old, house, shop.shop_id):
        await refresh_channels(house, shop.shop_id)


def _channels_are_old(house: House, shop_id: int) -> bool:
    """Also when a free-shipping campaign's schedule has begun since: its default is due on the pages."""
    now = house.clock()
    with house.database.read() as connection:
        read_at = channels.last_read(connection, shop_id)
        if read_at is None or now - read_at > CHANNELS_EVERY:
            return True
        begins_at = rules_of(connection, shop_id).next_change(read_at)
    return (begins_at is not None and begins_at <= now) or announcements_are_old(house, shop_id)


async def _schedule(house: House, shop: Shop) -> None:
    for name in await anyio.to_thread.run_sync(end_what_is_over, house, shop):
        log.info("campaign_is_over", shop=shop.api_url, campaign=name)


async def _learn(house: House, shop: Shop) -> None:
    older_than = await anyio.to_thread.run_sync(_learnt_before, house, shop)
    if older_than is not None:
        await anyio.to_thread.run_sync(
            partial(learn, house, shop.shop_id, older_than, fit=fit_apart, fit_needs=fit_needs_apart)
        )


def _learnt_before(house: House, shop: Shop) -> timedelta | None:
    """How old must be what was learnt; None while the shop's past is still coming in."""
    with house.database.read() as connection:
        past = backfills.of_shop(connection, shop.shop_id).get(Kind.ORDERS)
    if past is None:
        return None if house.reads_history and shop.rhythm_at is None else LEARN_EVERY
    if past.status is Status.RUNNING:
        return None
    came_in = past.finished_at is not None and shop.rhythm_at is not None and shop.rhythm_at < past.finished_at
    return timedelta(0) if came_in else LEARN_EVERY


async def _expire(house: House, shop: Shop) -> None:
    while await anyio.to_thread.run_sync(expire, house, shop.shop_id):
        pass


def erase_left_shops(house: House) -> None:
    """Shops whose grace period is over, with everything that was known of them."""
    with house.database.write() as connection:
        for shop in shops.due_for_erasure(connection, house.clock()):
            shops.delete(connection, shop.shop_id)
            log.info("shop_erased", shop=shop.api_url)


def prune(house: House, keep: Keep) -> int:
    """How many rows went."""
    now = house.clock()
    removed = 0
    old = (
        (inbox.prune, keep.inbox),
        (decisions.prune, keep.decisions),
        (effects.prune, keep.effects),
        (front_events.prune, keep.front_events),
        (messages.prune, LIFE),
        (baskets.prune, baskets.LIFE),
    )
    for forget, age in old:
        went = PRUNE
        while went == PRUNE:
            with house.database.write() as connection:
                went = forget(connection, now - age, PRUNE)
            removed += went
    return removed

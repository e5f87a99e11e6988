"""What is done now and then, for every shop, once for all machines."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import anyio
import structlog

from plugin.errors import RetentionError, TokenRefused
from plugin.flow.defaults import refresh_channels
from plugin.flow.house import House
from plugin.flow.lanes import sweep
from plugin.flow.tick import learn
from plugin.flow.trouble import tell
from plugin.store import channels, decisions, effects, inbox, shops
from plugin.store.shops import Shop, ShopStatus

log = structlog.get_logger(__name__)

#: Rows of one transaction when old ones are removed.
PRUNE = 1_000
CHANNELS_EVERY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Keep:
    """How long ended rows stay."""

    inbox: timedelta
    decisions: timedelta
    effects: timedelta


@dataclass(frozen=True, slots=True)
class Chore:
    name: str
    period: timedelta
    job: Callable[[], Awaitable[None]]


def chores(house: House, keep: Keep) -> Sequence[Chore]:
    async def erase() -> None:
        await anyio.to_thread.run_sync(erase_left_shops, house)

    async def old() -> None:
        await anyio.to_thread.run_sync(prune, house, keep)

    return (
        Chore("sweep", timedelta(seconds=5), lambda: sweep(house)),
        Chore("channels", timedelta(seconds=30), lambda: _each(house, _channels)),
        Chore("trouble", timedelta(minutes=1), lambda: _each(house, tell)),
        Chore("learn", timedelta(minutes=10), lambda: _each(house, _learn)),
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
    with house.database.read() as connection:
        read_at = channels.last_read(connection, shop_id)
    return read_at is None or house.clock() - read_at > CHANNELS_EVERY


async def _learn(house: House, shop: Shop) -> None:
    await anyio.to_thread.run_sync(learn, house, shop.shop_id)


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
    for forget, age in ((inbox.prune, keep.inbox), (decisions.prune, keep.decisions), (effects.prune, keep.effects)):
        went = PRUNE
        while went == PRUNE:
            with house.database.write() as connection:
                went = forget(connection, now - age, PRUNE)
            removed += went
    return removed

"""The shop's channels, read again, and the free-shipping default for everyone on the pages that storefronts read."""

import json
from collections.abc import Sequence
from decimal import Decimal

import anyio
import structlog

from plugin.domain.channels import Channel
from plugin.errors import GiveUp, Rejected, TokenRefused
from plugin.flow.house import House
from plugin.flow.thresholds import KEY
from plugin.saleor.channels import read_channels
from plugin.saleor.client import Saleor
from plugin.saleor.content import Made, Written, page_slug, withdraw_default, write_default
from plugin.store import campaigns, channels, pages, shops
from plugin.store.pages import WrittenPage
from plugin.store.shops import Shop

log = structlog.get_logger(__name__)


async def refresh_channels(house: House, shop_id: int) -> Sequence[str]:
    """Reads the channels, writes the defaults and keeps both; harmless to run again and again.

    Returns a sentence for each default that was left as it is: the merchant's own page, say. The
    channels are kept last, so that what Saleor could not do now (`TryLater`) is soon tried again.
    """
    shop, on, written = await anyio.to_thread.run_sync(_known, house, shop_id)
    saleor = house.connect(shop)
    seen = await read_channels(saleor)
    left = []
    for channel in seen:
        try:
            await _default(house, shop_id, saleor, channel, written.get(page_slug(channel.slug)), on=on)
        except TokenRefused:
            raise
        except (Rejected, GiveUp) as error:
            left.append(str(error))
            log.info("default_left_alone", shop=shop.api_url, channel=channel.slug, reason=str(error))
    await anyio.to_thread.run_sync(_keep_channels, house, shop_id, seen)
    return left


async def _default(
    house: House, shop_id: int, saleor: Saleor, channel: Channel, written: Written | None, *, on: bool
) -> None:
    """A new default only while a campaign is on; one that we wrote is kept true as long as it is there."""
    if channel.active and channel.free_from is not None:
        if on or written is not None:
            now_written = await write_default(saleor, channel, channel.free_from, written)
            await anyio.to_thread.run_sync(_keep_page, house, shop_id, now_written)
    elif written is not None:  # No rate keeps it any more.
        await withdraw_default(saleor, written)
        await anyio.to_thread.run_sync(forget_default, house, shop_id, written)


def defaults_written(house: House, shop_id: int) -> list[Written]:
    """What of the shop's pages is ours."""
    with house.database.read() as connection:
        return [_read(page) for page in pages.of_shop(connection, shop_id)]


def forget_default(house: House, shop_id: int, written: Written) -> None:
    with house.database.write() as connection:
        pages.forget(connection, shop_id, written.slug, written.attribute)


def _known(house: House, shop_id: int) -> tuple[Shop, bool, dict[str, Written]]:
    with house.database.read() as connection:
        shop = shops.get(connection, shop_id)
        found = campaigns.of_shop(connection, shop_id, house.tactics)
        written = [_read(page) for page in pages.of_shop(connection, shop_id)]
    on = any(campaign.on and campaign.tactic.key == KEY for campaign in found)
    return shop, on, {page.slug: page for page in written}


def _keep_channels(house: House, shop_id: int, seen: Sequence[Channel]) -> None:
    with house.database.write() as connection:
        channels.save(connection, shop_id, seen, house.clock())


def _keep_page(house: House, shop_id: int, written: Written) -> None:
    said = json.dumps({"value": str(written.value), "made": written.made.value})
    page = WrittenPage(written.slug, written.attribute, written.page_id, said)
    with house.database.write() as connection:
        pages.save(connection, shop_id, page, house.clock())


def _read(page: WrittenPage) -> Written:
    said = json.loads(page.written)
    return Written(page.slug, page.attribute, page.page_id, Decimal(said["value"]), Made(said["made"]))

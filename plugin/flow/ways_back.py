"""The link in a message that leads back to a basket.

Its token names the message alone: who has the link comes to the basket in the storefront, and learns nothing from us.
"""

import asyncio
from dataclasses import dataclass
from urllib.parse import quote

import anyio

from plugin.domain.baskets import CHECKOUT, VARIANTS, WayBack
from plugin.errors import NotVerified, RetentionError
from plugin.flow.compose import link_to, with_offer
from plugin.flow.house import House
from plugin.flow.message_links import WRONG
from plugin.flow.offer_links import sign_offer
from plugin.saleor.checkouts import is_there
from plugin.store import baskets, codes, shops
from plugin.store.codes import CodeKind, CodeStatus
from plugin.store.shops import Shop

#: Whoever follows the link waits for Saleor no longer, and comes to the checkout whether it is there or not.
SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class _Found:
    shop: Shop
    way: WayBack
    #: It has become an order, as far as we were told.
    bought: bool
    #: The decision whose code the message told of.
    code_of: int | None


async def address_behind(house: House, ref: str) -> str:
    """Of the storefront. Raises `NotVerified` where the message is not there any more, or leads to no basket."""
    found = await anyio.to_thread.run_sync(_find, house, ref)
    if found.bought:
        return _whole(house, found, None)
    there = await _is_there(house, found)
    return _whole(house, found, to_checkout(found.way) if there else to_start(found.way))


def _find(house: House, ref: str) -> _Found:
    now = house.clock()
    with house.database.read() as connection:
        message = baskets.message_of(connection, ref)
        if message is None or message.way is None:
            raise NotVerified(WRONG)
        code = codes.of_decision(connection, message.shop_id, message.decision_id or 0)
        holds = code is not None and code.kind is CodeKind.VOUCHER and code.status is CodeStatus.ISSUED
        return _Found(
            shops.get(connection, message.shop_id),
            message.way,
            baskets.is_bought(connection, message.shop_id, message.way.checkout_id),
            code.decision_id if code is not None and holds and code.expires_at > now else None,
        )


def to_checkout(way: WayBack) -> str:
    return way.there.replace(CHECKOUT, quote(way.checkout_id, safe=""))


def to_start(way: WayBack) -> str:
    return way.gone.replace(VARIANTS, quote(",".join(way.variants), safe=":,"))


async def _is_there(house: House, found: _Found) -> bool:
    try:
        async with asyncio.timeout(SECONDS):
            return await is_there(house.connect(found.shop), found.way.checkout_id)
    except (RetentionError, TimeoutError):
        return True  # the storefront will know


def _whole(house: House, found: _Found, link: str | None) -> str:
    address = link_to(found.shop, link)
    if not address:  # the shop has taken its storefront's address back
        raise NotVerified(WRONG)
    if found.code_of is None:
        return address
    return with_offer(address, sign_offer(house.keyring, found.shop.shop_id, found.code_of))

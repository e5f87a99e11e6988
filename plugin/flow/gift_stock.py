"""Gifts in stock: asked of Saleor before a campaign begins, when Saleor says that something changed, and every hour.

What everybody is offered follows: a promotion whose gift has run out, or whose month is over, is taken down.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import anyio
import structlog
from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign
from plugin.domain.offers import OfferKind
from plugin.engine.port import Lane, LaneKind
from plugin.flow import asks
from plugin.flow.budget import price_of
from plugin.flow.house import House
from plugin.flow.scene import Scene, set_scene
from plugin.saleor.stock import in_stock
from plugin.store import campaigns, shops, stock
from plugin.store.shops import Shop

log = structlog.get_logger(__name__)

#: A webhook may be lost, and a change that needs none may come.
LOOK_EVERY = timedelta(hours=1)
_GIFTS = frozenset({OfferKind.PERSONAL_GIFT, OfferKind.PUBLIC_GIFT})


def gifts_of(campaign: Campaign) -> frozenset[str]:
    """Products that it gives away, as they are named."""
    offers = campaign.tactic.offers(campaign.params)
    return frozenset(product for offer in offers if offer.kind in _GIFTS for product in offer.products)


async def look_before(house: House, shop_id: int, name: str) -> None:
    """Before a campaign is switched on: whether there is something to give. Raises `TryLater`."""
    shop, products = await anyio.to_thread.run_sync(_named, house, shop_id, name)
    await _look(house, shop, products)


async def keep_gifts(house: House, shop: Shop) -> None:
    """What is due is looked at, and what is public follows."""
    await _look(house, shop, await anyio.to_thread.run_sync(_due, house, shop))
    await anyio.to_thread.run_sync(follow_public, house, shop.shop_id)


async def _look(house: House, shop: Shop, products: Collection[str]) -> None:
    if not products:
        return
    found = await in_stock(house.connect(shop), sorted(products))
    await anyio.to_thread.run_sync(_keep, house, shop, found)


def _keep(house: House, shop: Shop, found: dict[str, bool]) -> None:
    with house.database.write() as connection:
        before = stock.out_of(connection, shop.shop_id)
        stock.keep(connection, shop.shop_id, found, house.clock() + LOOK_EVERY)
    for product, there in found.items():
        if there is (product in before):
            log.info("gift_in_stock" if there else "gift_out_of_stock", shop=shop.api_url, product=product)


def _named(house: House, shop_id: int, name: str) -> tuple[Shop, frozenset[str]]:
    with house.database.read() as connection:
        campaign = campaigns.glance(connection, shop_id, name, house.tactics)
        return shops.get(connection, shop_id), gifts_of(campaign)


def _due(house: House, shop: Shop) -> Collection[str]:
    with house.database.read() as connection:
        products = _given_away(connection, house, shop.shop_id)
        return stock.to_look_at(connection, shop.shop_id, products, house.clock()) if products else ()


def _given_away(connection: Connection, house: House, shop_id: int) -> set[str]:
    found = campaigns.of_shop(connection, shop_id, house.tactics)
    return {product for campaign in found if campaign.on for product in gifts_of(campaign)}


def follow_public(house: House, shop_id: int) -> None:
    """Asks for the promotions that the day, the stock or a budget has made others."""
    with house.database.read() as connection:
        scene = set_scene(connection, house, shops.get(connection, shop_id), house.clock())
        if not asks.to_follow(connection, scene) and _spent(connection, scene) == scene.spent:
            return
    with house.database.write() as connection:
        scene = set_scene(connection, house, shops.hold(connection, shop_id), house.clock())
        spent = _spent(connection, scene)
        for campaign_id in spent ^ scene.spent:
            stock.spend(connection, shop_id, campaign_id, spent=campaign_id in spent)
        scene = replace(scene, spent=spent)
        for campaign in asks.to_follow(connection, scene):
            asks.follow_campaign(connection, shop_id, campaign, scene.calendar)
    house.wake([Lane(LaneKind.DELIVER, shop_id)])


def _spent(connection: Connection, scene: Scene) -> frozenset[int]:
    """Campaigns that everybody is given something by, and whose budget does not pay for one more."""
    public = [one for one in scene.campaigns if one.on and one.tactic.public is not None and one.budgets.any]
    return frozenset(one.campaign_id for one in public if not _can_pay(connection, scene, one))


def _can_pay(connection: Connection, scene: Scene, campaign: Campaign) -> bool:
    """By what orders tell; what is in baskets now may come on top."""
    made_at = stock.made_at(connection, campaign.campaign_id) or scene.now
    bounds = ((campaign.budgets.total, made_at), (campaign.budgets.day, max(made_at, scene.midnight())))
    return all(_is_within(connection, scene, campaign, most, since) for most, since in bounds if most)


def _is_within(
    connection: Connection, scene: Scene, campaign: Campaign, most: Mapping[str, Decimal], since: datetime
) -> bool:
    spent = Decimal(0)
    currency, dearest = "", Decimal(0)
    for offer in {one.products: one for one in campaign.tactic.offers(campaign.params)}.values():
        currency = offer.currency or ""
        price = price_of(connection, scene, currency, offer)
        if price is None:
            continue  # nobody has bought or been given one lately
        pieces = stock.given_to_everybody(connection, scene.shop_id, currency, offer.products, since)
        spent, dearest = spent + pieces * price, max(dearest, price)
    return spent + dearest <= most.get(currency, Decimal(0))

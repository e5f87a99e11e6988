"""What a campaign names of the shop's catalogue, looked up before anybody is promised it."""

import anyio

from plugin.domain.campaigns import Campaign
from plugin.errors import GiveUp, Rejected, TokenRefused
from plugin.flow.house import House
from plugin.saleor.scope import collection_ids, product_ids
from plugin.store import campaigns, shops
from plugin.store.shops import Shop


async def refuse_missing(house: House, shop_id: int, name: str) -> None:
    """Asks Saleor only where the campaign names products or collections by slug. Raises `Rejected`."""
    shop, campaign = await anyio.to_thread.run_sync(_read, house, shop_id, name)
    saleor = house.connect(shop)
    try:
        for offer in campaign.tactic.offers(campaign.params):
            await product_ids(saleor, offer.products)
            await collection_ids(saleor, offer.collections)
    except TokenRefused:
        raise
    except GiveUp as error:
        raise Rejected(str(error)) from None


def _read(house: House, shop_id: int, name: str) -> tuple[Shop, Campaign]:
    with house.database.read() as connection:
        return shops.get(connection, shop_id), campaigns.glance(connection, shop_id, name, house.tactics)

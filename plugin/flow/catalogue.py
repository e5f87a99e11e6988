"""What a campaign names of the shop's catalogue, looked up before anybody is promised it."""

from collections.abc import Sequence
from typing import Any

import anyio

from plugin.domain.campaigns import Campaign
from plugin.domain.tactic import Named, Tactic
from plugin.errors import GiveUp, Rejected, TokenRefused, sentence_of
from plugin.flow.house import House
from plugin.saleor.scope import collection_ids, product_ids
from plugin.store import campaigns, shops
from plugin.store.shops import Shop


async def refuse_missing(house: House, shop_id: int, name: str) -> None:
    """All that the campaign gives or leaves out. Raises `Rejected`."""
    campaign = await anyio.to_thread.run_sync(_campaign, house, shop_id, name)
    await refuse_unknown(house, shop_id, named_by(campaign.tactic, campaign.params))


def named_by(tactic: Tactic[Any], params: Any) -> list[Named]:
    offered = [Named(tuple(offer.products), tuple(offer.collections)) for offer in tactic.offers(params)]
    return [*offered, *tactic.names(params)]


async def refuse_unknown(house: House, shop_id: int, named: Sequence[Named]) -> None:
    """Asks Saleor only where products or collections are named by slug. Raises `Rejected`."""
    if not any(one.products or one.collections for one in named):
        return
    saleor = house.connect(await anyio.to_thread.run_sync(_shop, house, shop_id))
    try:
        for one in named:
            await product_ids(saleor, one.products)
            await collection_ids(saleor, one.collections)
    except TokenRefused:
        raise
    except GiveUp as error:
        raise Rejected(sentence_of(error)) from None


def _campaign(house: House, shop_id: int, name: str) -> Campaign:
    with house.database.read() as connection:
        return campaigns.glance(connection, shop_id, name, house.tactics)


def _shop(house: House, shop_id: int) -> Shop:
    with house.database.read() as connection:
        return shops.get(connection, shop_id)

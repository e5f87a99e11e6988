"""A customer whom the merchant was asked to forget: banners are taken out of Saleor, then everything here goes."""

from collections.abc import Iterable

import anyio

from plugin.domain.effects import Slot
from plugin.domain.phrases import phrase
from plugin.engine.port import Lane, LaneKind
from plugin.errors import Gone, NotFound
from plugin.flow.calls import METADATA_KEY
from plugin.flow.erase import Eraser
from plugin.flow.house import House
from plugin.flow.scene import set_scene
from plugin.saleor.client import Saleor
from plugin.saleor.customers import put_customer_metadata
from plugin.store import customers, shops
from plugin.store.customers import Customer
from plugin.store.shops import Shop

#: Of somebody who was there a moment ago.
NOT_HERE = phrase("This customer is not here any more: erased, or united with their account. Search for them again.")


async def forget(house: House, shop_id: int, customer_id: int) -> None:
    """Raises `NotFound`, and `TryLater` where Saleor does not answer: then nobody has been erased."""
    shop, customer = await anyio.to_thread.run_sync(_known, house, shop_id, customer_id)
    if customer.state.user_id is not None and customer.shown:
        await _take_banners_away(house.connect(shop), customer.state.user_id, customer.shown)
    await anyio.to_thread.run_sync(_erase, house, shop_id, customer_id)
    house.wake([Lane(LaneKind.DELIVER, shop_id)])


def _known(house: House, shop_id: int, customer_id: int) -> tuple[Shop, Customer]:
    with house.database.read() as connection:
        customer = customers.by_id(connection, shop_id, customer_id)
        if customer is None:
            raise NotFound(NOT_HERE)
        return shops.get(connection, shop_id), customer


async def _take_banners_away(saleor: Saleor, user_id: str, slots: Iterable[Slot]) -> None:
    for slot in slots:
        try:
            await put_customer_metadata(saleor, user_id, METADATA_KEY.format(slot=slot.value), None)
        except Gone:
            return


def _erase(house: House, shop_id: int, customer_id: int) -> None:
    now = house.clock()
    with house.database.write() as connection:
        shop = shops.hold(connection, shop_id)
        customer = customers.lock(connection, shop_id, customer_id)
        if customer is None:
            raise NotFound(NOT_HERE)
        scene = set_scene(connection, house, shop, now)
        Eraser(scene.pepper, house.grace, anybody=True).by_hand(connection, scene, customer)

"""Leaving a shop cleanly: codes, banners and pages of ours are taken away first; then nothing more is done there."""

from collections.abc import Callable

import anyio

from plugin.domain.effects import Slot
from plugin.errors import Gone
from plugin.flow.calls import METADATA_KEY, promotion_name
from plugin.flow.house import House
from plugin.flow.pages import forget_pages, models_made, pages_written
from plugin.saleor.client import Saleor
from plugin.saleor.content import withdraw_model, withdraw_page
from plugin.saleor.customers import put_customer_metadata
from plugin.saleor.gift_cards import deactivate_gift_card
from plugin.saleor.problems import dismiss_problem
from plugin.saleor.promotions import remove_promotions
from plugin.saleor.vouchers import remove_voucher
from plugin.store import campaigns, codes, customers, problems, shops
from plugin.store.codes import VoucherStatus
from plugin.store.shops import ShopStatus


async def disconnect(house: House, shop_id: int, progress: Callable[[str], None]) -> None:
    """Withdraw all that we wrote, then let the shop rest until it is installed again or erased.

    Cut short, it can be run again: what is gone already is no error.
    """
    with house.database.write() as connection:
        shop = shops.get(connection, shop_id)
        shops.set_stopped(connection, shop_id, True)
    saleor = house.connect(shop)
    await _vouchers(house, shop_id, saleor, progress)
    await _gift_cards(house, shop_id, saleor, progress)
    await _promotions(house, shop_id, saleor, progress)
    await _banners(house, shop_id, saleor, progress)
    await _pages(house, shop_id, saleor, progress)
    for key in await anyio.to_thread.run_sync(_told, house, shop_id):
        await dismiss_problem(saleor, key)
    with house.database.write() as connection:
        shops.set_stopped(connection, shop_id, False)  # a reinstall takes up where it left off
        shops.set_status(
            connection, shop_id, ShopStatus.UNINSTALLED, house.clock(), erase_at=house.clock() + house.grace
        )


async def _vouchers(house: House, shop_id: int, saleor: Saleor, progress: Callable[[str], None]) -> None:
    with house.database.read() as connection:
        made = codes.vouchers_made(connection, shop_id)
    for voucher in made:
        progress(f"voucher {voucher.voucher_id}")
        await remove_voucher(saleor, voucher.voucher_id or "")
        with house.database.write() as connection:
            shops.hold(connection, shop_id)
            codes.save_voucher(connection, shop_id, voucher.row_id, VoucherStatus.WITHDRAWN)
            codes.give_up(connection, shop_id, codes.alive_in(connection, shop_id, voucher.row_id))


async def _gift_cards(house: House, shop_id: int, saleor: Saleor, progress: Callable[[str], None]) -> None:
    with house.database.read() as connection:
        issued = codes.gift_cards_issued(connection, shop_id)
    for card in issued:
        progress(f"gift card {card.code_id}")
        await deactivate_gift_card(saleor, card.code_id or "")
        with house.database.write() as connection:
            shops.hold(connection, shop_id)
            codes.give_up(connection, shop_id, [card])


async def _promotions(house: House, shop_id: int, saleor: Saleor, progress: Callable[[str], None]) -> None:
    with house.database.read() as connection:
        found = campaigns.of_shop(connection, shop_id, house.tactics)
    for campaign in found:
        if campaign.tactic.public is not None:
            progress(f"promotion of {campaign.name}")
            await remove_promotions(saleor, promotion_name(campaign))


async def _banners(house: House, shop_id: int, saleor: Saleor, progress: Callable[[str], None]) -> None:
    reached = 0
    while True:
        with house.database.read() as connection:
            batch = customers.with_banners(connection, shop_id, reached, 100)
        if not batch:
            return
        for reached, user_id, slots in batch:
            progress(f"customer {reached}")
            for slot in slots:
                try:
                    await put_customer_metadata(saleor, user_id, METADATA_KEY.format(slot=Slot(slot).value), None)
                except Gone:
                    break
            with house.database.write() as connection:
                customers.save_shown(connection, shop_id, {reached: {}})


async def _pages(house: House, shop_id: int, saleor: Saleor, progress: Callable[[str], None]) -> None:
    ours = await anyio.to_thread.run_sync(pages_written, house, shop_id)
    for written in ours:
        progress(f"page {written.slug}")
        await withdraw_page(saleor, written)
    for model in await anyio.to_thread.run_sync(models_made, house, shop_id):
        await withdraw_model(saleor, model)
    await anyio.to_thread.run_sync(forget_pages, house, shop_id)


def _told(house: House, shop_id: int) -> list[str]:
    with house.database.read() as connection:
        return list(problems.told(connection, shop_id))

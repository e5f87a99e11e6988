"""What a merchant must know of, raised in their Dashboard, and taken down when it is over."""

import anyio

from plugin.flow.house import House
from plugin.saleor.problems import dismiss_problem, raise_problem
from plugin.store import effects, inbox, messages, problems
from plugin.store.shops import Shop


def wanted(house: House, shop_id: int) -> dict[str, str]:
    """Key → message of what is wrong now."""
    with house.database.read() as connection:
        dead = effects.counts(connection, shop_id).get("dead", 0)
        parked = messages.parked(connection, shop_id)
        unread = len(inbox.dead_rows(connection, shop_id, 1000))
    found = {}
    if dead:
        found["dead-effects"] = (
            f"{dead} vouchers, codes, banners or messages could not be written. Look at `retention letters list`, mend the cause, "
            "then `retention letters retry`."
        )
    if parked:
        found["parked-messages"] = (
            f"{parked} messages may have been sent, and nobody knows. Look at `retention letters list` and at your mail "
            "server, then `retention letters resend` or `retention letters settle`."
        )
    if unread:
        found["dead-events"] = (
            f"{unread} webhooks could not be understood. Look at `retention letters list`; they are kept and can be retried."
        )
    return found


async def tell(house: House, shop: Shop) -> None:
    """Bring what the merchant sees in line with what is wrong. What fails is tried again the next time."""
    now_wrong = await anyio.to_thread.run_sync(wanted, house, shop.shop_id)
    told = await anyio.to_thread.run_sync(_told, house, shop.shop_id)
    saleor = house.connect(shop)
    for key, message in now_wrong.items():
        if key not in told:
            await raise_problem(saleor, key, message)
            await anyio.to_thread.run_sync(_save, house, shop.shop_id, key, message)
    for key in told.keys() - now_wrong.keys():
        await dismiss_problem(saleor, key)
        await anyio.to_thread.run_sync(_remove, house, shop.shop_id, key)


def _told(house: House, shop_id: int) -> dict[str, str]:
    with house.database.read() as connection:
        return problems.told(connection, shop_id)


def _save(house: House, shop_id: int, key: str, message: str) -> None:
    with house.database.write() as connection:
        problems.save(connection, shop_id, key, message, house.clock())


def _remove(house: House, shop_id: int, key: str) -> None:
    with house.database.write() as connection:
        problems.remove(connection, shop_id, key)

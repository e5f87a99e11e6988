"""How many customers are in each stage: counted beside the pages that show it, once for all who look meanwhile."""

from datetime import timedelta

import anyio

from admin_ui.beside import Working, beside
from admin_ui.visit import Visit
from plugin.flow.house import House
from plugin.store import overview
from plugin.store.overview import Stages

#: How far ahead is looked for customers about to be at risk.
SOON = timedelta(days=7)


async def stages_of(house: House, visit: Visit) -> Stages | None:
    """None while they are counted: the page asks again."""
    shop_id, now = visit.shop.shop_id, visit.now

    def count() -> Stages:
        with house.database.read() as connection:
            return overview.stages(connection, shop_id, now, now + SOON)

    found = await beside(("stages", id(house.database), shop_id), lambda: anyio.to_thread.run_sync(count))
    return None if isinstance(found, Working) else found

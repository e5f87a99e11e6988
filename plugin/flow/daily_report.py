"""Every shop's report whenever it has learnt, which is once a day: for pages that cannot wait.

In a process of its own: a large shop's orders would hold a server's interpreter for a minute and more.
"""

import json
import sys
from collections.abc import Callable, MutableMapping
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from plugin.flow.apart import run_apart
from plugin.flow.house import House
from plugin.flow.report import VERSION, keep
from plugin.store import backfills, reports, shops
from plugin.store.backfills import Kind
from plugin.store.database import PATIENT_SECONDS, Database
from plugin.store.shops import Shop

log = structlog.get_logger(__name__)

#: A report follows the day's learning. One that nothing was learnt after is made again when it is as old as this.
OLDEST = timedelta(hours=25)
#: A report that could not be made is tried again after this.
REST = timedelta(hours=1)

#: `keep_apart`, or `plugin.flow.report.keep` in this process.
Keep = Callable[[Database, int, datetime], object]


def keep_apart(database: Database, shop_id: int, now: datetime) -> None:
    """Make and store it in another process. Raises what `run_apart` does."""
    run_apart("plugin.flow.daily_report", database, shop=shop_id, now=now.isoformat())


def keep_when_due(house: House, shop: Shop, resting: MutableMapping[int, datetime], keep: Keep = keep_apart) -> bool:
    """Whether a report was made. Raises what making it raises, and then leaves the shop alone for a while.

    resting: until when which shop is left alone; the caller keeps it between two calls.
    """
    now = house.clock()
    if shop.shop_id in resting and now < resting[shop.shop_id]:
        return False
    with house.database.read() as connection:
        if not is_due(connection, shops.get(connection, shop.shop_id), now):
            return False
    resting[shop.shop_id] = now + REST
    keep(house.database, shop.shop_id, now)
    del resting[shop.shop_id]
    log.info("report_made", shop=shop.api_url)
    return True


def is_due(connection: Connection, shop: Shop, now: datetime) -> bool:
    """The newest is older than what was learnt last, and what is there has been learnt from."""
    if not shop.active or shop.rhythm_at is None or backfills.past_is_coming(connection, shop.shop_id, now):
        return False
    past = backfills.of_shop(connection, shop.shop_id).get(Kind.ORDERS)
    came_in = past.finished_at if past else None
    if came_in is not None and shop.rhythm_at < came_in:
        return False
    made_at = reports.made_at(connection, shop.shop_id, VERSION)
    return made_at is None or made_at < shop.rhythm_at or now - made_at >= OLDEST


def main() -> None:
    asked = json.load(sys.stdin)
    database = Database(asked["url"], pool_size=1, busy_seconds=PATIENT_SECONDS)
    keep(database, asked["shop"], datetime.fromisoformat(asked["now"]))
    database.close()
    json.dump({"made": asked["shop"]}, sys.stdout)


if __name__ == "__main__":
    main()

"""Threshold curves for the page: worked out in a process of their own, once for all who ask meanwhile.

A large shop's past would hold the server's interpreter for many seconds, and the page would run out of time: so it is
asked for again until it is there.
"""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from typing import Any

import anyio

from admin_ui.beside import Working, beside
from plugin.domain.phrases import read_stored_in, stored_in
from plugin.errors import RetentionError, sentence_of
from plugin.flow.apart import run_apart
from plugin.flow.house import House
from plugin.flow.threshold_finder import Asked, find_in
from plugin.report.section import Section, Table
from plugin.report.thresholds import charts, headline, sections
from plugin.store.database import PATIENT_SECONDS, Database
from plugin.store.shops import Shop

#: Seconds that what was worked out stands for.
FRESH = 600.0


@dataclass(frozen=True, slots=True)
class Curves:
    #: What it is of; or, alone, why there is none.
    says: str
    sections: tuple[Section, ...] = ()
    #: By section.
    drawn: Mapping[str, Any] | None = None


async def curves_of(house: House, shop: Shop, channel: str) -> Curves | Working:
    """Raises `GiveUp` and `TryLater`."""
    key = (
        "curves",
        id(house.database),
        shop.shop_id,
        channel,
        shop.guardrails.default_margin,
        str(shop.shipping_costs),
    )
    work_out = partial(anyio.to_thread.run_sync, _apart, house.database, shop.shop_id, channel, house.clock())
    return await beside(key, work_out, FRESH)


def _apart(database: Database, shop_id: int, channel: str, now: datetime) -> Curves:
    said = read_stored_in(run_apart("admin_ui.curves", database, shop=shop_id, channel=channel, now=now.isoformat()))
    return Curves(said["says"], tuple(_section(one) for one in said["sections"]), said["drawn"])


def _section(said: Mapping[str, Any]) -> Section:
    tables = tuple(Table(**{**table, "rows": tuple(map(tuple, table["rows"]))}) for table in said["tables"])
    return Section(said["key"], said["title"], said["says"], tables, tuple(said["findings"]), said["missing"])


def work_out(database: Database, shop_id: int, channel: str, now: datetime) -> dict[str, Any]:
    """As plain JSON."""
    try:
        answer = find_in(database, shop_id, Asked(channel=channel), now)
    except RetentionError as error:
        return {"says": sentence_of(error), "sections": [], "drawn": {}}
    return {"says": headline(answer), "sections": [asdict(one) for one in sections(answer)], "drawn": charts(answer)}


def main() -> None:
    asked = json.load(sys.stdin)
    database = Database(asked["url"], pool_size=1, busy_seconds=PATIENT_SECONDS)
    said = work_out(database, asked["shop"], asked["channel"], datetime.fromisoformat(asked["now"]))
    json.dump(stored_in(said), sys.stdout)
    database.close()


if __name__ == "__main__":
    main()

"""The segments every shop has and the merchant's own, with their sizes and when these were counted."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import anyio
from starlette.responses import Response

from admin_ui.answers import part
from admin_ui.beside import Working, beside
from admin_ui.called import called
from admin_ui.visit import Visit
from plugin.domain.conditions import Condition, in_words, needs_lines, resolve
from plugin.errors import Rejected
from plugin.flow.house import House
from plugin.store import segment_sizes, segments
from plugin.store.segment_sizes import Size

#: How old the sizes may be before they are counted again, and those for which what was bought is looked through.
FRESH, SLOW_FRESH = timedelta(minutes=10), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    title: str
    says: str
    own: bool
    #: As it was counted last; None before, and where its condition has changed since.
    size: Size | None
    #: It is to be counted (again).
    old: bool
    #: Counted by itself, because what was bought is looked through.
    slow: bool
    used_by: Sequence[str]


async def show(house: House, visit: Visit, notice: str | None = None) -> Response:
    return part(visit, "segments.html", notice=notice, **await _list(house, visit))


async def table(house: House, visit: Visit) -> Response:
    """The list: asked for again while its sizes are counted, or because somebody wants them newer than what they see."""
    newer: datetime | None = None
    with suppress(ValueError):
        newer = datetime.fromisoformat(visit.request.query_params.get("newer", ""))
    if newer is not None and newer.tzinfo is None:
        newer = None
    return part(visit, "segments/table.html", **await _list(house, visit, newer))


async def _list(house: House, visit: Visit, newer: datetime | None = None) -> dict[str, Any]:
    """newer: than this are the sizes to be."""
    rows = await anyio.to_thread.run_sync(rows_of, house, visit, newer)
    names = frozenset(row.name for row in rows if row.old and not row.slow)
    counting = False
    if names:
        key = ("sizes", id(house.database), visit.shop.shop_id, names)
        counted = await beside(key, lambda: anyio.to_thread.run_sync(_count, house, visit, names), held=0)
        counting = isinstance(counted, Working)
        rows = await anyio.to_thread.run_sync(rows_of, house, visit, newer)
    says = await called(house, visit, [row.says for row in rows])
    rows = [replace(row, says=said) for row, said in zip(rows, says, strict=True)]
    times = sorted(row.size.counted_at for row in rows if row.size is not None)
    return {
        "rows": rows,
        "counting": counting,
        "counted": (times[0], times[-1]) if times else None,
        "newer": newer.isoformat() if newer else "",
    }


def rows_of(house: House, visit: Visit, newer: datetime | None = None) -> list[Row]:
    shop, _ = visit.shop, visit.language._
    with house.database.read() as connection:
        known = segment_sizes.of_shop(connection, shop.shop_id)
        users = segments.users(connection, shop.shop_id)
        mine = segments.own(connection, shop.shop_id)
        named = segments.named(connection, shop.shop_id)
    found = []
    for one in segments.ready(shop):
        size = known.get(one.name)
        old = _is_old(size, newer or visit.now - FRESH)
        title, says = _(one.title), _(one.says, **one.numbers)
        found.append(Row(one.name, title, says, False, size, old, False, users.get(one.name, ())))
    for own in mine:
        size = known.get(own.name)
        size = None if size is None or size.counted_at < own.saved_at else size
        slow = needs_lines(_resolved(own.condition, named))
        old = _is_old(size, newer or visit.now - (SLOW_FRESH if slow else FRESH))
        found.append(Row(own.name, own.name, in_words(own.condition), True, size, old, slow, users.get(own.name, ())))
    return found


def _is_old(size: Size | None, than: datetime) -> bool:
    return size is None or size.counted_at <= than


def _resolved(condition: Condition, named: Mapping[str, Condition]) -> Condition:
    try:
        return resolve(condition, named)
    except Rejected:
        return condition


def _count(house: House, visit: Visit, names: Collection[str]) -> None:
    """In one walk over the customers."""
    with house.database.read() as connection:
        named = segments.named(connection, visit.shop.shop_id)
        asked = {name: resolve(named[name], named) for name in names if name in named}
        counted = segments.sizes(connection, visit.shop, asked, visit.now)
    with house.database.write() as connection:
        segment_sizes.save(connection, visit.shop.shop_id, counted, visit.now)

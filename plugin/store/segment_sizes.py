"""How many were in each segment when they were last counted."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from plugin.store.schema import segment_sizes
from plugin.store.statements import insert


@dataclass(frozen=True, slots=True)
class Size:
    customers: int
    counted_at: datetime


def save(connection: Connection, shop_id: int, counted: Mapping[str, int], now: datetime) -> None:
    for segment, size in counted.items():
        values = {"size": size, "counted_at": now}
        statement = insert(connection, segment_sizes).values(shop_id=shop_id, segment=segment, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["shop_id", "segment"], set_=values))


def of_shop(connection: Connection, shop_id: int) -> dict[str, Size]:
    rows = connection.execute(select(segment_sizes).where(segment_sizes.c.shop_id == shop_id))
    return {row.segment: Size(row.size, row.counted_at) for row in rows}

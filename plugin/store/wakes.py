"""Wake-ups for the engine of another process: names of lanes, left in a row and taken once."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select

from plugin.store.schema import wakes
from plugin.store.statements import insert


def leave(conn: Connection, lanes: Iterable[str], now: datetime) -> None:
    rows = [{"lane": lane, "at": now} for lane in dict.fromkeys(lanes)]
    if rows:
        conn.execute(insert(conn, wakes).on_conflict_do_nothing(index_elements=["lane"]), rows)


def waiting(conn: Connection) -> bool:
    """Whether `take` would find any; reads only."""
    return conn.execute(select(wakes.c.lane).limit(1)).first() is not None


def take(conn: Connection) -> list[str]:
    """In the order in which they were left; whoever takes them has to wake them."""
    rows = conn.execute(delete(wakes).returning(wakes.c.lane, wakes.c.at)).all()
    return [row.lane for row in sorted(rows, key=lambda row: (row.at, row.lane))]

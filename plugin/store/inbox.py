"""What has arrived and is not in the ledger yet."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    Text,
    bindparam,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from plugin.domain.phrases import phrase, shortened
from plugin.errors import NotFound
from plugin.store.schema import inbox

#: Counting further would only cost time: the limit of a full inbox lies below.
COUNTED_AT_MOST = 1_000_000
#: The error of a dead row, cut so that a page of them stays readable.
ERROR_LENGTH = 2_000


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified webhook on its way in."""

    shop_id: int
    #: Digest of shop, event and raw body: two deliveries of one event are equal, two events are not.
    key: bytes
    #: Saleor's name, lower case: `order_created`.
    event: str
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class InboxRow:
    row_id: int
    event: str
    body: bytes
    received_at: datetime
    #: How often it was tried before.
    attempts: int


@dataclass(frozen=True, slots=True)
class DeadRow:
    row_id: int
    event: str
    received_at: datetime
    attempts: int
    error: str


#: Written out, because every webhook waits for this one statement. Measured in batches of 64, per row and
#: against SQLAlchemy's own `insert`: 39 µs instead of 54 on SQLite; on PostgreSQL 17 µs here and 59 in the
#: server instead of 54 and 90 (arrays in binary: as text they cost more than single rows).
_ADD_SQLITE = """
    INSERT INTO inbox (shop_id, key, event, body, received_at, due_at, status) VALUES {rows}
    ON CONFLICT (shop_id, key) DO NOTHING
"""
_ROW_SQLITE = "(?, ?, ?, ?, ?, ?, 'open')"
_ADD_POSTGRES = """
    INSERT INTO inbox (shop_id, key, event, body, received_at, due_at, status)
    SELECT shop_id, key, event, body, received_at, received_at, 'open'
    FROM unnest(%b::bigint[], %b::bytea[], %b::text[], %b::bytea[], %b::timestamptz[])
        AS arrived (shop_id, key, event, body, received_at)
    ON CONFLICT (shop_id, key) DO NOTHING
"""


def add(conn: Connection, arrivals: Sequence[Arrival]) -> None:
    """Write them, in one go; what is there already stays as it is."""
    if not arrivals:
        return
    if conn.dialect.name == "sqlite":
        stored = _as_stored(conn)
        # One statement and not one a row: between rows the interpreter's lock would change hands.
        statement = _ADD_SQLITE.format(rows=", ".join([_ROW_SQLITE] * len(arrivals)))
        rows = ((a.shop_id, a.key, a.event, a.body, at := stored(a.received_at), at) for a in arrivals)
        conn.exec_driver_sql(statement, tuple(chain.from_iterable(rows)))
    else:
        columns = ([getattr(a, name) for a in arrivals] for name in ("shop_id", "key", "event", "body", "received_at"))
        conn.exec_driver_sql(_ADD_POSTGRES, tuple(columns))


def _as_stored(conn: Connection) -> Callable[[datetime], str]:
    """How SQLAlchemy writes a moment into this database."""
    kind = inbox.c.received_at.type.dialect_impl(conn.dialect)
    processor: Callable[[datetime], str] | None = kind.bind_processor(conn.dialect)
    return processor or str


_TAKE = (
    select(inbox.c.id, inbox.c.event, inbox.c.body, inbox.c.received_at, inbox.c.attempts)
    .where(inbox.c.shop_id == bindparam("shop"), inbox.c.status == "open", inbox.c.due_at <= bindparam("now"))
    .order_by(inbox.c.due_at, inbox.c.id)
    .limit(bindparam("limit", type_=Integer))
    .with_for_update(skip_locked=True)
)


def take(conn: Connection, shop_id: int, now: datetime, limit: int) -> list[InboxRow]:
    """The oldest due rows, locked until the caller's transaction ends; what others hold is skipped."""
    return [InboxRow(*row) for row in conn.execute(_TAKE, {"shop": shop_id, "now": now, "limit": limit})]


_DONE = (
    update(inbox)
    .where(inbox.c.shop_id == bindparam("shop"), inbox.c.id.in_(bindparam("ids", expanding=True)))
    .values(status="done", body=b"", error=None)
)


def done(conn: Connection, shop_id: int, row_ids: Sequence[int]) -> None:
    """What they said is in the ledger; the keys stay, so that a late duplicate is known."""
    if row_ids:
        conn.execute(_DONE, {"shop": shop_id, "ids": row_ids})


def retry(conn: Connection, shop_id: int, row_id: int, due_at: datetime, error: str) -> None:
    _change(conn, shop_id, row_id, due_at=due_at, attempts=inbox.c.attempts + 1, error=shortened(error, ERROR_LENGTH))


def dead(conn: Connection, shop_id: int, row_id: int, error: str) -> None:
    _change(conn, shop_id, row_id, status="dead", attempts=inbox.c.attempts + 1, error=shortened(error, ERROR_LENGTH))


def revive(conn: Connection, shop_id: int, row_id: int | None = None) -> int:
    """All dead rows of the shop, or that one, are open again; returns how many."""
    statement = update(inbox).where(inbox.c.shop_id == shop_id, inbox.c.status == "dead")
    if row_id is not None:
        statement = statement.where(inbox.c.id == row_id)
    return conn.execute(statement.values(status="open", attempts=0, due_at=inbox.c.received_at)).rowcount


def dead_rows(conn: Connection, shop_id: int, limit: int) -> list[DeadRow]:
    query = select(inbox.c.id, inbox.c.event, inbox.c.received_at, inbox.c.attempts, inbox.c.error)
    query = query.where(inbox.c.shop_id == shop_id, inbox.c.status == "dead").order_by(inbox.c.id).limit(limit)
    return [DeadRow(*row) for row in conn.execute(query)]


def open_rows(conn: Connection) -> int:
    """Of all shops; read from the index of due rows alone, and counted no further than makes sense."""
    some = select(literal(1)).select_from(inbox).where(inbox.c.status == "open").limit(COUNTED_AT_MOST).subquery()
    return conn.execute(select(func.count()).select_from(some)).scalar_one()


def dead_count(conn: Connection) -> int:
    """Of all shops."""
    return conn.execute(select(func.count()).select_from(inbox).where(inbox.c.status == "dead")).scalar_one()


def any_due(conn: Connection, shop_id: int, now: datetime) -> bool:
    query = select(inbox.c.id).where(inbox.c.shop_id == shop_id, inbox.c.status == "open", inbox.c.due_at <= now)
    return conn.execute(query.limit(1)).first() is not None


def prune(conn: Connection, before: datetime, limit: int) -> int:
    """Forget done rows of before that moment, at most so many; returns how many went."""
    old = select(inbox.c.id).where(inbox.c.status == "done", inbox.c.received_at < before)
    return conn.execute(delete(inbox).where(inbox.c.id.in_(old.order_by(inbox.c.received_at).limit(limit)))).rowcount


def wipe(conn: Connection, shop_id: int, needles: Sequence[str]) -> int:
    """For erasure: rows not yet done that hold one of these as a whole JSON string go; returns how many.

    A whole string, because one id can begin another; in any case of letters, because addresses are
    typed that way; plain and with escapes, because JSON allows both.
    """
    forms = {json.dumps(needle, ensure_ascii=ascii_only) for needle in needles for ascii_only in (True, False)}
    if not forms:
        return 0
    holds = or_(*(_holds(conn, form.encode()) for form in sorted(forms)))
    return conn.execute(
        delete(inbox).where(inbox.c.shop_id == shop_id, inbox.c.status.in_(["open", "dead"]), holds)
    ).rowcount


def _holds(conn: Connection, form: bytes) -> ColumnElement[bool]:
    part = cast(literal(form, LargeBinary), LargeBinary)
    if conn.dialect.name == "sqlite":
        return func.instr(func.lower(cast(inbox.c.body, Text)), func.lower(cast(part, Text))) > 0
    # `encode` reads any bytes, where a conversion to text would stop at the first that is not UTF-8.
    body, wanted = (func.lower(func.encode(value, "escape")) for value in (inbox.c.body, part))
    return func.strpos(body, wanted) > 0


def _change(conn: Connection, shop_id: int, row_id: int, **values: Any) -> None:
    statement = update(inbox).where(inbox.c.shop_id == shop_id, inbox.c.id == row_id).values(values)
    if conn.execute(statement).rowcount == 0:
        raise NotFound(phrase("The inbox has no row {row} of shop {shop_id}.", row=row_id, shop_id=shop_id))

"""History read from the platform: how far each walk has come, so that a kill costs one page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select, update

from plugin.store.schema import backfills
from plugin.store.statements import insert

#: A walk that is FAILED for so long, or RUNNING for so long without a page, is waited for no more.
GIVEN_UP_AFTER = timedelta(days=1)


class Kind(StrEnum):
    #: Everything that is there, read once after an install.
    CUSTOMERS = "customers"
    ORDERS = "orders"
    #: What changed, read every day: accounts, orders, and orders that may change without saying so.
    ACCOUNTS = "accounts"
    SWEEP = "sweep"
    OPEN = "open"
    #: Every week: whether the accounts we know are still there.
    GONE = "gone"


class Status(StrEnum):
    RUNNING = "running"
    DONE = "done"
    #: A person has to look; it is tried again later all the same.
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Backfill:
    kind: Kind
    status: Status
    #: Where the next page begins; None at the beginning.
    cursor: str | None
    #: Objects read so far.
    done: int
    #: How many there are, where that is known.
    total: int | None
    #: Only what changed since then is asked for; None for everything.
    since: datetime | None
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    #: Why it failed, or what was left out.
    error: str | None


def of_shop(connection: Connection, shop_id: int) -> Mapping[Kind, Backfill]:
    rows = connection.execute(select(backfills).where(backfills.c.shop_id == shop_id)).mappings()
    found = [
        Backfill(
            **{name: value for name, value in row.items() if name not in {"shop_id", "kind", "status"}},
            kind=Kind(row["kind"]),
            status=Status(row["status"]),
        )
        for row in rows
    ]
    return {backfill.kind: backfill for backfill in found}


def past_is_coming(connection: Connection, shop_id: int, now: datetime) -> bool:
    """Whether the shop's orders are still being read after an install, so that nobody's last order is certain.

    A walk that has failed for a day, or that nobody goes on with, does not count any more: the app works
    with what it has.
    """
    orders = of_shop(connection, shop_id).get(Kind.ORDERS)
    if orders is None or orders.status is Status.DONE:
        return False
    since = orders.updated_at if orders.status is Status.RUNNING else orders.started_at
    return now - since < GIVEN_UP_AFTER


def begin(
    connection: Connection,
    shop_id: int,
    kind: Kind,
    now: datetime,
    since: datetime | None = None,
    *,
    instead_of: Backfill | None = None,
) -> bool:
    """From the beginning, in the place of an earlier walk of this kind, or of none.

    False when somebody else began or went on meanwhile; then theirs stands.
    """
    values = {
        "status": Status.RUNNING.value,
        "cursor": None,
        "done": 0,
        "total": None,
        "since": since,
        "started_at": now,
        "updated_at": now,
        "finished_at": None,
        "error": None,
    }
    if instead_of is not None:
        as_read = (*_unmoved(shop_id, instead_of), backfills.c.status == instead_of.status.value)
        return connection.execute(update(backfills).where(*as_read).values(values)).rowcount == 1
    statement = insert(connection, backfills).values(shop_id=shop_id, kind=kind.value, **values)
    statement = statement.on_conflict_do_nothing(index_elements=["shop_id", "kind"]).returning(backfills.c.kind)
    return connection.execute(statement).first() is not None


def advance(
    connection: Connection, shop_id: int, came_from: Backfill, *, cursor: str | None, read: int, now: datetime
) -> bool:
    """One page further; without a cursor it was the last. False when somebody else took that page meanwhile."""
    values: dict[str, Any] = {
        "status": Status.DONE.value if cursor is None else Status.RUNNING.value,
        "cursor": cursor,
        "done": came_from.done + read,
        "total": came_from.total,
        "updated_at": now,
        "finished_at": now if cursor is None else None,
        "error": came_from.error,
    }
    return _change(connection, shop_id, came_from, values)


def fail(connection: Connection, shop_id: int, came_from: Backfill, error: str, now: datetime) -> bool:
    """It stays where it is. False when somebody else went on meanwhile; then nothing has failed."""
    values = {"status": Status.FAILED.value, "error": error, "updated_at": now}
    return _change(connection, shop_id, came_from, values)


def _change(connection: Connection, shop_id: int, came_from: Backfill, values: dict[str, Any]) -> bool:
    under_way = (*_unmoved(shop_id, came_from), backfills.c.status != Status.DONE.value)
    return connection.execute(update(backfills).where(*under_way).values(values)).rowcount == 1


def _unmoved(shop_id: int, walk: Backfill) -> tuple[ColumnElement[bool], ...]:
    """The same walk, at the same page."""
    return (
        backfills.c.shop_id == shop_id,
        backfills.c.kind == walk.kind.value,
        backfills.c.started_at == walk.started_at,
        backfills.c.done == walk.done,
        backfills.c.cursor.is_not_distinct_from(walk.cursor),
    )


def try_again(connection: Connection, shop_id: int) -> None:
    """What failed goes on where it stands, and what it failed of is past."""
    failed = (backfills.c.shop_id == shop_id, backfills.c.status == Status.FAILED.value)
    connection.execute(update(backfills).where(*failed).values(status=Status.RUNNING.value, error=None))


def forget(connection: Connection, shop_id: int, *kinds: Kind) -> None:
    """They begin anew."""
    connection.execute(delete(backfills).where(backfills.c.shop_id == shop_id, backfills.c.kind.in_(kinds)))

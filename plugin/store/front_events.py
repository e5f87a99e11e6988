"""What shoppers did with what they were shown: kept once, found by the customer, counted by the day."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select, update

from plugin.domain.deeds import Deed
from plugin.store.schema import customers, front_counts, front_events
from plugin.store.statements import insert_on


@dataclass(frozen=True, slots=True)
class FrontEvent:
    #: Two of the same are the same event.
    key: bytes
    customer_id: int | None
    deed: Deed
    content: str | None
    product: str | None
    at: datetime
    #: The shop's.
    day: date


@dataclass(frozen=True, slots=True)
class Seen:
    """What a customer did with something that they were shown."""

    content: str
    type: Deed
    at: datetime


@dataclass(frozen=True, slots=True)
class Count:
    day: date
    content: str
    type: Deed
    times: int


def add(connection: Connection, shop_id: int, events: Sequence[FrontEvent]) -> int:
    """Those that are not there yet, and counted; returns how many they are."""
    if not events:
        return 0
    by_key = {event.key: event for event in events}
    rows = [{"shop_id": shop_id, **_columns(event)} for event in by_key.values()]
    new = [by_key[bytes(key)] for key in connection.execute(_add(connection.dialect.name), rows).scalars()]
    _count(connection, shop_id, new)
    return len(new)


def _columns(event: FrontEvent) -> dict[str, Any]:
    columns = asdict(event)
    del columns["day"]
    return columns


@cache
def _add(dialect: str) -> Any:
    return insert_on(dialect, front_events).on_conflict_do_nothing().returning(front_events.c.key)


def _count(connection: Connection, shop_id: int, events: Sequence[FrontEvent]) -> None:
    times = Counter((event.day, event.content, event.deed.value) for event in events if event.content is not None)
    rows = [
        {"shop_id": shop_id, "day": day, "content": content, "deed": deed, "times": number}
        for (day, content, deed), number in sorted(times.items())  # so that nobody waits in a circle
    ]
    if rows:
        connection.execute(_add_up(connection.dialect.name), rows)


@cache
def _add_up(dialect: str) -> Any:
    first = insert_on(dialect, front_counts)
    more = {"times": front_counts.c.times + first.excluded.times}
    return first.on_conflict_do_update(index_elements=list(front_counts.primary_key), set_=more)


#: On PostgreSQL they stay until the transaction's end: an event of somebody erased meanwhile would be refused.
_MEASURED = (
    select(customers.c.user_id, customers.c.id)
    .where(
        customers.c.shop_id == bindparam("shop"),
        customers.c.user_id.in_(bindparam("users", expanding=True)),
        customers.c.objects.is_(False),
        customers.c.opted_out.is_(False),
    )
    .order_by(customers.c.id)
    .with_for_update(read=True, key_share=True)
)


def measured(connection: Connection, shop_id: int, user_ids: Collection[str]) -> dict[str, int]:
    """Saleor's user id → our number, for those of whom something personal may be kept."""
    if not user_ids:
        return {}
    found = connection.execute(_MEASURED, {"shop": shop_id, "users": sorted(user_ids)})
    return {row.user_id: row.id for row in found}


_SEEN = (
    select(front_events.c.content, front_events.c.deed, front_events.c.at)
    .where(
        front_events.c.customer_id == bindparam("customer"),
        front_events.c.at >= bindparam("since"),
        front_events.c.shop_id == bindparam("shop"),
        front_events.c.content.is_not(None),
    )
    .order_by(front_events.c.at, front_events.c.deed)
)


def seen(connection: Connection, shop_id: int, customer_id: int, since: datetime) -> list[Seen]:
    """What this customer saw, clicked and dismissed since then, the oldest first."""
    rows = connection.execute(_SEEN, {"shop": shop_id, "customer": customer_id, "since": since})
    return [Seen(content, Deed(deed), at) for content, deed, at in rows]


def counts(connection: Connection, shop_id: int, since: date) -> list[Count]:
    """How often each content was seen, clicked and dismissed, by the shop's day."""
    table = front_counts
    query = (
        select(table.c.day, table.c.content, table.c.deed, table.c.times)
        .where(table.c.shop_id == shop_id, table.c.day >= since)
        .order_by(table.c.day, table.c.content, table.c.deed)
    )
    return [Count(day, content, Deed(deed), times) for day, content, deed, times in connection.execute(query)]


def people(connection: Connection, shop_id: int, since: datetime) -> dict[tuple[str, Deed], int]:
    """How many known customers saw, clicked and dismissed each content since then; whoever is nobody is in none."""
    table = front_events
    query = (
        select(table.c.content, table.c.deed, func.count(table.c.customer_id.distinct()))
        .where(table.c.shop_id == shop_id, table.c.at >= since, table.c.content.is_not(None))
        .group_by(table.c.content, table.c.deed)
    )
    return {(content, Deed(deed)): number for content, deed, number in connection.execute(query)}


_OF_CUSTOMER = (
    front_events.c.customer_id == bindparam("of_customer"),
    front_events.c.shop_id == bindparam("of_shop"),
)
_ERASE = delete(front_events).where(*_OF_CUSTOMER)
_MOVE = update(front_events).where(*_OF_CUSTOMER).values(customer_id=bindparam("into"))


def erase(connection: Connection, shop_id: int, customer_id: int) -> None:
    """Everything that is kept of this customer; the counts have nobody in them."""
    connection.execute(_ERASE, {"of_shop": shop_id, "of_customer": customer_id})


def move(connection: Connection, shop_id: int, from_id: int, into_id: int) -> None:
    connection.execute(_MOVE, {"of_shop": shop_id, "of_customer": from_id, "into": into_id})


def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Forget what was before that moment, at most so many; returns how many went."""
    old = select(front_events.c.shop_id, front_events.c.key).where(front_events.c.at < before)
    rows = connection.execute(old.order_by(front_events.c.at).limit(limit)).all()
    for shop_id in {row.shop_id for row in rows}:
        keys = [row.key for row in rows if row.shop_id == shop_id]
        connection.execute(delete(front_events).where(front_events.c.shop_id == shop_id, front_events.c.key.in_(keys)))
    return len(rows)

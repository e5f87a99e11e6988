"""Who is in the segments that are watched: because a campaign listens to them, or the merchant asked for it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, literal, select

from plugin.domain.conditions import Condition, resolve
from plugin.store import segments
from plugin.store.conditions import where
from plugin.store.schema import customers, members, watched
from plugin.store.shops import Shop
from plugin.store.statements import insert
from plugin.store.types import Moment


def names(connection: Connection, shop_id: int) -> dict[str, bool]:
    """The watched segments, and whether the merchant asked for it."""
    rows = connection.execute(select(watched.c.segment, watched.c.asked).where(watched.c.shop_id == shop_id))
    return {row.segment: row.asked for row in rows}


def conditions(connection: Connection, shop_id: int) -> Mapping[str, Condition]:
    """The watched segments by name, resolved."""
    following = names(connection, shop_id)
    if not following:
        return {}
    known = segments.named(connection, shop_id)
    return {name: resolve(known[name], known) for name in sorted(following)}


def watch(connection: Connection, shop: Shop, name: str, now: datetime, *, asked: bool) -> None:
    """From now on, with whoever is inside: of them nobody is said to have entered.

    Again for one that is watched already: its members are found anew. Raises `NotFound`.
    """
    condition = segments.find(connection, shop.shop_id, name)
    of_segment = (members.c.shop_id == shop.shop_id, members.c.segment == name)
    connection.execute(delete(members).where(*of_segment))
    row = insert(connection, watched).values(shop_id=shop.shop_id, segment=name, asked=asked, since=now)
    connection.execute(row.on_conflict_do_update(index_elements=["shop_id", "segment"], set_={"asked": asked}))
    inside = select(customers.c.id, literal(name), customers.c.shop_id, literal(now, Moment)).where(
        customers.c.shop_id == shop.shop_id, where(condition, shop.limits, now)
    )
    columns = ["customer_id", "segment", "shop_id", "entered_at"]
    connection.execute(members.insert().from_select(columns, inside))


def unwatch(connection: Connection, shop_id: int, name: str) -> None:
    for table in (members, watched):
        connection.execute(delete(table).where(table.c.shop_id == shop_id, table.c.segment == name))


_OF = select(members.c.segment).where(
    members.c.shop_id == bindparam("shop"), members.c.customer_id == bindparam("customer")
)


def of_customer(connection: Connection, shop_id: int, customer_id: int) -> Sequence[str]:
    """The watched segments that the customer is known to be in."""
    return connection.execute(_OF, {"shop": shop_id, "customer": customer_id}).scalars().all()


def enter(connection: Connection, shop_id: int, customer_id: int, entered: Sequence[str], now: datetime) -> None:
    rows = [{"shop_id": shop_id, "customer_id": customer_id, "segment": name, "entered_at": now} for name in entered]
    if rows:
        connection.execute(insert(connection, members).on_conflict_do_nothing(), rows)


def leave(connection: Connection, shop_id: int, customer_id: int, left: Sequence[str]) -> None:
    if left:
        connection.execute(
            delete(members).where(
                members.c.shop_id == shop_id, members.c.customer_id == customer_id, members.c.segment.in_(left)
            )
        )


def count(connection: Connection, shop_id: int, name: str) -> int:
    statement = select(func.count()).where(members.c.shop_id == shop_id, members.c.segment == name)
    return int(connection.execute(statement).scalar_one())

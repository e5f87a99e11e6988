"""Who is in the segments that are watched: because a campaign listens to them, or the merchant asked for it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, literal, select

from plugin.domain.conditions import Condition, resolve
from plugin.domain.membership import UNSEEN
from plugin.store import segments
from plugin.store.conditions import where
from plugin.store.schema import customers, members, watched
from plugin.store.shops import Shop
from plugin.store.statements import insert
from plugin.store.types import Moment

_WATCHED = select(watched.c.segment, watched.c.asked).where(watched.c.shop_id == bindparam("shop"))


def names(connection: Connection, shop_id: int) -> dict[str, bool]:
    """The watched segments, and whether the merchant asked for it."""
    return {row.segment: row.asked for row in connection.execute(_WATCHED, {"shop": shop_id})}


def conditions(connection: Connection, shop_id: int) -> Mapping[str, Condition]:
    """The watched segments by name, resolved."""
    following = names(connection, shop_id)
    if not following:
        return {}
    known = segments.named(connection, shop_id)
    return {name: resolve(known[name], known) for name in sorted(following)}


def watch(connection: Connection, shop: Shop, name: str, now: datetime, *, asked: bool) -> None:
    """From now on, with whoever is inside: of them nobody is said to have entered.

    Again for one that is watched already: its members are found anew, and who stays inside has been there as long
    as before. Raises `NotFound`.
    """
    condition = segments.find(connection, shop.shop_id, name)
    row = insert(connection, watched).values(shop_id=shop.shop_id, segment=name, asked=asked, since=now)
    connection.execute(row.on_conflict_do_update(index_elements=["shop_id", "segment"], set_={"asked": asked}))
    there = customers.c.shop_id == shop.shop_id, where(condition, shop.limits, now)
    gone = members.c.customer_id.not_in(select(customers.c.id).where(*there))
    connection.execute(delete(members).where(members.c.shop_id == shop.shop_id, members.c.segment == name, gone))
    inside = select(customers.c.id, literal(name), customers.c.shop_id, literal(UNSEEN, Moment)).where(*there)
    columns = ["customer_id", "segment", "shop_id", "entered_at"]
    connection.execute(insert(connection, members).from_select(columns, inside).on_conflict_do_nothing())


def unwatch(connection: Connection, shop_id: int, name: str) -> None:
    for table in (members, watched):
        connection.execute(delete(table).where(table.c.shop_id == shop_id, table.c.segment == name))


_OF = select(members.c.customer_id, members.c.segment, members.c.entered_at).where(
    members.c.shop_id == bindparam("shop"), members.c.customer_id.in_(bindparam("customers", expanding=True))
)


def stays_of(connection: Connection, shop_id: int, customer_ids: Sequence[int]) -> dict[int, dict[str, datetime]]:
    """The watched segments that each customer is known to be in, and since when (`UNSEEN` where nobody saw it)."""
    inside: dict[int, dict[str, datetime]] = {customer_id: {} for customer_id in customer_ids}
    for customer_id, segment, since in connection.execute(_OF, {"shop": shop_id, "customers": customer_ids}):
        inside[customer_id][segment] = since
    return inside


def enter(connection: Connection, shop_id: int, entered: Mapping[int, Mapping[str, datetime]]) -> None:
    """Customer's id → segments and since when."""
    rows = [
        {"shop_id": shop_id, "customer_id": one, "segment": name, "entered_at": since}
        for one, stays in entered.items()
        for name, since in stays.items()
    ]
    if rows:
        connection.execute(insert(connection, members).on_conflict_do_nothing(), rows)


def leave(connection: Connection, shop_id: int, left: Mapping[int, Sequence[str]]) -> None:
    rows = [{"of_shop": shop_id, "of_customer": one, "of": name} for one, names in left.items() for name in names]
    if rows:
        connection.execute(_LEAVE, rows)


_LEAVE = delete(members).where(
    members.c.shop_id == bindparam("of_shop"),
    members.c.customer_id == bindparam("of_customer"),
    members.c.segment == bindparam("of"),
)


def count(connection: Connection, shop_id: int, name: str) -> int:
    statement = select(func.count()).where(members.c.shop_id == shop_id, members.c.segment == name)
    return int(connection.execute(statement).scalar_one())

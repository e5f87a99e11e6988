"""Who was erased, as keyed hashes of their user id and e-mail."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, func, select

from plugin.store.schema import tombstones
from plugin.store.statements import insert


def put(connection: Connection, shop_id: int, subjects: Iterable[bytes], now: datetime) -> None:
    for subject in subjects:
        statement = insert(connection, tombstones).values(shop_id=shop_id, subject=subject, erased_at=now)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["shop_id", "subject"], set_={"erased_at": statement.excluded.erased_at}
            )
        )


def erased_at(connection: Connection, shop_id: int, subjects: Sequence[bytes]) -> datetime | None:
    """When the last of these was erased; None for somebody who never was."""
    statement = select(func.max(tombstones.c.erased_at)).where(
        tombstones.c.shop_id == shop_id, tombstones.c.subject.in_(subjects)
    )
    last: datetime | None = connection.execute(statement).scalar_one()
    return last


_ANY = select(tombstones.c.erased_at).where(tombstones.c.shop_id == bindparam("shop")).limit(1)


def any_in(connection: Connection, shop_id: int) -> bool:
    return connection.execute(_ANY, {"shop": shop_id}).first() is not None

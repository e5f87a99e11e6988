"""Trouble that the merchant has been told of and that is not over yet."""

from datetime import datetime

from sqlalchemy import Connection, delete, select

from plugin.store.schema import problems
from plugin.store.statements import insert


def told(connection: Connection, shop_id: int) -> dict[str, str]:
    """Key → message."""
    statement = select(problems.c.key, problems.c.message).where(problems.c.shop_id == shop_id)
    return dict(connection.execute(statement).all())


def save(connection: Connection, shop_id: int, key: str, message: str, now: datetime) -> None:
    statement = insert(connection, problems).values(shop_id=shop_id, key=key, message=message, raised_at=now)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["shop_id", "key"], set_={"message": statement.excluded.message})
    )


def remove(connection: Connection, shop_id: int, key: str) -> None:
    connection.execute(delete(problems).where(problems.c.shop_id == shop_id, problems.c.key == key))

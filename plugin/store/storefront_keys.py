"""Keys with which a storefront's server asks for its shoppers: only a digest is kept, so none can be shown again."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from plugin.store.schema import storefront_keys

#: So that people, and scanners of repositories, see what it is.
PREFIX = "retention_"


@dataclass(frozen=True, slots=True)
class Listed:
    key_id: int
    #: Whatever helps to know it again.
    name: str
    #: How it begins.
    hint: str
    made_by: str
    made_at: datetime


def new_key() -> str:
    """256 random bits: nobody guesses them, so a fast digest keeps them well enough."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def add(connection: Connection, shop_id: int, key: str, name: str, who: str, now: datetime) -> None:
    row = {"shop_id": shop_id, "name": name, "digest": digest(key), "hint": key[: len(PREFIX) + 4]}
    connection.execute(storefront_keys.insert().values(**row, made_by=who, made_at=now))


def listed(connection: Connection, shop_id: int) -> list[Listed]:
    table = storefront_keys
    query = select(table.c.id, table.c.name, table.c.hint, table.c.made_by, table.c.made_at)
    return [Listed(*row) for row in connection.execute(query.where(table.c.shop_id == shop_id).order_by(table.c.id))]


def digests(connection: Connection, shop_id: int) -> frozenset[bytes]:
    query = select(storefront_keys.c.digest).where(storefront_keys.c.shop_id == shop_id)
    return frozenset(bytes(found) for found in connection.execute(query).scalars())


def revoke(connection: Connection, shop_id: int, key_id: int) -> bool:
    """Whether there was such a key."""
    of_it = (storefront_keys.c.shop_id == shop_id, storefront_keys.c.id == key_id)
    return connection.execute(delete(storefront_keys).where(*of_it)).rowcount > 0

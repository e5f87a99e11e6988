"""The shop's channels as they were read last."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, select

from plugin.domain.channels import Channel
from plugin.store.schema import channels


def save(connection: Connection, shop_id: int, seen: Iterable[Channel], now: datetime) -> None:
    """These are all there are."""
    connection.execute(delete(channels).where(channels.c.shop_id == shop_id))
    rows = [
        {
            "shop_id": shop_id,
            "slug": channel.slug,
            "channel_id": channel.channel_id,
            "currency": channel.currency,
            "active": channel.active,
            "gross": channel.gross,
            "free_from": channel.free_from,
            "free_in": {country: str(amount) for country, amount in channel.free_in.items()},
            "read_at": now,
        }
        for channel in seen
    ]
    if rows:
        connection.execute(channels.insert(), rows)


_OF_SHOP = select(channels).where(channels.c.shop_id == bindparam("shop")).order_by(channels.c.slug)


def of_shop(connection: Connection, shop_id: int) -> Sequence[Channel]:
    return [_read(row) for row in connection.execute(_OF_SHOP, {"shop": shop_id})]


def _read(row: Row[Any]) -> Channel:
    free_in = {country: Decimal(amount) for country, amount in row.free_in.items()}
    return Channel(row.slug, row.channel_id, row.currency, row.active, row.gross, row.free_from, free_in)


def last_read(connection: Connection, shop_id: int) -> datetime | None:
    statement = select(channels.c.read_at).where(channels.c.shop_id == shop_id).limit(1)
    return connection.execute(statement).scalar_one_or_none()

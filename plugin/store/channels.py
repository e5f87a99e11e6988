"""The shop's channels as they were read last."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, select

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
            "read_at": now,
        }
        for channel in seen
    ]
    if rows:
        connection.execute(channels.insert(), rows)


def of_shop(connection: Connection, shop_id: int) -> Sequence[Channel]:
    statement = select(channels).where(channels.c.shop_id == shop_id).order_by(channels.c.slug)
    return [
        Channel(row.slug, row.channel_id, row.currency, row.active, row.gross, row.free_from)
        for row in connection.execute(statement)
    ]


def last_read(connection: Connection, shop_id: int) -> datetime | None:
    statement = select(channels.c.read_at).where(channels.c.shop_id == shop_id).limit(1)
    return connection.execute(statement).scalar_one_or_none()

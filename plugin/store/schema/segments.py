"""Segments of a merchant's own."""

from sqlalchemy import JSON, Column, String, Table

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import Moment

segments = Table(
    "segments",
    metadata,
    shop_key(primary=True),
    Column("name", String(60), primary_key=True),
    #: As it was said: names of other segments are resolved each time.
    Column("condition", JSON, nullable=False),
    Column("saved_at", Moment, nullable=False),
)

"""Segments of a merchant's own, and who is in those that somebody listens to."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, String, Table

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import BigKey, Moment

segments = Table(
    "segments",
    metadata,
    shop_key(primary=True),
    Column("name", String(60), primary_key=True),
    #: As it was said: names of other segments are resolved each time.
    Column("condition", JSON, nullable=False),
    Column("saved_at", Moment, nullable=False),
)

#: How many were in a segment when they were last counted: a large shop's are not counted while a page waits.
segment_sizes = Table(
    "segment_sizes",
    metadata,
    shop_key(primary=True),
    Column("segment", String(60), primary_key=True),
    Column("size", Integer, nullable=False),
    Column("counted_at", Moment, nullable=False),
)

#: Segments whose members are kept, so that entering and leaving can be told.
watched = Table(
    "watched",
    metadata,
    shop_key(primary=True),
    Column("segment", String(60), primary_key=True),
    #: By the merchant; otherwise a campaign that is on listens to it.
    Column("asked", Boolean, nullable=False),
    Column("since", Moment, nullable=False),
)

members = Table(
    "members",
    metadata,
    Column("customer_id", BigKey, ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True),
    Column("segment", String(60), primary_key=True),
    shop_key(),
    Column("entered_at", Moment, nullable=False),
    # Begins with the segment: whose members somebody is must never be looked for by the shop alone.
    Index("ix_members_segment", "segment", "shop_id"),
)

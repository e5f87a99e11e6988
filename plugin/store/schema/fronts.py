"""What a storefront's pages tell of shoppers, and how often everything was shown."""

from sqlalchemy import Column, Date, ForeignKey, Index, Integer, LargeBinary, String, Table

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import BigKey, Moment

#: With the shopper's consent only.
front_events = Table(
    "front_events",
    metadata,
    shop_key(primary=True),
    #: A digest of the event: the same one told twice is kept once.
    Column("key", LargeBinary(16), primary_key=True),
    #: None for who is not signed in, or does not want to be measured.
    Column("customer_id", BigKey, ForeignKey("customers.id", ondelete="CASCADE")),
    #: domain.deeds.Deed.
    Column("deed", String(20), nullable=False),
    #: What was shown, for deeds about content; a Saleor product for the others.
    Column("content", String(100)),
    Column("product", String(100)),
    Column("at", Moment, nullable=False),
    Index("ix_front_events_customer", "customer_id", "at"),
    Index("ix_front_events_at", "at"),
)

#: Nobody is in it: how often each content was seen, clicked and dismissed on each day of the shop's.
front_counts = Table(
    "front_counts",
    metadata,
    shop_key(primary=True),
    Column("day", Date, primary_key=True),
    Column("content", String(100), primary_key=True),
    Column("deed", String(20), primary_key=True),
    Column("times", Integer, nullable=False),
)

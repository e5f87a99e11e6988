"""What gifts may still cost and have cost: one row a gift, one more for shipping beside it, and running totals."""

from sqlalchemy import Column, Date, Index, String, Table, text

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import Amount, BigKey, Moment

#: What each gift was expected to cost when it was decided, and what it did cost.
reservations = Table(
    "reservations",
    metadata,
    shop_key(primary=True),
    Column("decision_id", BigKey, primary_key=True, autoincrement=False),
    #: gift, or shipping: of the next order, where that is given beside it.
    Column("part", String(10), primary_key=True, server_default="gift"),
    Column("campaign_id", BigKey, nullable=False),
    #: None once the customer has been erased.
    Column("customer_id", BigKey),
    #: That of the order once it is settled: a percentage may be used in another one than was expected.
    Column("currency", String(3), nullable=False),
    #: The shop's day on which it was decided, whose budget it counts against.
    Column("day", Date, nullable=False),
    Column("reserved", Amount, nullable=False),
    Column("settled", Amount, nullable=False, server_default="0"),
    #: reserved, settled, released. Only `reserved` of a reserved one and `settled` of a settled one count.
    Column("status", String(10), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_reservations_customer", "shop_id", "customer_id", "at"),
    Index(
        "ix_reservations_open",
        "shop_id",
        "campaign_id",
        postgresql_where=text("status = 'reserved'"),
        sqlite_where=text("status = 'reserved'"),
    ),
)

#: The sums of `reservations`, written with each of them: by campaign and for the shop, for good and by day.
spending = Table(
    "spending",
    metadata,
    shop_key(primary=True),
    #: 0 for all campaigns together.
    Column("campaign_id", BigKey, primary_key=True, autoincrement=False),
    #: A day of the shop as 2026-06-01, or `total`.
    Column("period", String(10), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("reserved", Amount, nullable=False),
    Column("settled", Amount, nullable=False),
)

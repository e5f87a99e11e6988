"""What came from the platform: deliveries, the newest version of each object, and how far the past is read."""

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, text

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import Amount, BigKey, Moment, Names, Sentence

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigKey, primary_key=True),
    shop_key(),
    #: Digest of shop, event and raw body.
    Column("key", LargeBinary(16), nullable=False),
    Column("event", String(60), nullable=False),
    #: Emptied when the row is done: what it said is in the ledger.
    Column("body", LargeBinary, nullable=False),
    Column("received_at", Moment, nullable=False),
    #: open, done, dead.
    Column("status", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment, nullable=False),
    Column("error", Sentence),
    Index("ix_inbox_key", "shop_id", "key", unique=True),
    Index(
        "ix_inbox_due",
        "shop_id",
        "due_at",
        "id",
        postgresql_where=text("status = 'open'"),
        sqlite_where=text("status = 'open'"),
    ),
    Index(
        "ix_inbox_dead",
        "shop_id",
        "id",
        postgresql_where=text("status = 'dead'"),
        sqlite_where=text("status = 'dead'"),
    ),
    Index("ix_inbox_received_at", "received_at"),
)

orders = Table(
    "orders",
    metadata,
    shop_key(primary=True),
    Column("order_id", String(100), primary_key=True),
    Column("customer_id", BigKey, ForeignKey("customers.id"), nullable=False),
    Column("number", String(60), nullable=False),
    Column("status", String(40), nullable=False),
    Column("counts", Boolean, nullable=False),
    Column("user_id", String(100)),
    Column("email", String(320), nullable=False),
    Column("channel", String(255), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("total", Amount, nullable=False),
    Column("shipping", Amount, nullable=False),
    Column("refunded", Amount, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    #: The event that wrote this version; breaks ties of `updated_at`.
    Column("issued_at", Moment, nullable=False),
    Column("voucher_code", String(255)),
    #: What the voucher took off, shipping included.
    Column("discount", Amount, nullable=False),
    #: Pieces in all lines.
    Column("items", Integer, nullable=False),
    Column("country", String(2)),
    Column("language", String(20)),
    #: Allows or forbids being written to; None where it says nothing.
    Column("marketing", Boolean),
    #: Something of it is to be shipped; None where it was not told.
    Column("ships", Boolean),
    #: Days in which it is to arrive at the latest, as its delivery method said when that was told first.
    Column("promised_days", Integer),
    Index("ix_orders_customer", "shop_id", "customer_id", "placed_at"),
    Index("ix_orders_voucher_code", "shop_id", "voucher_code"),
    Index("ix_orders_placed_at", "shop_id", "placed_at"),
    Index("ix_orders_number", "shop_id", "number"),
)

order_lines = Table(
    "order_lines",
    metadata,
    shop_key(primary=True),
    Column("order_id", String(100), primary_key=True),
    Column("line_id", String(100), primary_key=True),
    Column("quantity", Integer, nullable=False),
    Column("total", Amount, nullable=False),
    Column("name", String(255), nullable=False),
    Column("sku", String(255)),
    Column("variant_id", String(100)),
    Column("product_id", String(100)),
    Column("product_type", String(255)),
    #: The total without tax, and what one piece costs the shop, where they are known.
    Column("net", Amount),
    Column("cost", Amount),
    #: Ids and slugs of the collections that the product was in when the order was first told of; None: not told.
    Column("collections", Names),
)

fulfilments = Table(
    "fulfilments",
    metadata,
    shop_key(primary=True),
    Column("fulfilment_id", String(100), primary_key=True),
    Column("order_id", String(100), nullable=False),
    Column("status", String(40), nullable=False),
    Column("tracking_number", String(255), nullable=False),
    Column("created_at", Moment, nullable=False),
    #: Since when it is known to have this status.
    Column("status_at", Moment, nullable=False),
    #: Fulfilments have no version of their own: the newest event speaks.
    Column("issued_at", Moment, nullable=False),
    Index("ix_fulfilments_order", "shop_id", "order_id"),
)

checkouts = Table(
    "checkouts",
    metadata,
    shop_key(primary=True),
    Column("checkout_id", String(100), primary_key=True),
    Column("user_id", String(100)),
    Column("email", String(320)),
    Column("channel", String(255), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("subtotal", Amount, nullable=False),
    Column("shipping", Amount, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    #: Variant and pieces, as “id:2”.
    Column("variants", Names, nullable=False),
    #: Allows or forbids being written to; None where it says nothing.
    Column("marketing", Boolean),
    #: What it has become; from then on it is no open basket any more.
    Column("order_id", String(100)),
    Index("ix_checkouts_user", "shop_id", "user_id"),
    Index("ix_checkouts_email", "shop_id", "email"),
    Index("ix_checkouts_updated_at", "updated_at"),
    Index(
        "ix_checkouts_order",
        "shop_id",
        "order_id",
        postgresql_where=text("order_id IS NOT NULL"),
        sqlite_where=text("order_id IS NOT NULL"),
    ),
)

#: Earlier versions of checkouts that were left alone for a while before they were changed again; for replays.
left_baskets = Table(
    "left_baskets",
    metadata,
    shop_key(primary=True),
    Column("checkout_id", String(100), primary_key=True),
    Column("changed_at", Moment, primary_key=True),
    #: When it was changed again.
    Column("until", Moment, nullable=False),
    Column("user_id", String(100)),
    Column("email", String(320)),
    Column("channel", String(255), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("subtotal", Amount, nullable=False),
    Column("shipping", Amount, nullable=False),
    Index("ix_left_baskets_user", "shop_id", "user_id"),
    Index("ix_left_baskets_email", "shop_id", "email"),
    Index("ix_left_baskets_changed_at", "changed_at"),
)

#: History read from the platform: how far each walk has come, so that a kill costs one page.
backfills = Table(
    "backfills",
    metadata,
    shop_key(primary=True),
    #: customers, orders: the walk after install; sweep, open: the daily healing.
    Column("kind", String(20), primary_key=True),
    #: running, done, failed.
    Column("status", String(10), nullable=False),
    #: Where the next page begins; None at the beginning.
    Column("cursor", Text),
    #: Objects taken in, and how many there are where that is known.
    Column("done", Integer, nullable=False),
    Column("total", Integer),
    #: A sweep asks for what changed since then.
    Column("since", Moment),
    Column("started_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("error", Sentence),
)

#: The shop's numbers as they were last worked out, for pages that cannot wait.
reports = Table(
    "reports",
    metadata,
    shop_key(primary=True),
    Column("made_at", Moment, nullable=False),
    Column("body", JSON, nullable=False),
)

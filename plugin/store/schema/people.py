"""Customers with their states, and who was erased."""

from sqlalchemy import JSON, Boolean, Column, Date, Float, Index, Integer, LargeBinary, String, Table, text

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import Amount, BigKey, Moment, by_code_point

customers = Table(
    "customers",
    metadata,
    Column("id", BigKey, primary_key=True),
    shop_key(),
    #: None for a guest.
    Column("user_id", String(100)),
    #: Trimmed and case-folded.
    Column("email", by_code_point(320)),
    #: The account's e-mail is proven.
    Column("confirmed", Boolean, nullable=False, server_default=text("false")),
    #: What the account and the orders said of being written to, weighed; and the account's own word (domain.consent).
    Column("opted_out", Boolean, nullable=False, server_default=text("false")),
    Column("account_opted_out", Boolean, nullable=False, server_default=text("false")),
    Column("opted_in_at", Moment),
    #: Since when being written to is agreed to, weighed likewise; None where nobody said yes, or a no came later.
    Column("agreed_at", Moment),
    #: The account says yes, dated (opted_in_at) or not.
    Column("account_agrees", Boolean, nullable=False, server_default=text("false")),
    #: Does not want to be measured.
    Column("objects", Boolean, nullable=False, server_default=text("false")),
    Column("first_name", String(255), nullable=False, server_default=""),
    #: The same in small letters, to be searched by.
    Column("name_key", by_code_point(255), nullable=False, server_default=""),
    Column("language", String(20)),
    Column("account_updated_at", Moment),
    # The fold over the customer's orders (domain.customer.History).
    Column("orders", Integer, nullable=False, server_default="0"),
    Column("purchase_days", Integer, nullable=False, server_default="0"),
    Column("first_at", Moment),
    Column("last_at", Moment),
    Column("last_order_id", String(100)),
    Column("first_day", Date),
    Column("last_day", Date),
    Column("spent", JSON, nullable=False),
    Column("bought", JSON, nullable=False),
    Column("gap_squares", Float, nullable=False, server_default="0"),
    Column("last_gap", Integer),
    Column("recent_28", Float, nullable=False, server_default="0"),
    Column("recent_91", Float, nullable=False, server_default="0"),
    Column("currency", String(3)),
    Column("last_total", Amount, nullable=False, server_default="0"),
    Column("channel", String(255)),
    Column("country", String(2)),
    # What was spent in that currency, and in how many orders: the entries of `spent` and `bought`.
    Column("value", Amount),
    Column("value_orders", Integer, nullable=False, server_default="0"),
    Column("discounted", Integer, nullable=False, server_default="0"),
    Column("refunded", Integer, nullable=False, server_default="0"),
    Column("items", Integer, nullable=False, server_default="0"),
    Column("segment", String(20), nullable=False, server_default="new"),
    #: When the silence is long enough, if no order comes; None for who has never bought.
    Column("at_risk_from", Moment),
    Column("dormant_from", Moment),
    #: The usual gap has passed; and until when the score is one half or more (domain.stages.Turns).
    Column("due_from", Moment),
    Column("likely_until", Moment),
    #: Decisions that gave something, since the last order.
    Column("offers_since_order", Integer, nullable=False, server_default="0"),
    #: When time alone makes something true of this customer.
    Column("next_moment", Moment),
    #: slot → the data of its banner: what the customer is shown, and so promised.
    Column("shown", JSON, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index(
        "ix_customers_user",
        "shop_id",
        "user_id",
        unique=True,
        postgresql_where=text("user_id IS NOT NULL"),
        sqlite_where=text("user_id IS NOT NULL"),
    ),
    Index(
        "ix_customers_guest",
        "shop_id",
        "email",
        unique=True,
        postgresql_where=text("user_id IS NULL"),
        sqlite_where=text("user_id IS NULL"),
    ),
    Index("ix_customers_email", "shop_id", "email"),
    Index("ix_customers_moment", "shop_id", "next_moment"),
    Index("ix_customers_name", "shop_id", "name_key"),
    Index("ix_customers_segment", "shop_id", "segment", "id"),
    # What lists are sorted by; the segment is the one filter that they can tell by themselves.
    Index("ix_customers_at_risk", "shop_id", "at_risk_from", "id", "segment"),
    Index("ix_customers_last", "shop_id", "last_at", "id", "segment"),
    Index("ix_customers_value", "shop_id", "currency", "value", "id", "segment"),
    # Pages are open and lists are kept under the number of somebody erased meanwhile, so that no other may get it.
    sqlite_autoincrement=True,
)

#: Who gets nothing, as keyed hashes of their number or their e-mail.
suppressions = Table(
    "suppressions",
    metadata,
    shop_key(primary=True),
    Column("subject", LargeBinary(16), primary_key=True),
    #: Our number, where that is what was named.
    Column("customer_id", BigKey),
    #: complaint, asked or other.
    Column("reason", String(10), nullable=False),
    #: None for good.
    Column("until", Moment),
    Column("added_by", String(320), nullable=False),
    Column("added_at", Moment, nullable=False),
    Index("ix_suppressions_customer", "shop_id", "customer_id"),
)

#: Who was erased, as keyed hashes: what is older than this is not taken in again.
tombstones = Table(
    "tombstones",
    metadata,
    shop_key(primary=True),
    Column("subject", LargeBinary(16), primary_key=True),
    Column("erased_at", Moment, nullable=False),
)

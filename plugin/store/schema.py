"""All tables. Every key begins with the shop; what is personal is named in `erasure`."""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from plugin.store.types import Amount, BigKey, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _shop(*, primary: bool = False) -> Column[int]:
    return Column("shop_id", BigKey, ForeignKey("shops.id", ondelete="CASCADE"), nullable=False, primary_key=primary)


shops = Table(
    "shops",
    metadata,
    Column("id", BigKey, primary_key=True),
    Column("api_url", String(255), nullable=False, unique=True),
    Column("app_id", String(100), nullable=False),
    #: Encrypted by `plugin.secrets`.
    Column("token", Text, nullable=False),
    Column("jwks", JSON, nullable=False),
    #: ShopStatus: active, or why it rests.
    Column("status", String(20), nullable=False),
    Column("status_since", Moment, nullable=False),
    #: When a shop that left is erased.
    Column("erase_at", Moment),
    Column("name", String(255), nullable=False, server_default=""),
    Column("saleor_version", String(40), nullable=False, server_default=""),
    #: IANA name; Saleor knows none, so the merchant says it.
    Column("time_zone", String(64), nullable=False, server_default="UTC"),
    #: The switch that stops everything at once.
    Column("stopped", Boolean, nullable=False, server_default=text("false")),
    #: The learnt rhythm (domain.churn.Rhythm) and when it was learnt.
    Column("rhythm", JSON, nullable=False),
    Column("rhythm_at", Moment),
    #: The churn model (domain.prediction.Model), learnt together with the rhythm; None before.
    Column("model", JSON),
    #: The merchant's own limits of the life cycle (domain.stages.Limits); what is left out follows the rhythm.
    Column("limits", JSON, nullable=False),
    #: No call to this shop before that moment (429).
    Column("rest_until", Moment),
    #: Origins whose pages may ask the storefront API.
    Column("origins", JSON, nullable=False),
    #: The key of this shop's tombstones, encrypted: it outlives a rotation of the secret keys.
    Column("pepper", Text, nullable=False),
    Column("installed_at", Moment, nullable=False),
    #: When the newest event about this app itself was issued: a late one must not undo it.
    Column("heard_at", Moment),
)

#: What the platform shows of a channel; read at install and daily.
channels = Table(
    "channels",
    metadata,
    _shop(primary=True),
    Column("slug", String(255), primary_key=True),
    Column("channel_id", String(100), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("active", Boolean, nullable=False),
    #: Its prices are shown with tax.
    Column("gross", Boolean, nullable=False),
    #: What the channel's own zero-price rates give everyone; None where no rate does.
    Column("free_from", Amount),
    Column("read_at", Moment, nullable=False),
)

inbox = Table(
    "inbox",
    metadata,
    Column("id", BigKey, primary_key=True),
    _shop(),
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
    Column("error", Text),
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

customers = Table(
    "customers",
    metadata,
    Column("id", BigKey, primary_key=True),
    _shop(),
    #: None for a guest.
    Column("user_id", String(100)),
    #: Trimmed and case-folded.
    Column("email", String(320)),
    #: The account's e-mail is proven.
    Column("confirmed", Boolean, nullable=False, server_default=text("false")),
    Column("first_name", String(255), nullable=False, server_default=""),
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
    Column("discounted", Integer, nullable=False, server_default="0"),
    Column("refunded", Integer, nullable=False, server_default="0"),
    Column("items", Integer, nullable=False, server_default="0"),
    Column("segment", String(20), nullable=False, server_default="new"),
    #: When the silence is long enough, if no order comes; None for who has never bought.
    Column("at_risk_from", Moment),
    Column("dormant_from", Moment),
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
    Index("ix_customers_at_risk", "shop_id", "at_risk_from"),
    Index("ix_customers_segment", "shop_id", "segment", "id"),
)

orders = Table(
    "orders",
    metadata,
    _shop(primary=True),
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
    #: Pieces in all lines.
    Column("items", Integer, nullable=False),
    Column("country", String(2)),
    Column("language", String(20)),
    Index("ix_orders_customer", "shop_id", "customer_id", "placed_at"),
    Index("ix_orders_voucher_code", "shop_id", "voucher_code"),
    Index("ix_orders_placed_at", "shop_id", "placed_at"),
)

order_lines = Table(
    "order_lines",
    metadata,
    _shop(primary=True),
    Column("order_id", String(100), primary_key=True),
    Column("line_id", String(100), primary_key=True),
    Column("quantity", Integer, nullable=False),
    Column("total", Amount, nullable=False),
    Column("name", String(255), nullable=False),
    Column("sku", String(255)),
    Column("variant_id", String(100)),
    Column("product_id", String(100)),
    Column("product_type", String(255)),
)

fulfilments = Table(
    "fulfilments",
    metadata,
    _shop(primary=True),
    Column("fulfilment_id", String(100), primary_key=True),
    Column("order_id", String(100), nullable=False),
    Column("status", String(40), nullable=False),
    Column("tracking_number", String(255), nullable=False),
    Column("created_at", Moment, nullable=False),
    #: Fulfilments have no version of their own: the newest event speaks.
    Column("issued_at", Moment, nullable=False),
    Index("ix_fulfilments_order", "shop_id", "order_id"),
)

checkouts = Table(
    "checkouts",
    metadata,
    _shop(primary=True),
    Column("checkout_id", String(100), primary_key=True),
    Column("user_id", String(100)),
    Column("email", String(320)),
    Column("channel", String(255), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("subtotal", Amount, nullable=False),
    Column("shipping", Amount, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    Index("ix_checkouts_user", "shop_id", "user_id"),
)

#: History read from the platform: how far each walk has come, so that a kill costs one page.
backfills = Table(
    "backfills",
    metadata,
    _shop(primary=True),
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
    Column("error", Text),
)

#: The shop's numbers as they were last worked out, for pages that cannot wait.
reports = Table(
    "reports",
    metadata,
    _shop(primary=True),
    Column("made_at", Moment, nullable=False),
    Column("body", JSON, nullable=False),
)

#: Who was erased, as keyed hashes: what is older than this is not taken in again.
tombstones = Table(
    "tombstones",
    metadata,
    _shop(primary=True),
    Column("subject", LargeBinary(16), primary_key=True),
    Column("erased_at", Moment, nullable=False),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", BigKey, primary_key=True),
    _shop(),
    Column("name", String(100), nullable=False),
    Column("tactic", String(60), nullable=False),
    Column("status", String(10), nullable=False),
    Column("version", Integer, nullable=False),
    Column("params", JSON, nullable=False),
    Column("salt", String(32), nullable=False),
    Column("control_share", Float, nullable=False),
    Column("pause_days", Integer, nullable=False),
    Column("inside_per_day", Integer, nullable=False),
    Column("switched_on_at", Moment),
    #: Those inside are taken in order of their id, up to this one so far.
    Column("inside_after", BigKey, nullable=False, server_default="0"),
    Column("created_at", Moment, nullable=False),
    Index("ix_campaigns_name", "shop_id", "name", unique=True),
)

#: Every edit and every change of status, with who and when; never changed.
campaign_versions = Table(
    "campaign_versions",
    metadata,
    Column("id", BigKey, primary_key=True),
    _shop(),
    Column("campaign_id", BigKey, ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("edited_by", String(320), nullable=False),
    Column("edited_at", Moment, nullable=False),
    Index("ix_campaign_versions_campaign", "shop_id", "campaign_id", "id"),
)

#: The arm a customer was put in, before the first exposure.
arms = Table(
    "arms",
    metadata,
    Column("campaign_id", BigKey, ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("customer_id", BigKey, primary_key=True),
    _shop(),
    Column("arm", String(10), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_arms_customer", "shop_id", "customer_id"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", BigKey, primary_key=True),
    _shop(),
    Column("campaign_id", BigKey, ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("campaign_version", Integer, nullable=False),
    Column("customer_id", BigKey, nullable=False),
    #: None for what has no episode (a banner).
    Column("episode", String(100)),
    Column("outcome", String(10), nullable=False),
    Column("reason", Text, nullable=False),
    Column("trigger", String(10), nullable=False),
    Column("decided_at", Moment, nullable=False),
    #: The same need never gives twice.
    Index("ix_decisions_episode", "shop_id", "campaign_id", "customer_id", "episode", unique=True),
    Index("ix_decisions_customer", "shop_id", "customer_id", "decided_at"),
    Index("ix_decisions_decided_at", "shop_id", "decided_at"),
    Index("ix_decisions_outcome", "shop_id", "campaign_id", "outcome"),
)

effects = Table(
    "effects",
    metadata,
    Column("id", BigKey, primary_key=True),
    _shop(),
    #: What it is for, so that nothing is asked for twice.
    Column("key", String(200), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("status", String(10), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("result", JSON),
    Column("campaign_id", BigKey),
    Column("decision_id", BigKey),
    #: None for what belongs to the whole shop.
    Column("customer_id", BigKey),
    #: The effect that must be done first.
    Column("waits_for", BigKey),
    #: Effects of one group can be carried out in one call.
    Column("batch", String(200)),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", Moment, nullable=False),
    Column("leased_until", Moment),
    Column("lease", String(32)),
    Column("error", Text),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("ix_effects_key", "shop_id", "key", unique=True),
    Index(
        "ix_effects_due",
        "shop_id",
        "due_at",
        "id",
        postgresql_where=text("status IN ('open', 'failed', 'leased')"),
        sqlite_where=text("status IN ('open', 'failed', 'leased')"),
    ),
    Index("ix_effects_customer", "shop_id", "customer_id"),
    Index("ix_effects_waits_for", "waits_for"),
    Index("ix_effects_status", "shop_id", "status"),
)

#: One Saleor voucher: a version of a campaign and the day it expires.
vouchers = Table(
    "vouchers",
    metadata,
    Column("id", BigKey, primary_key=True),
    _shop(),
    Column("key", String(200), nullable=False),
    Column("campaign_id", BigKey, nullable=False),
    Column("campaign_version", Integer, nullable=False),
    Column("expires_at", Moment, nullable=False),
    #: Saleor's id, once it is there.
    Column("voucher_id", String(100)),
    #: The code it is made with, chosen before the first call and kept for every later one.
    Column("first_code", String(40)),
    #: open, made, gone (removed by the merchant), withdrawn (by us).
    Column("status", String(10), nullable=False),
    Index("ix_vouchers_key", "shop_id", "key", unique=True),
    Index("ix_vouchers_voucher", "shop_id", "voucher_id"),
)

#: Whose code it is; Saleor cannot tell.
codes = Table(
    "codes",
    metadata,
    _shop(primary=True),
    Column("code", String(40), primary_key=True),
    Column("decision_id", BigKey, nullable=False),
    Column("campaign_id", BigKey, nullable=False),
    Column("customer_id", BigKey, nullable=False),
    Column("voucher", BigKey, ForeignKey("vouchers.id"), nullable=False),
    #: Saleor's id, needed to take it back.
    Column("code_id", String(100)),
    #: drawn, issued, redeemed, withdrawn.
    Column("status", String(10), nullable=False),
    Column("drawn_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("redeemed_at", Moment),
    Column("order_id", String(100)),
    Index("ix_codes_decision", "shop_id", "decision_id", unique=True),
    Index("ix_codes_customer", "shop_id", "customer_id"),
    Index("ix_codes_voucher", "voucher"),
)

#: What we last wrote to a page, so that what the merchant changed since is left alone.
pages = Table(
    "pages",
    metadata,
    _shop(primary=True),
    Column("slug", String(255), primary_key=True),
    Column("attribute", String(255), primary_key=True),
    Column("page_id", String(100), nullable=False),
    Column("written", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
)

#: Trouble that the merchant has been told of and that is not over yet.
problems = Table(
    "problems",
    metadata,
    _shop(primary=True),
    Column("key", String(60), primary_key=True),
    Column("message", Text, nullable=False),
    Column("raised_at", Moment, nullable=False),
)

#: Wake-ups from other processes, for the engine on SQLite.
wakes = Table(
    "wakes",
    metadata,
    Column("lane", String(100), primary_key=True),
    Column("at", Moment, nullable=False),
)

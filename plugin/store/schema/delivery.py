"""What goes back to the platform: effects, vouchers and their codes."""

from sqlalchemy import JSON, Column, ForeignKey, Index, Integer, String, Table, Text, text

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import BigKey, Moment, OfferText, Sentence

effects = Table(
    "effects",
    metadata,
    Column("id", BigKey, primary_key=True),
    shop_key(),
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
    Column("error", Sentence),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Index("ix_effects_key", "shop_id", "key", unique=True),
    Index(
        "ix_effects_due",
        "shop_id",
        "due_at",
        "id",
        postgresql_where=text("status IN ('open', 'failed', 'leased') AND kind <> 'message'"),
        sqlite_where=text("status IN ('open', 'failed', 'leased') AND kind <> 'message'"),
    ),
    Index(
        "ix_effects_messages",
        "shop_id",
        "due_at",
        "id",
        postgresql_where=text("status IN ('open', 'failed', 'leased') AND kind = 'message'"),
        sqlite_where=text("status IN ('open', 'failed', 'leased') AND kind = 'message'"),
    ),
    Index(
        "ix_effects_in_flight",
        "shop_id",
        "status",
        postgresql_where=text("status IN ('in_flight', 'parked')"),
        sqlite_where=text("status IN ('in_flight', 'parked')"),
    ),
    Index(
        "ix_effects_batched",
        "shop_id",
        "due_at",
        "id",
        postgresql_where=text("status IN ('open', 'failed', 'leased') AND batch IS NOT NULL"),
        sqlite_where=text("status IN ('open', 'failed', 'leased') AND batch IS NOT NULL"),
    ),
    Index("ix_effects_customer", "shop_id", "customer_id"),
    Index(
        "ix_effects_waits_for",
        "waits_for",
        postgresql_where=text("waits_for IS NOT NULL"),
        sqlite_where=text("waits_for IS NOT NULL"),
    ),
    Index("ix_effects_status", "shop_id", "status"),
)

#: One Saleor voucher: a version of a campaign and the day it expires.
vouchers = Table(
    "vouchers",
    metadata,
    Column("id", BigKey, primary_key=True),
    shop_key(),
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
    shop_key(primary=True),
    Column("code", String(40), primary_key=True),
    Column("decision_id", BigKey, nullable=False),
    Column("campaign_id", BigKey, nullable=False),
    Column("customer_id", BigKey, nullable=False),
    #: voucher or gift_card.
    Column("kind", String(10), nullable=False, server_default="voucher"),
    #: None for a gift card.
    Column("voucher", BigKey, ForeignKey("vouchers.id")),
    #: The effect that puts it there.
    Column("effect_id", BigKey),
    #: Saleor's id of the code or the gift card, needed to take it back.
    Column("code_id", String(100)),
    #: What was promised with it.
    Column("offer", OfferText),
    #: The banner that tells of it, asked for once the code is at the platform.
    Column("banner", JSON(none_as_null=True)),
    #: How the customer is told that the next order ships free, promised once the code is at the platform.
    Column("next_order", Text),
    #: drawn, issued, redeemed, withdrawn, expired.
    Column("status", String(10), nullable=False),
    Column("drawn_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("redeemed_at", Moment),
    Column("order_id", String(100)),
    Index("ix_codes_decision", "shop_id", "decision_id", unique=True),
    Index("ix_codes_customer", "shop_id", "customer_id"),
    Index("ix_codes_listed", "shop_id", "campaign_id", "status", "decision_id"),
    Index("ix_codes_voucher", "voucher", "effect_id"),
    Index(
        "ix_codes_gift_card",
        "shop_id",
        "code_id",
        postgresql_where=text("kind = 'gift_card'"),
        sqlite_where=text("kind = 'gift_card'"),
    ),
    Index(
        "ix_codes_redeemed",
        "shop_id",
        "redeemed_at",
        postgresql_where=text("redeemed_at IS NOT NULL"),
        sqlite_where=text("redeemed_at IS NOT NULL"),
    ),
    Index(
        "ix_codes_alive",
        "shop_id",
        "expires_at",
        postgresql_where=text("status IN ('drawn', 'issued')"),
        sqlite_where=text("status IN ('drawn', 'issued')"),
    ),
)

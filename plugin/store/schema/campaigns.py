"""Campaigns, what was worked out before they were switched on, who is left alone, and what was decided."""

from sqlalchemy import JSON, Boolean, Column, Date, Float, ForeignKey, Index, Integer, String, Table

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import BigKey, Moment, Sentence

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", BigKey, primary_key=True),
    shop_key(),
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
    #: For how many of them something was decided on the shop's day that it was last done on.
    Column("inside_day", Date),
    Column("inside_taken", Integer, nullable=False, server_default="0"),
    #: Conditions as they were said, so that a named segment is looked up each time.
    Column("audience", JSON(none_as_null=True)),
    Column("exclude", JSON(none_as_null=True)),
    Column("priority", Integer, nullable=False),
    Column("starts_at", Moment),
    Column("ends_at", Moment),
    Column("budgets", JSON, nullable=False),
    Column("channels", JSON, nullable=False),
    Column("reissue_after_cancel", Boolean, nullable=False),
    Column("created_at", Moment, nullable=False),
    Index("ix_campaigns_name", "shop_id", "name", unique=True),
)

#: Every edit and every change of status, with who and when; never changed.
campaign_versions = Table(
    "campaign_versions",
    metadata,
    Column("id", BigKey, primary_key=True),
    shop_key(),
    Column("campaign_id", BigKey, ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("version", Integer, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("edited_by", String(320), nullable=False),
    Column("edited_at", Moment, nullable=False),
    Index("ix_campaign_versions_campaign", "shop_id", "campaign_id", "id"),
)

#: What a campaign would do, or would have done, worked out beside: the last of each kind.
rehearsals = Table(
    "rehearsals",
    metadata,
    Column("campaign_id", BigKey, ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("kind", String(10), primary_key=True),
    shop_key(),
    #: Of the campaign that it says something of.
    Column("version", Integer, nullable=False),
    Column("asked_by", String(320), nullable=False),
    Column("asked_at", Moment, nullable=False),
    #: When the process that works it out was last heard of, and how far it had come.
    Column("heard_at", Moment, nullable=False),
    Column("step", String(60), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    #: None while it is worked out.
    Column("ended_at", Moment),
    Column("body", JSON(none_as_null=True)),
    #: Why there is none.
    Column("error", Sentence, nullable=False),
    Index("ix_rehearsals_shop", "shop_id"),
)

#: The arm a customer was put in, before the first exposure.
arms = Table(
    "arms",
    metadata,
    Column("campaign_id", BigKey, ForeignKey("campaigns.id", ondelete="CASCADE"), primary_key=True),
    Column("customer_id", BigKey, primary_key=True),
    shop_key(),
    Column("arm", String(10), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_arms_customer", "shop_id", "customer_id"),
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", BigKey, primary_key=True),
    shop_key(),
    Column("campaign_id", BigKey, ForeignKey("campaigns.id", ondelete="CASCADE"), nullable=False),
    Column("campaign_version", Integer, nullable=False),
    Column("customer_id", BigKey, nullable=False),
    #: None for what has no episode (a banner).
    Column("episode", String(100)),
    #: What put it off (domain.guardrails.Limit), empty for an answer that stands: kept once a need and limit.
    Column("put_off_by", String(20), nullable=False, server_default=""),
    #: When that is asked again.
    Column("again_at", Moment),
    Column("outcome", String(10), nullable=False),
    Column("reason", Sentence, nullable=False),
    Column("trigger", String(10), nullable=False),
    Column("decided_at", Moment, nullable=False),
    #: The same need never gives twice.
    Index("ix_decisions_episode", "shop_id", "campaign_id", "customer_id", "episode", "put_off_by", unique=True),
    Index("ix_decisions_customer", "shop_id", "customer_id", "decided_at"),
    Index("ix_decisions_decided_at", "shop_id", "decided_at", "id"),
    Index("ix_decisions_outcome", "shop_id", "campaign_id", "outcome"),
    # Reservations and gift cards outlive an erased decision under its number, so no other may get it.
    sqlite_autoincrement=True,
)

"""A shop, its channels, and what is kept about it besides its customers."""

from sqlalchemy import JSON, Boolean, Column, Index, String, Table, Text, text

from plugin.store.schema.tables import metadata, shop_key
from plugin.store.types import Amount, BigKey, Moment

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
    #: What the merchant said around every tactic (domain.guardrails); what is left out is as by default.
    Column("guardrails", JSON, nullable=False),
    #: The switch that stops everything at once.
    Column("stopped", Boolean, nullable=False, server_default=text("false")),
    #: The learnt rhythm (domain.churn.Rhythm) and when it was learnt.
    Column("rhythm", JSON, nullable=False),
    Column("rhythm_at", Moment),
    #: The churn model (domain.prediction.Model), learnt together with the rhythm; None before.
    Column("model", JSON),
    #: Currency → what the top fifth of its spenders has spent at least, learnt together with the rhythm.
    Column("high_value", JSON, nullable=False),
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

#: Every change of the guardrails, with who and when; never changed.
guardrail_versions = Table(
    "guardrail_versions",
    metadata,
    Column("id", BigKey, primary_key=True),
    shop_key(),
    Column("guardrails", JSON, nullable=False),
    Column("edited_by", String(320), nullable=False),
    Column("edited_at", Moment, nullable=False),
    Index("ix_guardrail_versions_shop", "shop_id", "id"),
)

#: What the platform shows of a channel; read at install and daily.
channels = Table(
    "channels",
    metadata,
    shop_key(primary=True),
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

#: What we last wrote to a page, so that what the merchant changed since is left alone.
pages = Table(
    "pages",
    metadata,
    shop_key(primary=True),
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
    shop_key(primary=True),
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

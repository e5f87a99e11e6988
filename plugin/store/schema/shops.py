"""A shop, its channels, and what is kept about it besides its customers."""

from sqlalchemy import JSON, Boolean, Column, Index, LargeBinary, String, Table, Text, text

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
    #: What sending one order costs, by currency; and in which voice texts are written (domain.voices). None: not said.
    Column("shipping_costs", JSON(none_as_null=True)),
    Column("voice", String(10)),
    #: When the merchant answered the first questions, or put them aside.
    Column("asked_at", Moment),
    #: What the merchant said around every tactic (domain.guardrails); what is left out is as by default.
    Column("guardrails", JSON, nullable=False),
    #: In whose name messages are sent (domain.sending); what is left out is as by default.
    Column("sending", JSON, nullable=False),
    #: The switch that stops everything at once.
    Column("stopped", Boolean, nullable=False, server_default=text("false")),
    #: The storefront's fixed test shoppers may ask.
    Column("test_mode", Boolean, nullable=False, server_default=text("false")),
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

#: Every change of what else a shop is set to, with who and when; never changed.
setting_edits = Table(
    "setting_edits",
    metadata,
    Column("id", BigKey, primary_key=True),
    shop_key(),
    Column("name", String(40), nullable=False),
    Column("said", JSON, nullable=False),
    Column("edited_by", String(320), nullable=False),
    Column("edited_at", Moment, nullable=False),
    Index("ix_setting_edits_shop", "shop_id", "name", "id"),
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
    #: The same by country.
    Column("free_in", JSON, nullable=False),
    Column("read_at", Moment, nullable=False),
)

#: With which a storefront's server asks for its shoppers; only digests, so that none can be read here.
storefront_keys = Table(
    "storefront_keys",
    metadata,
    Column("id", BigKey, primary_key=True),
    shop_key(),
    Column("name", String(60), nullable=False),
    Column("digest", LargeBinary(32), nullable=False),
    Column("hint", String(20), nullable=False),
    Column("made_by", String(320), nullable=False),
    Column("made_at", Moment, nullable=False),
    Index("ix_storefront_keys_shop", "shop_id", "id"),
)

#: What we last wrote to a page, so that what the merchant changed since is left alone; or why we did not.
pages = Table(
    "pages",
    metadata,
    shop_key(primary=True),
    Column("slug", String(255), primary_key=True),
    Column("attribute", String(255), primary_key=True),
    #: None where nothing of the page is ours, or not any more.
    Column("written", Text),
    #: Why what should stand there does not: the merchant's own page, say.
    Column("refused", Text),
    Column("looked_at", Moment, nullable=False),
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

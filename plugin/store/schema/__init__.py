"""All tables, by subject. Every key begins with the shop; `plugin.flow.erase` knows what is personal."""

from plugin.store.schema.campaigns import arms, campaign_versions, campaigns, decisions, rehearsals
from plugin.store.schema.delivery import codes, effects, vouchers
from plugin.store.schema.fronts import front_counts, front_events
from plugin.store.schema.ledger import (
    backfills,
    checkouts,
    fulfilments,
    inbox,
    left_baskets,
    order_lines,
    orders,
    reports,
)
from plugin.store.schema.messages import contact_choices, messages
from plugin.store.schema.money import reservations, spending
from plugin.store.schema.needs import need_models, shortages
from plugin.store.schema.people import customers, suppressions, tombstones
from plugin.store.schema.segments import members, segment_sizes, segments, watched
from plugin.store.schema.shops import (
    channels,
    guardrail_versions,
    pages,
    problems,
    setting_edits,
    shops,
    storefront_keys,
    wakes,
)
from plugin.store.schema.stock import gift_stock, public_offers
from plugin.store.schema.tables import metadata

__all__ = [
    "arms",
    "backfills",
    "campaign_versions",
    "campaigns",
    "channels",
    "checkouts",
    "codes",
    "contact_choices",
    "customers",
    "decisions",
    "effects",
    "front_counts",
    "front_events",
    "fulfilments",
    "gift_stock",
    "guardrail_versions",
    "inbox",
    "left_baskets",
    "members",
    "messages",
    "metadata",
    "need_models",
    "order_lines",
    "orders",
    "pages",
    "problems",
    "public_offers",
    "rehearsals",
    "reports",
    "reservations",
    "segment_sizes",
    "segments",
    "setting_edits",
    "shops",
    "shortages",
    "spending",
    "storefront_keys",
    "suppressions",
    "tombstones",
    "vouchers",
    "wakes",
    "watched",
]

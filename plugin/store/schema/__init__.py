"""All tables, by subject. Every key begins with the shop; `plugin.flow.erase` knows what is personal."""

from plugin.store.schema.campaigns import arms, campaign_versions, campaigns, decisions
from plugin.store.schema.delivery import codes, effects, vouchers
from plugin.store.schema.ledger import backfills, checkouts, fulfilments, inbox, order_lines, orders, reports
from plugin.store.schema.money import reservations, spending
from plugin.store.schema.people import customers, suppressions, tombstones
from plugin.store.schema.segments import members, segments, watched
from plugin.store.schema.shops import channels, guardrail_versions, pages, problems, shops, wakes
from plugin.store.schema.tables import metadata

__all__ = [
    "arms",
    "backfills",
    "campaign_versions",
    "campaigns",
    "channels",
    "checkouts",
    "codes",
    "customers",
    "decisions",
    "effects",
    "fulfilments",
    "guardrail_versions",
    "inbox",
    "members",
    "metadata",
    "order_lines",
    "orders",
    "pages",
    "problems",
    "reports",
    "reservations",
    "segments",
    "shops",
    "spending",
    "suppressions",
    "tombstones",
    "vouchers",
    "wakes",
    "watched",
]

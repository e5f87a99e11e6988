"""A shop that has just installed the app: campaigns with sensible defaults, off until switched on.

A tactic that cannot do without the merchant's word has none: a gift, say, that nobody has named.
"""

from datetime import datetime

from sqlalchemy import Connection

from plugin.flow import asks
from plugin.store import campaigns
from plugin.store.campaigns import Limits, Tactics


def settle(connection: Connection, shop_id: int, tactics: Tactics, now: datetime) -> None:
    """One draft of each tactic that the shop has none of; a reinstall finds its campaigns as they were.

    What a campaign that is on has at the platform may be gone since the shop left, so it is asked for again.
    """
    found = campaigns.of_shop(connection, shop_id, tactics)
    for campaign in found:
        if campaign.on:
            asks.follow_campaign(connection, shop_id, campaign, now)
    known = {campaign.tactic.key for campaign in found}
    for key, tactic in sorted(tactics.items()):
        if key not in known and not list(tactic.check(tactic.params())):
            campaigns.create(connection, shop_id, key.replace("_", "-"), tactic, tactic.params(), Limits(), now)

"""A shop that has just installed the app: campaigns with sensible defaults, off until switched on.

A tactic that cannot do without the merchant's word has none: a gift, say, that nobody has named, or a segment.
"""

from datetime import datetime

from sqlalchemy import Connection

from plugin.domain.tactic import by_stays
from plugin.domain.voices import spoken
from plugin.flow import asks
from plugin.store import campaigns, shops, stock
from plugin.store.campaigns import Limits, Tactics


def settle(connection: Connection, shop_id: int, tactics: Tactics, now: datetime) -> None:
    """One draft of each tactic that the shop has none of; a reinstall finds its campaigns as they were.

    What a campaign that is on has at the platform may be gone since the shop left, so it is asked for again.
    """
    shop = shops.get(connection, shop_id)
    today = stock.today(connection, shop_id, now, shop.zone)
    found = campaigns.of_shop(connection, shop_id, tactics)
    for campaign in found:
        if campaign.on:
            asks.follow_campaign(connection, shop_id, campaign, today)
    known = {campaign.tactic.key for campaign in found}
    for key, tactic in sorted(tactics.items()):
        default = tactic.params()
        if key not in known and not by_stays(tactic, default) and not list(tactic.check(default)):
            params = spoken(default, tactic.voices, shop.voice)
            campaigns.create(
                connection, shop_id, key.replace("_", "-"), tactic, params, Limits(pause_days=tactic.pause_days), now
            )

"""Campaigns whose end has come: they end by themselves, and codes already issued stay valid."""

from plugin.domain.campaigns import CampaignStatus
from plugin.flow.house import House
from plugin.flow.switch import switch_off
from plugin.store import campaigns
from plugin.store.shops import Shop

#: Who is said to have ended them.
WHO = "schedule"


def end_what_is_over(house: House, shop: Shop) -> list[str]:
    """The names of the campaigns that were ended."""
    now = house.clock()
    with house.database.read() as connection:
        over = [
            one.name for one in campaigns.of_shop(connection, shop.shop_id, house.tactics) if one.on and one.over(now)
        ]
    for name in over:
        switch_off(house, shop.shop_id, name, CampaignStatus.ENDED, WHO)
    return over

"""A campaign, switched on and off: from the command line and from the merchant's page alike."""

from dataclasses import replace

import anyio

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.conditions import moves_by_time
from plugin.engine.port import Lane, LaneKind
from plugin.flow import asks, preflight
from plugin.flow.catalogue import refuse_missing
from plugin.flow.defaults import refresh_channels
from plugin.flow.fit import fit_apart
from plugin.flow.house import House
from plugin.flow.learn import learn, measure_again
from plugin.flow.scene import set_scene
from plugin.flow.thresholds import KEY
from plugin.flow.watching import follow_campaigns
from plugin.store import campaigns, shops


async def switch_on(
    house: House, shop_id: int, name: str, inside_per_day: int, who: str, confirmed: bool = False
) -> int:
    """For who enters from now on, and at most so many a day of those inside already.

    The first decision needs the shop's currencies and its rhythm, so both are read first. confirmed: an
    audience of everybody or of nobody is meant. Returns how many are inside. Raises `Rejected`.
    """
    await refresh_channels(house, shop_id)
    await refuse_missing(house, shop_id, name)
    campaign, inside = await anyio.to_thread.run_sync(_on, house, shop_id, name, inside_per_day, who, confirmed)
    await anyio.to_thread.run_sync(follow_campaigns, house, shop_id)
    if moves_by_time(campaign.audience) or moves_by_time(campaign.exclude):
        await anyio.to_thread.run_sync(measure_again, house, shop_id, house.clock())  # when each of them may come in
    if campaign.tactic.key == KEY:
        await refresh_channels(house, shop_id)  # the default for everyone is written while a campaign is on
    await anyio.to_thread.run_sync(house.wake, [Lane(LaneKind.TICK, shop_id), Lane(LaneKind.DELIVER, shop_id)])
    return inside


def _on(house: House, shop_id: int, name: str, inside_per_day: int, who: str, confirmed: bool) -> tuple[Campaign, int]:
    learn(house, shop_id, fit=fit_apart)
    with house.database.write() as connection:
        now = house.clock()
        found = campaigns.get(connection, shop_id, name, house.tactics)
        scene = set_scene(connection, house, shops.get(connection, shop_id), now)
        hold_against = preflight.refuse if confirmed else preflight.confirm
        hold_against(preflight.look(connection, scene, found))
        if inside_per_day != found.inside_per_day:
            limits = replace(campaigns.limits_of(found), inside_per_day=inside_per_day)
            found = campaigns.edit(connection, shop_id, found, found.params, limits, who, now)
        changed = campaigns.change_status(connection, shop_id, found, CampaignStatus.ON, who, now)
        asks.follow_campaign(connection, shop_id, changed, now)
        return changed, preflight.inside(connection, scene, changed)


def switch_off(house: House, shop_id: int, name: str, status: CampaignStatus, who: str) -> None:
    """Paused or ended: nothing more is decided or delivered, and what was promised gets its end."""
    with house.database.write() as connection:
        found = campaigns.get(connection, shop_id, name, house.tactics)
        changed = campaigns.change_status(connection, shop_id, found, status, who, house.clock())
        asks.follow_campaign(connection, shop_id, changed, house.clock())
    follow_campaigns(house, shop_id)
    measure_again(house, shop_id, house.clock())

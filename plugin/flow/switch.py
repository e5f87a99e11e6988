"""A campaign, switched on and off: from the command line and from the merchant's page alike."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import anyio

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.conditions import moves_by_time
from plugin.domain.tactic import TriggerKind
from plugin.engine.port import Lane, LaneKind
from plugin.flow import asks, preflight
from plugin.flow.catalogue import refuse_missing
from plugin.flow.defaults import refresh_channels
from plugin.flow.fit import fit_apart
from plugin.flow.fit_needs import fit_needs_apart
from plugin.flow.gift_stock import look_before
from plugin.flow.house import House
from plugin.flow.learn import LEARN_EVERY, learn, measure_again
from plugin.flow.membership import follow
from plugin.flow.scene import set_scene
from plugin.flow.thresholds import KEY
from plugin.flow.watching import follow_campaigns
from plugin.store import campaigns, needs, shops


@dataclass(frozen=True, slots=True)
class SwitchedOn:
    #: Who has the need already.
    inside: int
    #: How many of them a day are meant; 0 for none.
    per_day: int
    #: Why a page that is for everyone was left as it is, a sentence each.
    left: Sequence[str] = ()


async def switch_on(
    house: House, shop_id: int, name: str, inside_per_day: int | None, who: str, confirmed: bool = False
) -> SwitchedOn:
    """For who enters from now on, and at most so many a day of those inside already; None: as was said before.

    The first decision needs the shop's currencies and its rhythm, so both are read first. confirmed: an
    audience of everybody or of nobody is meant. Raises `Rejected`.
    """
    await refresh_channels(house, shop_id)
    await refuse_missing(house, shop_id, name)
    await look_before(house, shop_id, name)
    campaign, inside, new = await anyio.to_thread.run_sync(_on, house, shop_id, name, inside_per_day, who, confirmed)
    shipping = campaign.tactic.key == KEY
    by_time = moves_by_time(campaign.audience) or moves_by_time(campaign.exclude)
    if new or shipping or by_time or _has_moments_of_its_own(campaign):
        # When each of them may come in, and what was shown before under the rules of now.
        await anyio.to_thread.run_sync(measure_again, house, shop_id, house.clock())
    left: Sequence[str] = ()
    if shipping or campaign.tactic.content is not None:
        left = await refresh_channels(house, shop_id)  # the default for everyone is written while a campaign is on
    await anyio.to_thread.run_sync(house.wake, [Lane(LaneKind.TICK, shop_id), Lane(LaneKind.DELIVER, shop_id)])
    return SwitchedOn(inside, campaign.inside_per_day, left)


def _has_moments_of_its_own(campaign: Campaign) -> bool:
    """Ones that nobody has been asked for before it was on: those at which a silence turns are known of everybody."""
    return TriggerKind.MOMENT in campaign.tactic.listens_to and campaign.tactic.need is None


def _learnt_before(house: House, shop_id: int, name: str) -> timedelta:
    """How old must be what was learnt: needs that nobody could learn until now are not left for tomorrow."""
    with house.database.read() as connection:
        tactic = campaigns.glance(connection, shop_id, name, house.tactics).tactic
        unknown = tactic.knows_needs and needs.model_of(connection, shop_id) is None
    return timedelta(0) if unknown else LEARN_EVERY


def _on(
    house: House, shop_id: int, name: str, inside_per_day: int | None, who: str, confirmed: bool
) -> tuple[Campaign, int, bool]:
    """The campaign, how many are inside, and whether a segment is watched from now on: before anybody is asked about."""
    learn(house, shop_id, _learnt_before(house, shop_id, name), fit=fit_apart, fit_needs=fit_needs_apart)
    with house.database.write() as connection:
        now = house.clock()
        found = campaigns.get(connection, shop_id, name, house.tactics)
        scene = set_scene(connection, house, shops.get(connection, shop_id), now)
        hold_against = preflight.refuse if confirmed else preflight.confirm
        hold_against(preflight.look(connection, scene, found))
        if inside_per_day not in {None, found.inside_per_day}:
            limits = replace(campaigns.limits_of(found), inside_per_day=inside_per_day)
            found = campaigns.edit(connection, shop_id, found, found.params, limits, who, now)
        changed = campaigns.change_status(connection, shop_id, found, CampaignStatus.ON, who, now)
        asks.follow_campaign(connection, shop_id, changed, scene.calendar)
        new = follow(connection, set_scene(connection, house, shops.get(connection, shop_id), now))
        return changed, preflight.inside(connection, scene, changed), new


def switch_off(house: House, shop_id: int, name: str, status: CampaignStatus, who: str) -> None:
    """Paused or ended: nothing more is decided or delivered, and what was promised gets its end."""
    with house.database.write() as connection:
        found = campaigns.get(connection, shop_id, name, house.tactics)
        changed = campaigns.change_status(connection, shop_id, found, status, who, house.clock())
        scene = set_scene(connection, house, shops.get(connection, shop_id), house.clock())
        asks.follow_campaign(connection, shop_id, changed, scene.calendar)
    follow_campaigns(house, shop_id)
    measure_again(house, shop_id, house.clock())

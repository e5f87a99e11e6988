"""What time alone has made true: found by a stored moment, so that the cost grows with who is due."""

from dataclasses import replace
from datetime import datetime, time

from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign
from plugin.domain.decide import Outcome
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.flow.house import House
from plugin.flow.reconsider import reconsider
from plugin.flow.scene import Scene, set_scene
from plugin.store import backfills, campaigns, customers, decisions, shops

#: Customers of one transaction.
BATCH = 100


def tick(house: House, shop_id: int) -> bool:
    """One batch of the shop's due moments and of those inside; whether there may be more."""
    now = house.clock()
    with house.database.write() as connection:
        shop = shops.hold(connection, shop_id)
        if not shop.active or shop.stopped or backfills.past_is_coming(connection, shop_id, now):
            return False  # moments stay due: with half of the past read, yesterday's customer looks silent
        scene = replace(set_scene(connection, house, shop, now), vouchers={})
        more = _moments(connection, scene)
        for campaign in scene.campaigns:
            if campaign.runs(now) and campaign.inside_per_day:
                more = _inside(connection, scene, campaign) or more
    return more


def _moments(connection: Connection, scene: Scene) -> bool:
    due = customers.due(connection, scene.shop_id, scene.now, BATCH)
    for customer_id in due:
        customer = customers.lock(connection, scene.shop_id, customer_id)
        if customer is not None and customer.next_moment is not None:
            trigger = Trigger(TriggerKind.MOMENT, customer.next_moment)
            reconsider(connection, scene, customer, customer.state.history, trigger)
    return len(due) == BATCH


def _inside(connection: Connection, scene: Scene, campaign: Campaign) -> bool:
    """Those who were inside when the campaign was switched on, at most so many a day of the shop's."""
    left = campaign.inside_per_day - decisions.counted_since(
        connection, scene.shop_id, campaign.campaign_id, TriggerKind.INSIDE, _midnight(scene)
    )
    if left <= 0:
        return False
    reached = campaigns.inside_after(connection, scene.shop_id, campaign.campaign_id)
    ids = customers.after(connection, scene.shop_id, reached, BATCH)
    for customer_id in ids:
        reached = customer_id
        customer = customers.lock(connection, scene.shop_id, customer_id)
        if customer is None:
            continue
        trigger = Trigger(TriggerKind.INSIDE, scene.now, campaign.campaign_id)
        made = reconsider(connection, scene, customer, customer.state.history, trigger)
        left -= sum(decision.outcome is not Outcome.NOTHING for decision in made)
        if left <= 0:
            break
    campaigns.save_inside_after(connection, scene.shop_id, campaign.campaign_id, reached)
    return bool(ids) and left > 0


def _midnight(scene: Scene) -> datetime:
    return datetime.combine(scene.now.astimezone(scene.zone).date(), time(0), scene.zone)

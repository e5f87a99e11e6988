"""What time alone has made true: found by a stored moment, so that the cost grows with who is due."""

from dataclasses import replace
from datetime import datetime, time, timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from plugin.domain.campaigns import Campaign
from plugin.domain.decide import Decision, Outcome
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.errors import TryLater
from plugin.flow.house import House
from plugin.flow.receive import BROKEN
from plugin.flow.reconsider import reconsider
from plugin.flow.scene import Scene, set_scene
from plugin.store import backfills, campaigns, customers, decisions, shops
from plugin.store.customers import Customer

log = structlog.get_logger(__name__)

#: Customers of one transaction.
BATCH = 100
#: A customer whose state cannot be worked out is looked at again after this.
REST = timedelta(hours=1)


def tick(house: House, shop_id: int) -> bool:
    """One batch of the shop's due moments and of those inside; whether there may be more.

    As with what comes in: tried as one, and where something is broken again, each customer apart, so that
    one of them does not stop the others.
    """
    try:
        return _batch(house, shop_id, careful=False)
    except TryLater:
        raise
    except BROKEN:
        return _batch(house, shop_id, careful=True)


def _batch(house: House, shop_id: int, *, careful: bool) -> bool:
    now = house.clock()
    with house.database.write() as connection:
        shop = shops.hold(connection, shop_id)
        if not shop.active or shop.stopped or backfills.past_is_coming(connection, shop_id, now):
            return False  # moments stay due: with half of the past read, yesterday's customer looks silent
        # What is remembered of vouchers would outlive a customer who is undone.
        scene = replace(set_scene(connection, house, shop, now), vouchers=None if careful else {})
        more = _moments(connection, scene, careful=careful)
        for campaign in scene.campaigns:
            if campaign.runs(now) and campaign.inside_per_day:
                more = _inside(connection, scene, campaign, careful=careful) or more
    return more


def _look_at(
    connection: Connection, scene: Scene, customer: Customer, trigger: Trigger, *, careful: bool
) -> list[Decision]:
    history = customer.state.history
    if not careful:
        return reconsider(connection, scene, customer, history, trigger)
    try:
        with connection.begin_nested():
            return reconsider(connection, scene, customer, history, trigger)
    except TryLater:
        raise
    except BROKEN as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        log.warning(
            "customer_failed", shop=scene.shop.api_url, customer=customer.customer_id, error=type(error).__name__
        )
        customers.rest(connection, scene.shop_id, customer.customer_id, scene.now + REST)
        return []


def _moments(connection: Connection, scene: Scene, *, careful: bool) -> bool:
    due = customers.due(connection, scene.shop_id, scene.now, BATCH)
    for customer_id in due:
        customer = customers.lock(connection, scene.shop_id, customer_id)
        if customer is not None and customer.next_moment is not None:
            trigger = Trigger(TriggerKind.MOMENT, customer.next_moment)
            _look_at(connection, scene, customer, trigger, careful=careful)
    return len(due) == BATCH


def _inside(connection: Connection, scene: Scene, campaign: Campaign, *, careful: bool) -> bool:
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
        made = _look_at(connection, scene, customer, trigger, careful=careful)
        left -= sum(decision.outcome is not Outcome.NOTHING for decision in made)
        if left <= 0:
            break
    campaigns.save_inside_after(connection, scene.shop_id, campaign.campaign_id, reached)
    return bool(ids) and left > 0


def _midnight(scene: Scene) -> datetime:
    return datetime.combine(scene.now.astimezone(scene.zone).date(), time(0), scene.zone)

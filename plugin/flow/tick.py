"""What time alone has made true: found by a stored moment, so that the cost grows with who is due."""

from datetime import datetime, time, timedelta

from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign
from plugin.domain.churn import learn_rhythm
from plugin.domain.customer import fold
from plugin.domain.decide import Outcome
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.flow.house import House
from plugin.flow.reconsider import reconsider
from plugin.flow.scene import Scene, set_scene
from plugin.store import campaigns, customers, decisions, ledger, shops

#: Customers of one transaction.
BATCH = 100
#: The rhythm is learnt from up to so many customers with orders.
LEARN_FROM = 5_000
#: How often it is learnt again.
LEARN_EVERY = timedelta(days=1)


def tick(house: House, shop_id: int) -> bool:
    """One batch of the shop's due moments and of those inside; whether there may be more."""
    now = house.clock()
    with house.database.write() as connection:
        shop = shops.get(connection, shop_id)
        if not shop.active or shop.stopped:
            return False
        scene = set_scene(connection, shop, house.tactics, now)
        more = _moments(connection, scene)
        for campaign in scene.campaigns:
            if campaign.on and campaign.inside_per_day:
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
    alone = Scene(scene.shop, scene.now, (campaign,), scene.channels)
    reached = campaigns.inside_after(connection, scene.shop_id, campaign.campaign_id)
    ids = customers.after(connection, scene.shop_id, reached, BATCH)
    for customer_id in ids:
        reached = customer_id
        customer = customers.lock(connection, scene.shop_id, customer_id)
        if customer is None:
            continue
        trigger = Trigger(TriggerKind.INSIDE, scene.now)
        made = reconsider(connection, alone, customer, customer.state.history, trigger)
        left -= sum(decision.outcome is not Outcome.NOTHING for decision in made)
        if left <= 0:
            break
    campaigns.save_inside_after(connection, scene.shop_id, campaign.campaign_id, reached)
    return bool(ids) and left > 0


def _midnight(scene: Scene) -> datetime:
    return datetime.combine(scene.now.astimezone(scene.zone).date(), time(0), scene.zone)


def learn(house: House, shop_id: int, older_than: timedelta = LEARN_EVERY) -> bool:
    """Learn the shop's rhythm again when it is older; everybody is measured by it, and nothing is triggered.

    Returns whether it was learnt. The moment of learning is kept last, so that a walk that was cut
    short begins again.
    """
    now = house.clock()
    with house.database.read() as connection:
        shop = shops.get(connection, shop_id)
        if not shop.active or (shop.rhythm_at is not None and now - shop.rhythm_at < older_than):
            return False
        rhythm = learn_rhythm(ledger.purchase_times(connection, shop_id, LEARN_FROM))
    for learnt_at in (shop.rhythm_at, now):
        with house.database.write() as connection:
            shops.save_rhythm(connection, shop_id, rhythm, learnt_at)
        if learnt_at is not now:
            measure_again(house, shop_id, now)
    return True


def measure_again(house: House, shop_id: int, now: datetime) -> None:
    """Everybody's state by the shop's present rhythm, in small transactions."""
    reached, more = 0, True
    while more:
        with house.database.write() as connection:
            scene = set_scene(connection, shops.get(connection, shop_id), house.tactics, now)
            ids = customers.after(connection, shop_id, reached, BATCH)
            for reached in ids:
                customer = customers.lock(connection, shop_id, reached)
                if customer is not None:
                    history = fold(ledger.purchases(connection, shop_id, reached), scene.zone)
                    reconsider(connection, scene, customer, history, Trigger(TriggerKind.HISTORY, now))
            more = bool(ids)

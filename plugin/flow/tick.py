"""What time alone has made true: found by a stored moment, so that the cost grows with who is due."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from plugin.domain.campaigns import Campaign
from plugin.domain.decide import Decision, Outcome
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.errors import TryLater
from plugin.flow.calls import Ready
from plugin.flow.house import House
from plugin.flow.receive import BROKEN
from plugin.flow.reconsider import Look, reconsider
from plugin.flow.scene import AtOnce, Scene, set_scene
from plugin.saleor.vouchers import CODES_A_CALL
from plugin.store import backfills, campaigns, customers, shops
from plugin.store.campaigns import Walk
from plugin.store.leases import Lease
from plugin.store.shops import Shop
from plugin.store.statements import for_many

log = structlog.get_logger(__name__)

#: Customers of one transaction: as many as fill calls that put codes into a voucher.
BATCH = 3 * CODES_A_CALL
#: A customer whose state cannot be worked out is looked at again after this.
REST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ticked:
    #: There may be more moments that are due, or more of those inside.
    more: bool
    shop: Shop
    #: Decided, committed and leased: to be carried out by whoever ticked.
    ready: Sequence[Ready] = ()


def tick(house: House, shop_id: int, lease: Lease | None = None) -> Ticked:
    """One batch of the shop's due moments and of those inside.

    As with what comes in: tried as one, and where something is broken again, each customer apart, so that
    one of them does not stop the others.

    lease: of a caller that carries out what can be at once; None leaves all of it to whoever comes.
    """
    try:
        return _batch(house, shop_id, None if lease is None else AtOnce(lease), careful=False)
    except TryLater:
        raise
    except BROKEN:
        return _batch(house, shop_id, None, careful=True)


def _batch(house: House, shop_id: int, at_once: AtOnce | None, *, careful: bool) -> Ticked:
    now = house.clock()
    with house.database.write() as connection:
        for_many(connection)
        shop = shops.hold(connection, shop_id)
        if not shop.active or shop.stopped or backfills.past_is_coming(connection, shop_id, now):
            return Ticked(
                False, shop
            )  # moments stay due: with half of the past read, yesterday's customer looks silent
        scene = set_scene(connection, house, shop, now, None if shop.rests(now) else at_once)
        more = _moments(connection, scene, careful=careful)
        for campaign in scene.campaigns:
            if campaign.runs(now) and campaign.inside_per_day:
                more = _inside(connection, scene, campaign, careful=careful) or more
    drawn = at_once.drawn if at_once is not None else []
    return Ticked(more, shop, [Ready(one.effect, scene, one.voucher, codes=one.codes) for one in drawn])


def _look_at(
    connection: Connection, scene: Scene, looks: Sequence[Look], at_most: int | None = None, *, careful: bool
) -> list[list[Decision]]:
    if not careful:
        return reconsider(connection, scene, looks, at_most)
    made: list[list[Decision]] = []
    for look in looks:
        made.append(_carefully(connection, scene, look))
        if at_most is not None and _acted(made) >= at_most:
            break
    return made


def _carefully(connection: Connection, scene: Scene, look: Look) -> list[Decision]:
    try:
        with connection.begin_nested():
            return reconsider(connection, scene, [look])[0]
    except TryLater:
        raise
    except BROKEN as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        customer_id = look.customer.customer_id
        log.warning("customer_failed", shop=scene.shop.api_url, customer=customer_id, error=type(error).__name__)
        customers.rest(connection, scene.shop_id, customer_id, scene.now + REST)
        return []


def _moments(connection: Connection, scene: Scene, *, careful: bool) -> bool:
    due = customers.lock_due(connection, scene.shop_id, scene.now, BATCH)
    looks = [
        Look(one, one.state.history, Trigger(TriggerKind.MOMENT, one.next_moment))
        for one in due
        if one.next_moment is not None
    ]
    _look_at(connection, scene, looks, careful=careful)
    return len(due) == BATCH


def _inside(connection: Connection, scene: Scene, campaign: Campaign, *, careful: bool) -> bool:
    """Those who were inside when the campaign was switched on, at most so many a day of the shop's."""
    walk = campaigns.walk_of(connection, scene.shop_id, campaign.campaign_id, scene.today)
    left = campaign.inside_per_day - walk.taken
    if left <= 0:
        return False
    people = customers.lock_after(connection, scene.shop_id, walk.reached, BATCH)
    trigger = Trigger(TriggerKind.INSIDE, scene.now, campaign.campaign_id)
    made = _look_at(connection, scene, [Look(one, one.state.history, trigger) for one in people], left, careful=careful)
    if made:
        walk = Walk(people[len(made) - 1].customer_id, walk.taken + _acted(made))
        campaigns.save_walk(connection, scene.shop_id, campaign.campaign_id, walk, scene.today)
    return bool(made) and _acted(made) < left


def _acted(made: Sequence[Sequence[Decision]]) -> int:
    """For how many something was decided, more than nothing."""
    return sum(any(decision.outcome is not Outcome.NOTHING for decision in theirs) for theirs in made)

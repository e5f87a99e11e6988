"""What is known of customers when something is decided about them, read for all of them at once."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.decide import Verdict, decide
from plugin.domain.needs import Need, needs_of
from plugin.domain.parcels import Parcel
from plugin.domain.signals import Signal, signals_of
from plugin.domain.stages import Activity
from plugin.domain.tactic import Notice, Trigger, View
from plugin.flow.begun import baskets_of
from plugin.flow.guards import sends, standings_of
from plugin.flow.membership import stays_of
from plugin.flow.scene import Scene
from plugin.store import codes, messages
from plugin.store import needs as stored_needs
from plugin.store.customers import Customer
from plugin.store.evidence import evidence
from plugin.store.parcels import parcels_of


def views_of(connection: Connection, scene: Scene, people: Sequence[Customer], *, why: bool = True) -> dict[int, View]:
    """Customer's id → what tactics see; without the signals where nobody will be told why."""
    given = codes.given_to(connection, scene.shop_id, [customer.customer_id for customer in people])
    stays = stays_of(connection, scene, [customer.customer_id for customer in people])
    currencies, outlook = scene.currencies, scene.shop.outlook
    signals = _signals(connection, scene, people) if why else {}
    needs = _needs(connection, scene, people)
    parcels = _parcels(connection, scene, people)
    begun = baskets_of(connection, scene, people)
    told = _told(connection, scene, people)
    return {
        one.customer_id: View(
            one.state,
            outlook,
            one.turns,
            scene.now,
            signals.get(one.customer_id, ()),
            currencies,
            one.shown,
            given[one.customer_id],
            stays[one.customer_id],
            parcels.get(one.customer_id, ()),
            zone=scene.zone,
            out_of_stock=scene.out_of_stock,
            needs=needs.get(one.customer_id, ()),
            baskets=begun.get(one.customer_id, ()),
            told=told.get(one.customer_id, ()),
        )
        for one in people
    }


def _parcels(connection: Connection, scene: Scene, people: Sequence[Customer]) -> Mapping[int, Sequence[Parcel]]:
    """Read only where a campaign looks at them."""
    if not any(one.on and one.tactic.sees_parcels for one in scene.campaigns):
        return {}
    return parcels_of(connection, scene.shop_id, [one.customer_id for one in people], scene.now)


def _needs(connection: Connection, scene: Scene, people: Sequence[Customer]) -> dict[int, tuple[Need, ...]]:
    """Read only where a campaign asks for them; of a paused one, too, whose messages wait."""
    asking = {CampaignStatus.ON, CampaignStatus.PAUSED}
    if not people or not any(one.tactic.knows_needs and one.status in asking for one in scene.campaigns):
        return {}
    if not scene.needs:
        scene.needs.append(stored_needs.model_of(connection, scene.shop_id))
    (model,) = scene.needs
    if model is None:
        return {}
    bought = stored_needs.bought_by(connection, scene.shop_id, [one.customer_id for one in people])
    return {one.customer_id: needs_of(bought[one.customer_id], one.state.history, model) for one in people}


def _told(connection: Connection, scene: Scene, people: Sequence[Customer]) -> Mapping[int, Sequence[Notice]]:
    """Looked up only where a campaign that is on sends messages."""
    if not any(campaign.on and sends(campaign) for campaign in scene.campaigns):
        return {}
    return messages.told_to(connection, scene.shop_id, [customer.customer_id for customer in people])


def _signals(connection: Connection, scene: Scene, people: Sequence[Customer]) -> dict[int, tuple[Signal, ...]]:
    """Why they may be leaving is looked up only of those who may be."""
    leaving = {
        one.customer_id: one.state.history for one in people if one.turns.activity(scene.now) is not Activity.ACTIVE
    }
    if not leaving:
        return {}
    last_orders = {customer_id: history.last_order_id for customer_id, history in leaving.items()}
    found, outlook = evidence(connection, scene.shop_id, last_orders), scene.shop.outlook
    return {
        customer_id: signals_of(history, outlook, found[customer_id], scene.now)
        for customer_id, history in leaving.items()
    }


def verdicts_on(connection: Connection, scene: Scene, asked: Sequence[tuple[Customer, Trigger]]) -> list[Verdict]:
    """What is decided with all that the store knows, in the same order; nothing is written.

    The triggers are of one kind, and each customer is there once.
    """
    if not scene.decides or not asked:
        return [Verdict((), None) for _ in asked]
    people = [customer for customer, _ in asked]
    standings = standings_of(connection, scene, people, asked[0][1].kind)
    views = views_of(connection, scene, people)
    return [
        decide(
            views[customer.customer_id],
            trigger,
            scene.campaigns,
            standings[customer.customer_id],
            scene.shop.guardrails,
        )
        for customer, trigger in asked
    ]

"""One customer, looked at again: state, decisions, effects and the next moment, in the caller's transaction."""

from dataclasses import replace

from sqlalchemy import Connection

from plugin.domain.churn import at_risk_from
from plugin.domain.customer import History
from plugin.domain.decide import Decision, Verdict, decide
from plugin.domain.effects import GiveCode, ShowBanner, Slot
from plugin.domain.segments import segment_of
from plugin.domain.tactic import Trigger, View
from plugin.flow import asks, promises
from plugin.flow.scene import Scene
from plugin.store import customers, decisions
from plugin.store.customers import Customer


def view_of(scene: Scene, customer: Customer) -> View:
    return View(customer.state, scene.shop.rhythm, scene.now, scene.currencies, customer.shown)


def reconsider(
    connection: Connection, scene: Scene, customer: Customer, history: History, trigger: Trigger
) -> list[Decision]:
    """What was decided. The customer is locked by the caller."""
    segment = segment_of(history, scene.shop.rhythm, scene.now)
    promise = promises.standing(connection, scene, customer)
    customer = replace(customer, state=replace(customer.state, history=history), shown=promise.shown)
    verdict = _verdict(connection, scene, customer, trigger)
    ends_at = promises.follow(connection, scene, segment, promise, shown_by_decision=_shows(verdict))
    turning = at_risk_from(history, scene.shop.rhythm)
    moments = [at for at in (turning, verdict.check_again, ends_at) if at is not None and at > scene.now]
    customers.save_state(connection, scene.shop_id, customer.customer_id, history, segment, min(moments, default=None))
    for decision in verdict.decisions:
        carry(connection, scene, customer, decision, trigger)
    return list(verdict.decisions)


def carry(connection: Connection, scene: Scene, customer: Customer, decision: Decision, trigger: Trigger) -> None:
    """Keep the decision and ask for its effects."""
    if isinstance(decision.wish, GiveCode):
        decision = asks.refuse_if_removed(connection, scene, decision)
    decision_id = decisions.save(connection, scene.shop_id, customer.customer_id, decision, trigger.kind, scene.now)
    if isinstance(decision.wish, GiveCode):
        asks.give_code(connection, scene, customer, decision, decision_id, decision.wish)
    elif isinstance(decision.wish, ShowBanner):
        asks.show_banner(connection, scene, customer, decision, decision_id, decision.wish)


def _shows(verdict: Verdict) -> bool:
    wishes = [decision.wish for decision in verdict.decisions]
    return any(isinstance(wish, ShowBanner) and wish.banner.slot is Slot.FREE_SHIPPING for wish in wishes)


def _verdict(connection: Connection, scene: Scene, customer: Customer, trigger: Trigger) -> Verdict:
    if not scene.decides:
        return Verdict((), None)
    standing = decisions.standing(connection, scene.shop_id, customer.customer_id)
    return decide(view_of(scene, customer), trigger, scene.campaigns, standing)

"""One customer, looked at again: state, decisions, effects and the next moment, in the caller's transaction."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from plugin.domain.churn import turns_of
from plugin.domain.customer import History
from plugin.domain.decide import STALE_AFTER, Decision, Outcome, Verdict, decide
from plugin.domain.effects import GiveCode, ShowBanner, Slot
from plugin.domain.segments import segment_of
from plugin.domain.signals import Signal, signals_of
from plugin.domain.stages import Activity, Turns
from plugin.domain.tactic import Trigger, TriggerKind, View
from plugin.flow import asks, budget, membership, promises
from plugin.flow.guards import standing_of
from plugin.flow.scene import Scene
from plugin.store import codes, customers, decisions
from plugin.store.customers import Customer
from plugin.store.evidence import evidence_of
from plugin.store.segments import person_of


def view_of(connection: Connection, scene: Scene, customer: Customer, turns: Turns) -> View:
    """The customer as tactics see them; why they may be leaving is looked up only when they may be."""
    history = customer.state.history
    signals: tuple[Signal, ...] = ()
    if turns.activity(scene.now) is not Activity.ACTIVE:
        evidence = evidence_of(connection, scene.shop_id, customer.customer_id, history.last_order_id)
        signals = signals_of(history, scene.shop.outlook, evidence, scene.now)
    given = codes.given_to(connection, scene.shop_id, customer.customer_id)
    return View(customer.state, scene.shop.outlook, turns, scene.now, signals, scene.currencies, customer.shown, given)


def reconsider(
    connection: Connection, scene: Scene, customer: Customer, history: History, trigger: Trigger
) -> list[Decision]:
    """What was decided. The customer is locked by the caller."""
    turns = turns_of(history, scene.shop.outlook)
    segment = segment_of(history, turns, scene.shop.limits, scene.now)
    promise = promises.standing(connection, scene, customer)
    before = customer
    offers = decisions.offers_since_order(connection, scene.shop_id, before, history)
    state = replace(customer.state, history=history)
    customer = replace(customer, state=state, shown=promise.shown, turns=turns, offers_since_order=offers)
    verdict = verdict_of(connection, scene, customer, turns, trigger)
    ends_at = promises.follow(connection, scene, segment, promise, shown_by_decision=_shows(verdict))
    made = [carry(connection, scene, customer, decision, trigger) for decision in verdict.decisions]
    customer = replace(customer, offers_since_order=_offers(customer, made))
    heard, moves_at = _hear(connection, scene, customer, trigger)
    asked_for = [turns.next_after(scene.now), verdict.check_again, ends_at, moves_at]
    asked_for += [decision.again for decision in (*made, *heard)]
    ahead = [at for at in asked_for if at and at > scene.now]
    overdue = list(overdue_moments(before, history, turns, trigger.kind, scene.now))
    offers = _offers(customer, heard)
    if offers != customer.offers_since_order:
        overdue.append(scene.now)  # what was given may itself move the customer
    next_moment = min((*ahead, *overdue), default=None)
    customers.save_state(connection, scene.shop_id, customer.customer_id, history, segment, turns, next_moment, offers)
    return made + heard


def _offers(customer: Customer, made: Sequence[Decision]) -> int:
    return customer.offers_since_order + sum(decision.outcome is Outcome.GIVEN for decision in made)


def _hear(
    connection: Connection, scene: Scene, customer: Customer, trigger: Trigger
) -> tuple[list[Decision], datetime | None]:
    """What campaigns that hear of entering and leaving decide, and when time alone moves the customer next."""
    if not scene.watched:
        return [], None
    person = person_of(connection, scene.shop_id, customer, scene.shop.limits, *scene.watched.values())
    moves = membership.bring_up_to_date(connection, scene, person)
    made: list[Decision] = []
    for told in membership.told(scene, moves, trigger):
        verdict = verdict_of(connection, told.scene, customer, customer.turns, told.trigger)
        made += [carry(connection, told.scene, customer, decision, told.trigger) for decision in verdict.decisions]
    return made, moves.again


def overdue_moments(
    before: Customer, history: History, turns: Turns, kind: TriggerKind, now: datetime
) -> Iterator[datetime]:
    """Moments that have come and that only the tick may act on, so whoever else looks leaves them to it.

    One is that it has not got to yet. The other was drawn near by a new model alone, a day at most: it
    would have come by itself, and a model that is learnt every day must not swallow it.
    """
    if kind is not TriggerKind.MOMENT and before.next_moment is not None and before.next_moment <= now:
        yield before.next_moment
    was, at = before.turns.at_risk_from, turns.at_risk_from
    unchanged = before.state.history == history
    if unchanged and was is not None and at is not None and was > now >= at > now - STALE_AFTER:
        yield at


def carry(connection: Connection, scene: Scene, customer: Customer, decision: Decision, trigger: Trigger) -> Decision:
    """Keep the decision and ask for its effects; the decision as it was kept."""
    if isinstance(decision.wish, GiveCode):
        decision = asks.refuse_if_removed(connection, scene, decision)
        decision = budget.refuse_if_over(connection, scene, customer, decision)
    decision_id = decisions.save(connection, scene.shop_id, customer.customer_id, decision, trigger.kind, scene.now)
    if isinstance(decision.wish, GiveCode):
        asks.give_code(connection, scene, customer, decision, decision_id, decision.wish)
    elif isinstance(decision.wish, ShowBanner):
        asks.show_banner(connection, scene, customer, decision, decision_id, decision.wish)
    return decision


def _shows(verdict: Verdict) -> bool:
    wishes = [decision.wish for decision in verdict.decisions]
    return any(isinstance(wish, ShowBanner) and wish.banner.slot is Slot.FREE_SHIPPING for wish in wishes)


def verdict_of(connection: Connection, scene: Scene, customer: Customer, turns: Turns, trigger: Trigger) -> Verdict:
    """What is decided with all that the store knows; nothing is written."""
    if not scene.decides:
        return Verdict((), None)
    standing = standing_of(connection, scene, customer, trigger)
    view = view_of(connection, scene, customer, turns)
    return decide(view, trigger, scene.campaigns, standing, scene.shop.guardrails)

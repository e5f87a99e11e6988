"""Customers, looked at again: states, decisions, effects and the next moments, in the caller's transaction.

All of them are read, decided about and written together, so that many cost few statements; one alone is a
list of one.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache

from sqlalchemy import Connection

from plugin.domain.churn import turns_of
from plugin.domain.customer import History
from plugin.domain.decide import STALE_AFTER, Decision, Outcome, Verdict
from plugin.domain.effects import ShowBanner, Slot
from plugin.domain.segments import Segment, segment_of
from plugin.domain.stages import Turns
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.domain.values import light_dataclass
from plugin.flow import membership, next_orders, promises
from plugin.flow.known import verdicts_on
from plugin.flow.membership import Told
from plugin.flow.promises import Promise
from plugin.flow.scene import Scene
from plugin.flow.sheet import Sheet
from plugin.flow.thresholds import Rules, rules_of
from plugin.store import customers, decisions
from plugin.store.customers import Customer, Measured


@light_dataclass(frozen=True, slots=True)
class Look:
    """One customer to look at, what the orders add up to now, and what woke us."""

    customer: Customer
    history: History
    trigger: Trigger


@dataclass(slots=True)
class _Case:
    #: As the customer was, and as the customer is.
    before: Customer
    customer: Customer
    segment: Segment
    promise: Promise
    trigger: Trigger
    #: Gifts since the last order.
    offers: int
    made: list[Decision] = field(default_factory=list)
    #: When to look again.
    moments: list[datetime | None] = field(default_factory=list)

    def keep(self, sheet: Sheet, verdict: Verdict, kind: TriggerKind) -> None:
        kept = [sheet.keep(self.customer, decision, kind) for decision in verdict.decisions]
        self.made += kept
        self.moments += [verdict.check_again, *(decision.again for decision in kept)]
        self.offers += sum(decision.outcome is Outcome.GIVEN for decision in kept)

    def overdue(self, now: datetime) -> list[datetime]:
        customer = self.customer
        return list(overdue_moments(self.before, customer.state.history, customer.turns, self.trigger.kind, now))

    def left_to_tick(self, now: datetime) -> bool:
        """What is learnt tells nobody of who has moved; whom time alone has moved, the tick will come to."""
        learnt = self.trigger.kind is TriggerKind.HISTORY
        return learnt and self.before.state.history == self.customer.state.history and bool(self.overdue(now))


def reconsider(
    connection: Connection, scene: Scene, looks: Sequence[Look], at_most: int | None = None
) -> list[list[Decision]]:
    """What was decided for each, in their order. The customers are locked by the caller, and each is there once.

    The triggers are of one kind. at_most: after so many for whom something was decided (more than nothing), the
    others are left as they were, and out of the answer.
    """
    rules = cache(lambda: rules_of(connection, scene.shop_id))
    cases = [_case(connection, scene, look, rules) for look in looks]
    verdicts = verdicts_on(connection, scene, [(case.customer, case.trigger) for case in cases])
    sheet = Sheet(connection, scene)
    acted = 0
    for number, (case, verdict) in enumerate(zip(cases, verdicts, strict=True), start=1):
        case.moments.append(
            promises.follow(connection, scene, case.segment, case.promise, shown_by_decision=_shows(verdict))
        )
        case.keep(sheet, verdict, case.trigger.kind)
        acted += any(decision.outcome is not Outcome.NOTHING for decision in case.made)
        if acted == at_most:
            del cases[number:]
            break
    sheet.write()
    offers = [case.offers for case in cases]
    _hear(connection, scene, cases)
    _save(connection, scene, cases, offers)
    return [case.made for case in cases]


def _case(connection: Connection, scene: Scene, look: Look, rules: Callable[[], Rules]) -> _Case:
    history = look.history
    before = next_orders.follow(connection, scene, look.customer, history)
    promise = promises.standing(scene, before, rules)
    if history is before.state.history:
        # The moments change with an order or with the shop's outlook, which measures everybody anew itself.
        customer = before if promise.shown is before.shown else replace(before, shown=promise.shown)
    else:
        customer = replace(
            before,
            state=replace(before.state, history=history),
            shown=promise.shown,
            turns=turns_of(history, scene.shop.outlook),
            offers_since_order=decisions.offers_since_order(connection, scene.shop_id, before, history),
        )
    segment = segment_of(history, customer.turns, scene.shop.limits, scene.now)
    return _Case(before, customer, segment, promise, look.trigger, customer.offers_since_order)


def _hear(connection: Connection, scene: Scene, cases: Sequence[_Case]) -> None:
    """What campaigns that hear of entering and leaving decide, and when time alone moves each customer next."""
    heeded = [case for case in cases if not case.left_to_tick(scene.now)]
    if not scene.watched or not heeded:
        return
    by_id = {case.customer.customer_id: case for case in heeded}
    for case in heeded:
        case.customer = replace(case.customer, offers_since_order=case.offers)
    moves = membership.bring_up_to_date(connection, scene, [(case.customer, case.trigger) for case in heeded])
    told: dict[tuple[TriggerKind, str | None], list[tuple[_Case, Told]]] = defaultdict(list)
    for customer_id, made in moves.items():
        case = by_id[customer_id]
        case.moments.append(made.again)
        for one in membership.told(scene, made, case.trigger):
            told[one.trigger.kind, one.trigger.segment].append((case, one))
    for kind, segment in sorted(told, key=lambda key: (key[0] is not TriggerKind.LEFT, key[1] or "")):
        heard = told[kind, segment]
        around = heard[0][1].scene
        sheet = Sheet(connection, around)
        verdicts = verdicts_on(connection, around, [(case.customer, one.trigger) for case, one in heard])
        for (case, _), verdict in zip(heard, verdicts, strict=True):
            case.keep(sheet, verdict, kind)
        sheet.write()


def _save(connection: Connection, scene: Scene, cases: Iterable[_Case], offers: Sequence[int]) -> None:
    """offers: how many each had before campaigns heard of what was entered and left."""
    new: list[Measured] = []
    moved: list[Measured] = []
    waiting: list[Measured] = []
    for case, known in zip(cases, offers, strict=True):
        before, history, turns = case.before, case.customer.state.history, case.customer.turns
        overdue = case.overdue(scene.now)
        if case.offers != known:
            overdue.append(scene.now)  # what was given may itself move the customer
        ahead = [at for at in (turns.next_after(scene.now), *case.moments) if at and at > scene.now]
        next_moment = min((*ahead, *overdue), default=None)
        measured = Measured(before.customer_id, history, case.segment, turns, next_moment, case.offers)
        if history is not before.state.history:
            new.append(measured)
        elif case.segment is not before.segment:
            moved.append(measured)
        elif (next_moment, case.offers) != (before.next_moment, before.offers_since_order):
            waiting.append(measured)
    customers.save_states(connection, scene.shop_id, new)
    customers.save_standings(connection, scene.shop_id, moved)
    customers.save_moments(connection, scene.shop_id, waiting)


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


def _shows(verdict: Verdict) -> bool:
    wishes = [decision.wish for decision in verdict.decisions]
    return any(isinstance(wish, ShowBanner) and wish.banner.slot is Slot.FREE_SHIPPING for wish in wishes)

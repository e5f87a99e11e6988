"""One customer from all sides: who they are, how likely they come back, what is done about it, and why nothing is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign
from plugin.domain.conditions import Condition, holds, resolve
from plugin.domain.decide import Outcome
from plugin.domain.segments import Segment
from plugin.domain.stages import Activity
from plugin.flow.explain import Explanation, explain
from plugin.flow.house import House
from plugin.store import campaigns, codes, decisions, segments, suppressions
from plugin.store.codes import Code
from plugin.store.customers import Customer
from plugin.store.decisions import Told
from plugin.store.shops import Shop
from plugin.store.suppressions import Listed

#: The latest decisions that are looked at for what is next.
LATEST = 20


class Step(StrEnum):
    """What is next, the first of these that is true."""

    #: Nothing is decided in the whole shop.
    STOPPED = "stopped"
    SUPPRESSED = "suppressed"
    OPTED_OUT = "opted_out"
    #: A code waits to be used.
    HAS_CODE = "has_code"
    #: Decided since the last order: put off, left alone, nothing, or given.
    PUT_OFF = "put_off"
    CONTROL = "control"
    NOTHING = "nothing"
    GIVEN = "given"
    NOT_BOUGHT = "not_bought"
    #: The silence is a usual one.
    IN_RHYTHM = "in_rhythm"
    #: At risk, and no campaign is on.
    NO_CAMPAIGN = "no_campaign"
    #: At risk, and none of those that are on has looked yet.
    UNDECIDED = "undecided"


_BY_OUTCOME = {
    Outcome.LATER: Step.PUT_OFF,
    Outcome.CONTROL: Step.CONTROL,
    Outcome.NOTHING: Step.NOTHING,
    Outcome.GIVEN: Step.GIVEN,
}


@dataclass(frozen=True, slots=True)
class NextAction:
    step: Step
    #: Of a decision: what was decided, why, and when.
    decision: Told | None = None
    code: Code | None = None
    #: Of a code: until when; of a rhythm: when the silence becomes unusual; of a suppression: its end.
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    explanation: Explanation
    #: Names of those that the customer is in, the ready ones first.
    segments: tuple[str, ...]
    #: The entry that lasts longest; None for who is on no list now.
    suppression: Listed | None
    #: The newest first.
    codes: Sequence[Code]
    next: NextAction

    @property
    def customer(self) -> Customer:
        return self.explanation.customer

    @property
    def stage(self) -> Segment:
        return self.explanation.customer.segment


def profile(connection: Connection, house: House, shop: Shop, customer: Customer, now: datetime) -> Profile:
    told = explain(connection, shop, customer, now)
    given = list(reversed(codes.of_customer(connection, shop.shop_id, customer.customer_id)))
    listed = suppression_of(connection, house, shop, customer, now)
    running = campaigns.of_shop(connection, shop.shop_id, house.tactics)
    latest = decisions.latest(connection, shop.shop_id, LATEST, customer.customer_id)
    return Profile(
        told,
        _segments(connection, shop, customer, now),
        listed,
        given,
        next_action(shop, told, listed, given, running, latest, now),
    )


def next_action(
    shop: Shop,
    told: Explanation,
    listed: Listed | None,
    given: Sequence[Code],
    running: Sequence[Campaign],
    latest: Sequence[Told],
    now: datetime,
) -> NextAction:
    """latest: decisions, the newest first."""
    if shop.stopped:
        return NextAction(Step.STOPPED)
    if listed is not None:
        return NextAction(Step.SUPPRESSED, until=listed.until)
    if told.customer.state.consent.opted_out:
        return NextAction(Step.OPTED_OUT)
    waiting = next((code for code in given if code.alive and code.expires_at > now), None)
    if waiting is not None:
        return NextAction(Step.HAS_CODE, code=waiting, until=waiting.expires_at)
    last_at = told.customer.state.history.last_at
    for decision in latest:
        if decision.outcome in _BY_OUTCOME and (last_at is None or decision.decided_at > last_at):
            return NextAction(_BY_OUTCOME[decision.outcome], decision)
    if last_at is None:
        return NextAction(Step.NOT_BOUGHT)
    if told.activity is Activity.ACTIVE:
        return NextAction(Step.IN_RHYTHM, until=told.customer.turns.at_risk_from)
    return NextAction(Step.UNDECIDED if any(one.on for one in running) else Step.NO_CAMPAIGN)


def suppression_of(
    connection: Connection, house: House, shop: Shop, customer: Customer, now: datetime
) -> Listed | None:
    """The entry that lasts longest of those that hold now."""
    found = suppressions.entries(connection, shop.shop_id, subjects_of(house, shop, customer))
    holding = [entry for entry in found if entry.until is None or entry.until > now]
    return max(holding, key=lambda entry: (entry.until is None, entry.until or now), default=None)


def subjects_of(house: House, shop: Shop, customer: Customer) -> list[bytes]:
    """All by which this customer may be on the suppression list."""
    pepper = house.keyring.decrypt(shop.pepper)
    return suppressions.subjects_of(pepper, customer.customer_id, customer.email, customer.state.user_id)


def _segments(connection: Connection, shop: Shop, customer: Customer, now: datetime) -> tuple[str, ...]:
    known = segments.named(connection, shop.shop_id)
    resolved: dict[str, Condition] = {name: resolve(condition, known) for name, condition in known.items()}
    person = segments.persons_of(connection, shop.shop_id, [customer], shop.limits, *resolved.values())[
        customer.customer_id
    ]
    ready = [segment.name for segment in segments.ready(shop)]
    names = [*ready, *sorted(set(resolved) - set(ready))]
    return tuple(name for name in names if holds(resolved[name], person, now))

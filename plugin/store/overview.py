"""What the merchant's first page shows of a shop."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, TextClause, func, select, text

from plugin.domain.decide import Outcome
from plugin.domain.effects import EffectKind, EffectStatus
from plugin.domain.segments import Segment
from plugin.domain.tactic import TriggerKind
from plugin.store import customers as customers_of
from plugin.store import messages
from plugin.store.codes import CodeStatus
from plugin.store.schema import campaigns, codes, customers, decisions, effects, inbox, orders

#: Decisions and errors that are shown.
LATEST_DECISIONS = 10
LATEST_TROUBLES = 50
#: Whose end is still ahead; as text, because SQLite uses a partial index only for what it reads in the statement.
_WEBHOOKS_AHEAD = text("status = 'open'")
_WEBHOOKS_DEAD = text("status = 'dead'")
_EFFECTS_AHEAD = text("status IN ('open', 'failed', 'leased')")
#: What merchants gave themselves is in nobody's books.
_NO_TRIAL = decisions.c.trigger != TriggerKind.TRIAL.value


class Way(StrEnum):
    #: A webhook that could not be read.
    IN = "in"
    #: An effect that could not be carried out.
    OUT = "out"


@dataclass(frozen=True, slots=True)
class Queue:
    #: Due and not done.
    waiting: int
    #: Given up.
    dead: int


@dataclass(frozen=True, slots=True)
class Trouble:
    way: Way
    #: The webhook's event or the effect's kind.
    what: str
    error: str
    #: When it arrived, or was given up.
    at: datetime
    #: Of its row.
    number: int = 0
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Lately:
    """A decision with the customer's name, for people."""

    campaign: str
    first_name: str
    #: None for an account without one, and for whoever was erased.
    email: str | None
    outcome: Outcome
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Overview:
    any_customers: bool
    any_orders: bool
    latest: Sequence[Lately]


@dataclass(frozen=True, slots=True)
class Stages:
    """How many customers are in each."""

    segments: Mapping[Segment, int]
    #: Customers whose silence becomes unusual within the time asked about.
    soon_at_risk: int

    @property
    def customers(self) -> int:
        return sum(self.segments.values())


@dataclass(frozen=True, slots=True)
class Given:
    """By campaign's id."""

    outcomes: Mapping[int, Mapping[Outcome, int]]
    codes: Mapping[int, Mapping[CodeStatus, int]]


@dataclass(frozen=True, slots=True)
class Work:
    webhooks: Queue
    effects: Queue
    troubles: Sequence[Trouble]
    #: Messages of which nobody knows whether they went.
    parked: int = 0

    @property
    def dead(self) -> int:
        return self.webhooks.dead + self.effects.dead


def read(connection: Connection, shop_id: int) -> Overview:
    mine = select(customers.c.id).where(customers.c.shop_id == shop_id).limit(1)
    placed = select(orders.c.order_id).where(orders.c.shop_id == shop_id).limit(1)
    return Overview(
        any_customers=connection.execute(mine).first() is not None,
        any_orders=connection.execute(placed).first() is not None,
        latest=_latest(connection, shop_id),
    )


def stages(connection: Connection, shop_id: int, now: datetime, soon: datetime) -> Stages:
    """Counted: the larger the shop, the longer it takes."""
    counted = customers_of.counts_by_segment(connection, shop_id)
    return Stages(
        segments={segment: counted.get(segment.value, 0) for segment in Segment},
        soon_at_risk=_soon_at_risk(connection, shop_id, now, soon),
    )


def given(connection: Connection, shop_id: int, campaign_id: int | None = None) -> Given:
    """What each campaign decided, or the one alone, and what became of its codes."""
    of_decisions = [_NO_TRIAL] if campaign_id is None else [_NO_TRIAL, decisions.c.campaign_id == campaign_id]
    of_codes = [] if campaign_id is None else [codes.c.campaign_id == campaign_id]
    return Given(
        outcomes=_by_campaign(connection, decisions, decisions.c.outcome, shop_id, Outcome, *of_decisions),
        codes=_by_campaign(connection, codes, codes.c.status, shop_id, CodeStatus, *of_codes),
    )


def work(connection: Connection, shop_id: int, now: datetime) -> Work:
    """What waits and what failed, in and out."""
    return Work(
        webhooks=_queue(connection, inbox, shop_id, now, _WEBHOOKS_AHEAD),
        effects=_queue(connection, effects, shop_id, now, _EFFECTS_AHEAD),
        troubles=_troubles(connection, shop_id),
        parked=messages.parked(connection, shop_id),
    )


def dead(connection: Connection, shop_id: int) -> int:
    """Webhooks and effects that were given up."""
    unread = select(func.count()).where(inbox.c.shop_id == shop_id, _WEBHOOKS_DEAD)
    undone = select(func.count()).where(effects.c.shop_id == shop_id, effects.c.status == EffectStatus.DEAD.value)
    return int(connection.execute(unread).scalar_one() + connection.execute(undone).scalar_one())


def _soon_at_risk(connection: Connection, shop_id: int, now: datetime, soon: datetime) -> int:
    """By the stored moment: who has a promise that ends before is counted a few days early."""
    statement = select(func.count()).where(
        customers.c.shop_id == shop_id,
        customers.c.next_moment > now,
        customers.c.next_moment <= soon,
        customers.c.segment != Segment.AT_RISK.value,
        customers.c.orders > 0,
    )
    return int(connection.execute(statement).scalar_one())


def _by_campaign(
    connection: Connection, table: Any, by: Any, shop_id: int, kind: Any, *only: Any
) -> dict[int, dict[Any, int]]:
    statement = select(table.c.campaign_id, by, func.count()).where(table.c.shop_id == shop_id, *only)
    counted: dict[int, dict[Any, int]] = defaultdict(dict)
    for campaign_id, value, number in connection.execute(statement.group_by(table.c.campaign_id, by)):
        counted[campaign_id][kind(value)] = number
    return dict(counted)


def _queue(connection: Connection, table: Any, shop_id: int, now: datetime, ahead: TextClause) -> Queue:
    mine = select(func.count()).where(table.c.shop_id == shop_id)
    waiting = mine.where(ahead, table.c.due_at <= now)
    dead = mine.where(table.c.status == EffectStatus.DEAD.value)
    return Queue(connection.execute(waiting).scalar_one(), connection.execute(dead).scalar_one())


def _troubles(connection: Connection, shop_id: int) -> list[Trouble]:
    unread = (
        select(inbox.c.event, inbox.c.error, inbox.c.received_at, inbox.c.id, inbox.c.attempts)
        .where(inbox.c.shop_id == shop_id, _WEBHOOKS_DEAD)
        .order_by(inbox.c.id.desc())
        .limit(LATEST_TROUBLES)
    )
    failed = (
        select(effects.c.kind, effects.c.error, effects.c.ended_at, effects.c.id, effects.c.attempts)
        .where(effects.c.shop_id == shop_id, effects.c.status == EffectStatus.DEAD.value)
        .order_by(effects.c.id.desc())
        .limit(LATEST_TROUBLES)
    )
    found = [Trouble(Way.IN, event, error or "", *rest) for event, error, *rest in connection.execute(unread)]
    found += [
        Trouble(Way.OUT, EffectKind(kind), error or "", *rest) for kind, error, *rest in connection.execute(failed)
    ]
    return sorted(found, key=lambda trouble: trouble.at, reverse=True)[:LATEST_TROUBLES]


def _latest(connection: Connection, shop_id: int) -> list[Lately]:
    statement = (
        select(
            campaigns.c.name,
            customers.c.first_name,
            customers.c.email,
            decisions.c.outcome,
            decisions.c.reason,
            decisions.c.decided_at,
        )
        .join(campaigns, campaigns.c.id == decisions.c.campaign_id)
        .outerjoin(customers, (customers.c.shop_id == shop_id) & (customers.c.id == decisions.c.customer_id))
        .where(decisions.c.shop_id == shop_id)
        .order_by(decisions.c.decided_at.desc(), decisions.c.id.desc())
        .limit(LATEST_DECISIONS)
    )
    return [
        Lately(row.name, row.first_name or "", row.email, Outcome(row.outcome), row.reason, row.decided_at)
        for row in connection.execute(statement)
    ]

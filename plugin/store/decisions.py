"""What was chosen for whom, and why; also when the choice was nothing."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, or_, select, update

from plugin.domain.customer import History
from plugin.domain.decide import Decision, Outcome, Past, Standing
from plugin.domain.experiments import Arm
from plugin.domain.tactic import TriggerKind
from plugin.domain.values import light_dataclass
from plugin.store.customers import Customer
from plugin.store.schema import arms, campaigns, customers, decisions
from plugin.store.statements import among, insert_all, insert_on, next_ids


@dataclass(frozen=True, slots=True)
class Told:
    """A decision as people read it."""

    decision_id: int
    campaign: str
    customer_id: int
    outcome: Outcome
    reason: str
    decided_at: datetime


_PAST = select(
    decisions.c.customer_id,
    decisions.c.campaign_id,
    decisions.c.episode,
    decisions.c.outcome,
    decisions.c.decided_at,
    decisions.c.again_at,
).where(
    decisions.c.shop_id == bindparam("shop"),
    decisions.c.episode.is_not(None),
    decisions.c.trigger != TriggerKind.TRIAL.value,
)
_ARMS = select(arms.c.customer_id, arms.c.campaign_id, arms.c.arm).where(arms.c.shop_id == bindparam("shop"))


@cache
def _theirs(dialect: str) -> tuple[Any, Any]:
    """Decisions and arms."""
    return (
        among(dialect, _PAST, decisions.c.customer_id, "customers"),
        among(dialect, _ARMS, arms.c.customer_id, "customers"),
    )


def standings(connection: Connection, shop_id: int, customer_ids: Sequence[int]) -> dict[int, Standing]:
    """Earlier decisions and arms of each; what else there is to say of a customer is looked up by `flow.guards`."""
    who = {"shop": shop_id, "customers": customer_ids}
    of_decisions, of_arms = _theirs(connection.dialect.name)
    past: dict[int, dict[int, list[Past]]] = {customer_id: {} for customer_id in customer_ids}
    for customer_id, campaign_id, episode, outcome, at, again in connection.execute(of_decisions, who):
        past[customer_id].setdefault(campaign_id, []).append(Past(episode, Outcome(outcome), at, again))
    put: dict[int, dict[int, Arm]] = {customer_id: {} for customer_id in customer_ids}
    for customer_id, campaign_id, arm in connection.execute(of_arms, who):
        put[customer_id][campaign_id] = Arm(arm)
    return {customer_id: Standing(past[customer_id], put[customer_id]) for customer_id in customer_ids}


@light_dataclass(frozen=True, slots=True)
class Made:
    """A decision about one customer."""

    customer_id: int
    decision: Decision
    trigger: TriggerKind

    @property
    def put_off_by(self) -> str:
        """Empty for an answer that stands."""
        later = self.decision.outcome is Outcome.LATER and self.decision.by is not None
        return self.decision.by.value if later and self.decision.by is not None else ""


def save(connection: Connection, shop_id: int, made: Sequence[Made], now: datetime) -> list[int]:
    """Their ids. The arms, where there are some, are kept first, and only the first time.

    What is put off is kept once a need and limit, with the latest word on it, and its id is 0: nothing follows
    from it. An answer that stands is new, or the database refuses it.
    """
    put = [
        {
            "campaign_id": one.decision.campaign.campaign_id,
            "customer_id": one.customer_id,
            "shop_id": shop_id,
            "arm": one.decision.arm.value,
            "at": now,
        }
        for one in made
        if one.decision.arm is not None
    ]
    insert_all(connection, _keep_arm(connection.dialect.name), put)
    standing = [one for one in made if not one.put_off_by]
    ids = iter(next_ids(connection, decisions, len(standing)))
    numbers = [0 if one.put_off_by else next(ids) for one in made]
    rows = [_row(shop_id, one, now) | {"id": number} for one, number in zip(made, numbers, strict=True) if number]
    insert_all(connection, _SAVE, rows)
    put_off = {
        (one.decision.campaign.campaign_id, one.customer_id, one.decision.episode, one.put_off_by): one
        for one in made
        if one.put_off_by
    }
    latest = [_row(shop_id, one, now) for one in put_off.values()]
    insert_all(connection, _put_off(connection.dialect.name), latest)
    return numbers


def _row(shop_id: int, one: Made, now: datetime) -> dict[str, Any]:
    decision = one.decision
    return {
        "shop_id": shop_id,
        "campaign_id": decision.campaign.campaign_id,
        "campaign_version": decision.campaign.version,
        "customer_id": one.customer_id,
        "episode": decision.episode or None,
        "put_off_by": one.put_off_by,
        "again_at": decision.again,
        "outcome": decision.outcome.value,
        "reason": decision.reason,
        "trigger": one.trigger.value,
        "decided_at": now,
    }


_SAVE = decisions.insert()


@cache
def _put_off(dialect: str) -> Any:
    statement = insert_on(dialect, decisions)
    key = ("shop_id", "campaign_id", "customer_id", "episode", "put_off_by")
    latest = {"reason": statement.excluded.reason, "again_at": statement.excluded.again_at}
    return statement.on_conflict_do_update(index_elements=key, set_=latest)


@cache
def _keep_arm(dialect: str) -> Any:
    return insert_on(dialect, arms).on_conflict_do_nothing()


_OF = (customers.c.shop_id == bindparam("of_shop"), customers.c.id == bindparam("of_customer"))


def offers_since_order(connection: Connection, shop_id: int, customer: Customer, history: History) -> int:
    """Of a customer whose orders add up to this now: counted anew where it may differ from what was kept."""
    before, after, kept = customer.state.history.last_at, history.last_at, customer.offers_since_order
    later = after is not None and (before is None or before < after)
    if before == after or (later and kept == 0):
        return kept
    statement = _GIVEN if after is None else _GIVEN.where(decisions.c.decided_at > after)
    return int(connection.execute(statement, {"shop": shop_id, "customer": customer.customer_id}).scalar_one())


_GIVEN = select(func.count()).where(
    decisions.c.shop_id == bindparam("shop"),
    decisions.c.customer_id == bindparam("customer"),
    decisions.c.outcome == Outcome.GIVEN.value,
    decisions.c.trigger != TriggerKind.TRIAL.value,
)


def episode_of(connection: Connection, shop_id: int, decision_id: int) -> str | None:
    statement = select(decisions.c.episode).where(decisions.c.shop_id == shop_id, decisions.c.id == decision_id)
    return connection.execute(statement).scalar_one_or_none()


def episodes_of(connection: Connection, shop_id: int, decision_ids: Sequence[int]) -> dict[int, str | None]:
    """The same of several."""
    statement = select(decisions.c.id, decisions.c.episode).where(
        decisions.c.shop_id == shop_id, decisions.c.id.in_(decision_ids)
    )
    return dict(connection.execute(statement).all())


def counted_since(connection: Connection, shop_id: int, campaign_id: int, trigger: TriggerKind, since: datetime) -> int:
    """How many customers this campaign has acted for (or held back as control, or put off) since then."""
    statement = select(func.count()).where(
        decisions.c.shop_id == shop_id,
        decisions.c.campaign_id == campaign_id,
        decisions.c.trigger == trigger.value,
        decisions.c.decided_at >= since,
        decisions.c.outcome != Outcome.NOTHING.value,
    )
    return int(connection.execute(statement).scalar_one())


def trials(connection: Connection, shop_id: int, campaign_id: int, customer_id: int) -> int:
    """How often this campaign was tried on that customer."""
    statement = select(func.count()).where(
        decisions.c.shop_id == shop_id,
        decisions.c.campaign_id == campaign_id,
        decisions.c.customer_id == customer_id,
        decisions.c.trigger == TriggerKind.TRIAL.value,
    )
    return int(connection.execute(statement).scalar_one())


def latest(
    connection: Connection,
    shop_id: int,
    limit: int,
    customer_id: int | None = None,
    campaign: str | None = None,
    outcome: Outcome | None = None,
) -> Sequence[Told]:
    """The latest first; campaign: its name."""
    statement = (
        select(decisions, campaigns.c.name)
        .join(campaigns, campaigns.c.id == decisions.c.campaign_id)
        .where(decisions.c.shop_id == shop_id)
        .order_by(decisions.c.decided_at.desc(), decisions.c.id.desc())
        .limit(limit)
    )
    if customer_id is not None:
        statement = statement.where(decisions.c.customer_id == customer_id)
    if campaign is not None:
        statement = statement.where(campaigns.c.name == campaign)
    if outcome is not None:
        statement = statement.where(decisions.c.outcome == outcome.value)
    return [
        Told(row.id, row.name, row.customer_id, Outcome(row.outcome), row.reason, row.decided_at)
        for row in connection.execute(statement)
    ]


def counts_by_outcome(connection: Connection, shop_id: int) -> dict[str, dict[str, int]]:
    """Campaign name → outcome → decisions, without trials."""
    statement = (
        select(campaigns.c.name, decisions.c.outcome, func.count())
        .join(campaigns, campaigns.c.id == decisions.c.campaign_id)
        .where(decisions.c.shop_id == shop_id, decisions.c.trigger != TriggerKind.TRIAL.value)
        .group_by(campaigns.c.name, decisions.c.outcome)
    )
    counted: dict[str, dict[str, int]] = defaultdict(dict)
    for name, outcome, number in connection.execute(statement):
        counted[name][outcome] = number
    return dict(counted)


def unite(connection: Connection, shop_id: int, from_id: int, into_id: int) -> None:
    """A guest's decisions become the account's; of two episodes alike the account's stays, of two arms the earlier."""
    theirs = select(decisions.c.campaign_id, decisions.c.episode, decisions.c.put_off_by).where(
        decisions.c.shop_id == shop_id, decisions.c.customer_id == into_id, decisions.c.episode.is_not(None)
    )
    for campaign_id, episode, put_off_by in connection.execute(theirs).all():
        connection.execute(
            delete(decisions).where(
                decisions.c.shop_id == shop_id,
                decisions.c.customer_id == from_id,
                decisions.c.campaign_id == campaign_id,
                decisions.c.episode == episode,
                decisions.c.put_off_by == put_off_by,
            )
        )
    connection.execute(
        update(decisions)
        .where(decisions.c.shop_id == shop_id, decisions.c.customer_id == from_id)
        .values(customer_id=into_id)
    )
    _unite_arms(connection, shop_id, from_id, into_id)
    given = _GIVEN.where(or_(customers.c.last_at.is_(None), decisions.c.decided_at > customers.c.last_at))
    connection.execute(
        update(customers).where(*_OF).values(offers_since_order=given.correlate(customers).scalar_subquery()),
        {"of_shop": shop_id, "of_customer": into_id, "shop": shop_id, "customer": into_id},
    )


def _unite_arms(connection: Connection, shop_id: int, from_id: int, into_id: int) -> None:
    rows = connection.execute(
        select(arms.c.campaign_id, arms.c.customer_id, arms.c.arm, arms.c.at)
        .where(arms.c.shop_id == shop_id, arms.c.customer_id.in_((from_id, into_id)))
        .order_by(arms.c.at, arms.c.customer_id)
    ).all()
    earliest: dict[int, Any] = {}
    for row in rows:
        earliest.setdefault(row.campaign_id, row)
    erase_arms(connection, shop_id, (from_id, into_id))
    if earliest:
        connection.execute(
            arms.insert(),
            [
                {"shop_id": shop_id, "campaign_id": c, "customer_id": into_id, "arm": row.arm, "at": row.at}
                for c, row in earliest.items()
            ],
        )


def erase_arms(connection: Connection, shop_id: int, customer_ids: Sequence[int]) -> None:
    connection.execute(delete(arms).where(arms.c.shop_id == shop_id, arms.c.customer_id.in_(customer_ids)))


def erase(connection: Connection, shop_id: int, customer_id: int) -> None:
    erase_arms(connection, shop_id, (customer_id,))
    connection.execute(delete(decisions).where(decisions.c.shop_id == shop_id, decisions.c.customer_id == customer_id))


def prune(connection: Connection, before: datetime, limit: int) -> int:
    """Decisions without an episode; those with one are what keeps a need from giving twice."""
    old = select(decisions.c.id).where(decisions.c.decided_at < before, decisions.c.episode.is_(None)).limit(limit)
    return connection.execute(delete(decisions).where(decisions.c.id.in_(old))).rowcount

"""Messages on their way: marked in a committed row before anybody is handed one, so that none goes twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, delete, func, select, update

from plugin.domain.decide import Outcome
from plugin.domain.effects import EffectKind, EffectStatus
from plugin.domain.messages import Medium, Purpose
from plugin.domain.phrases import phrase
from plugin.domain.tactic import Notice
from plugin.store.effects import Effect
from plugin.store.schema import campaigns, decisions, effects, messages
from plugin.store.statements import insert_all, insert_on

#: Whoever reads this has to decide: nobody else knows.
UNKNOWN = phrase("It may have been sent: the process or the connection ended before the answer came.")


@dataclass(frozen=True, slots=True)
class Begun:
    """A message that is about to be handed to a sender."""

    effect: Effect
    ref: str
    medium: Medium
    purpose: Purpose
    #: A keyed hash; None for who is looked up by their account.
    address: bytes | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message, as links in it and the provider name it."""

    shop_id: int
    ref: str
    customer_id: int
    medium: Medium
    purpose: Purpose
    address: bytes | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as people read it."""

    effect_id: int
    status: EffectStatus
    campaign: str | None
    customer_id: int | None
    medium: str
    subject: str
    at: datetime
    error: str | None


def begin(connection: Connection, shop_id: int, begun: Sequence[Begun], until: datetime, now: datetime) -> None:
    """In flight from the end of this transaction on; to be called with leased effects."""
    if not begun:
        return
    values = {"status": EffectStatus.IN_FLIGHT.value, "leased_until": until}
    ids = [one.effect.effect_id for one in begun]
    connection.execute(update(effects).where(effects.c.id.in_(ids)).values(values))
    rows = [
        {
            "shop_id": shop_id,
            "ref": one.ref,
            "effect_id": one.effect.effect_id,
            "decision_id": one.effect.decision_id,
            "campaign_id": one.effect.campaign_id,
            "customer_id": one.effect.customer_id,
            "medium": one.medium.value,
            "purpose": one.purpose.value,
            "address": one.address,
            "begun_at": now,
        }
        for one in begun
    ]
    statement = insert_on(connection.dialect.name, messages)
    again = {name: statement.excluded[name] for name in ("medium", "address", "begun_at")}
    insert_all(connection, statement.on_conflict_do_update(index_elements=["ref"], set_=again), rows)


#: Also of one that was taken for lost meanwhile: its holder knows better.
_STILL_OURS = effects.c.status.in_((EffectStatus.IN_FLIGHT.value, EffectStatus.PARKED.value))
_OURS = and_(effects.c.id == bindparam("of_effect"), effects.c.lease == bindparam("of_holder"), _STILL_OURS)
_SENT = (
    update(effects)
    .where(
        effects.c.id.in_(bindparam("sent", expanding=True)),
        effects.c.lease.in_(bindparam("holders", expanding=True)),
        _STILL_OURS,
    )
    .values(status=EffectStatus.DONE.value, lease=None, leased_until=None, error=None, ended_at=bindparam("now"))
)
_SENT_AT = (
    update(messages).where(messages.c.ref.in_(bindparam("refs", expanding=True))).values(sent_at=bindparam("now"))
)


def sent(connection: Connection, ended: Mapping[str, Effect], now: datetime) -> None:
    """ended: ref → the message's effect.

    One statement for all of them: a server that knows nothing of a new table yet reads the whole of it at each.
    """
    if not ended:
        return
    theirs = {"sent": [one.effect_id for one in ended.values()], "holders": list({one.lease for one in ended.values()})}
    connection.execute(_SENT, {**theirs, "now": now})
    connection.execute(_SENT_AT, {"refs": list(ended), "now": now})


def end(
    connection: Connection,
    effect: Effect,
    status: EffectStatus,
    now: datetime,
    *,
    error: str,
    due_at: datetime | None = None,
    counts: bool = True,
) -> bool:
    """One that was in flight and did not go, or nobody knows; whether it was ours to write. counts: as an attempt."""
    values: dict[str, Any] = {"status": status.value, "leased_until": None, "error": error}
    if status is not EffectStatus.PARKED:
        values["lease"] = None
    if status is not EffectStatus.FAILED:
        values["ended_at"] = now
    if due_at is not None:
        values["due_at"] = due_at
    if not counts:
        values["attempts"] = effects.c.attempts - 1
    holder = {"of_effect": effect.effect_id, "of_holder": effect.lease}
    return bool(connection.execute(update(effects).where(_OURS).values(values), holder).rowcount)


def park_lost(connection: Connection, now: datetime, *, all_of_them: bool = False) -> int:
    """Those whose sender was not heard of in time, of all shops; all: nobody else can be sending."""
    lost = effects.c.status == EffectStatus.IN_FLIGHT.value
    if not all_of_them:
        lost &= effects.c.leased_until < now
    values = {"status": EffectStatus.PARKED.value, "leased_until": None, "ended_at": now, "error": UNKNOWN}
    return connection.execute(update(effects).where(lost).values(values)).rowcount


def any_in_flight(connection: Connection) -> bool:
    statement = select(effects.c.id).where(effects.c.status == EffectStatus.IN_FLIGHT.value).limit(1)
    return connection.execute(statement).first() is not None


def parked(connection: Connection, shop_id: int) -> int:
    statement = select(func.count()).where(effects.c.shop_id == shop_id, effects.c.status == EffectStatus.PARKED.value)
    return int(connection.execute(statement).scalar_one())


def settle(connection: Connection, shop_id: int, effect_id: int, now: datetime, *, send: bool) -> bool:
    """A person has looked at a parked one: it is sent again, or taken as sent. Whether it was parked."""
    values: dict[str, Any] = {"status": EffectStatus.DONE.value, "ended_at": now, "lease": None}
    if send:
        values = {"status": EffectStatus.OPEN.value, "ended_at": None, "attempts": 0, "due_at": now, "lease": None}
    found = update(effects).where(
        effects.c.shop_id == shop_id, effects.c.id == effect_id, effects.c.status == EffectStatus.PARKED.value
    )
    settled = bool(connection.execute(found.values(values)).rowcount)
    if settled and not send:  # what comes after it goes by that
        went = update(messages).where(messages.c.effect_id == effect_id).values(sent_at=messages.c.begun_at)
        connection.execute(went)
    return settled


_BY_REF = select(messages).where(messages.c.ref == bindparam("ref"))


def by_ref(connection: Connection, ref: str) -> Sent | None:
    row = connection.execute(_BY_REF, {"ref": ref}).one_or_none()
    if row is None:
        return None
    return Sent(row.shop_id, row.ref, row.customer_id, Medium(row.medium), Purpose(row.purpose), row.address)


_TOLD = (
    select(messages.c.customer_id, messages.c.campaign_id, decisions.c.episode, messages.c.sent_at)
    .join(decisions, decisions.c.id == messages.c.decision_id)
    .where(
        messages.c.shop_id == bindparam("shop"),
        messages.c.customer_id.in_(bindparam("customers", expanding=True)),
        messages.c.sent_at.is_not(None),
        decisions.c.outcome == Outcome.TOLD.value,
    )
    .order_by(messages.c.id)
)


def told_to(connection: Connection, shop_id: int, customer_ids: Sequence[int]) -> dict[int, list[Notice]]:
    """What was sent to each of these customers that told of no gift, the oldest first."""
    told: dict[int, list[Notice]] = {customer_id: [] for customer_id in customer_ids}
    for customer_id, campaign_id, episode, at in connection.execute(_TOLD, {"shop": shop_id, "customers": list(told)}):
        told[customer_id].append(Notice(campaign_id, episode, at))
    return told


def note(connection: Connection, ref: str, what: str, at: datetime) -> None:
    """The first time only. what: opened, clicked, bounced or complained."""
    column = messages.c[f"{what}_at"]
    connection.execute(update(messages).where(messages.c.ref == ref, column.is_(None)).values({column: at}))


def listed(connection: Connection, shop_id: int, limit: int, status: EffectStatus | None = None) -> list[Listed]:
    """The latest first."""
    statement = (
        select(effects, campaigns.c.name.label("campaign"))
        .outerjoin(campaigns, campaigns.c.id == effects.c.campaign_id)
        .where(effects.c.shop_id == shop_id, effects.c.kind == EffectKind.MESSAGE.value)
        .order_by(effects.c.id.desc())
        .limit(limit)
    )
    if status is not None:
        statement = statement.where(effects.c.status == status.value)
    return [
        Listed(
            row.id,
            EffectStatus(row.status),
            row.campaign,
            row.customer_id,
            ", ".join(row.payload["media"]),
            row.payload["subject"] or row.payload["text"][:60],
            row.ended_at or row.due_at,
            row.error,
        )
        for row in connection.execute(statement)
    ]


def move(connection: Connection, shop_id: int, from_id: int, into_id: int) -> None:
    theirs = (messages.c.shop_id == shop_id, messages.c.customer_id == from_id)
    connection.execute(update(messages).where(*theirs).values(customer_id=into_id))


def erase(connection: Connection, shop_id: int, customer_id: int) -> None:
    connection.execute(delete(messages).where(messages.c.shop_id == shop_id, messages.c.customer_id == customer_id))


def prune(connection: Connection, before: datetime, limit: int) -> int:
    old = select(messages.c.id).where(messages.c.begun_at < before).limit(limit)
    return connection.execute(delete(messages).where(messages.c.id.in_(old))).rowcount

"""Effects: what is to be done at the platform, who is doing it, how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from sqlalchemy import (
    Connection,
    Integer,
    String,
    and_,
    bindparam,
    cast,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    update,
)

from plugin.domain.effects import EffectKind, EffectStatus
from plugin.domain.values import light_dataclass
from plugin.store.schema import codes, effects
from plugin.store.statements import insert_all, insert_on, locked

#: How many codes one effect puts into a voucher; in its payload, and one where it says nothing.
CODES = "codes"
#: The key of the banner that tells of a code begins with it; what decided on the code ends it.
BANNER_OF = "banner:"
#: Statuses from which an effect can still be carried out.
UNDONE = (EffectStatus.OPEN.value, EffectStatus.FAILED.value, EffectStatus.LEASED.value)
#: The same as text, because SQLite uses a partial index only for what it reads in the statement.
_UNDONE_AS_INDEXED = text("effects.status IN ('open', 'failed', 'leased')")
#: Messages have a lane of their own, and with it an index: they do not wait for the platform, nor it for them.
_CALLS, _MESSAGES = text("effects.kind <> 'message'"), text("effects.kind = 'message'")
_NOBODYS = {"status": EffectStatus.OPEN.value, "lease": None, "leased_until": None}


@light_dataclass(frozen=True, slots=True)
class Effect:
    effect_id: int
    shop_id: int
    kind: EffectKind
    payload: Mapping[str, Any]
    attempts: int
    campaign_id: int | None
    decision_id: int | None
    customer_id: int | None
    batch: str | None
    #: Who may write its end.
    lease: str | None


@light_dataclass(frozen=True, slots=True)
class Wanted:
    """An effect to be asked for."""

    key: str
    kind: EffectKind
    payload: Mapping[str, Any]
    #: None: at once.
    due_at: datetime | None = None
    campaign_id: int | None = None
    decision_id: int | None = None
    customer_id: int | None = None
    waits_for: int | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may write an effect's end, and for how long."""

    holder: str
    lasts: timedelta


def ask(connection: Connection, shop_id: int, wanted: Wanted, now: datetime) -> int:
    """The effect's id; an effect with this key that is there already stays as it is."""
    made = connection.execute(_asked_one(connection.dialect.name), _row(shop_id, wanted, now)).scalar_one_or_none()
    if made is not None:
        return int(made)
    return int(connection.execute(_KNOWN, {"shop": shop_id, "key": wanted.key}).scalar_one())


def ask_all(connection: Connection, shop_id: int, wanted: Sequence[Wanted], now: datetime) -> None:
    """Those that are there already stay as they are."""
    insert_all(connection, _asked(connection.dialect.name), [_row(shop_id, one, now) for one in wanted])


def ask_for_banners(connection: Connection, shop_id: int, issued: Sequence[str], now: datetime) -> None:
    """The banners that tell of these codes, as they lie beside them."""
    if issued:
        statement = _banners(connection.dialect.name)
        connection.execute(statement, {"shop": shop_id, "issued": issued, "now": now})


@cache
def _banners(dialect: str) -> Any:
    now = bindparam("now", type_=effects.c.due_at.type)
    columns: dict[str, Any] = {
        "shop_id": codes.c.shop_id,
        "key": BANNER_OF + cast(codes.c.decision_id, String),
        "kind": literal(EffectKind.BANNER.value),
        "status": literal(EffectStatus.OPEN.value),
        "payload": codes.c.banner,
        "campaign_id": codes.c.campaign_id,
        "decision_id": codes.c.decision_id,
        "customer_id": codes.c.customer_id,
        "due_at": now,
        "created_at": now,
    }
    theirs = select(*columns.values()).where(
        codes.c.shop_id == bindparam("shop"),
        codes.c.code.in_(bindparam("issued", expanding=True)),
        codes.c.banner.is_not(None),
    )
    ordered = theirs.order_by(codes.c.decision_id)
    return insert_on(dialect, effects).from_select(list(columns), ordered).on_conflict_do_nothing()


def _row(shop_id: int, wanted: Wanted, now: datetime) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "key": wanted.key,
        "kind": wanted.kind.value,
        "status": EffectStatus.OPEN.value,
        "payload": dict(wanted.payload),
        "campaign_id": wanted.campaign_id,
        "decision_id": wanted.decision_id,
        "customer_id": wanted.customer_id,
        "waits_for": wanted.waits_for,
        "batch": wanted.batch,
        "due_at": wanted.due_at or now,
        "created_at": now,
    }


@cache
def _asked(dialect: str) -> Any:
    return insert_on(dialect, effects).on_conflict_do_nothing()


@cache
def _asked_one(dialect: str) -> Any:
    return _asked(dialect).returning(effects.c.id)


_KNOWN = select(effects.c.id).where(effects.c.shop_id == bindparam("shop"), effects.c.key == bindparam("key"))


def _ready() -> Any:
    before = effects.alias("before")
    waiting = exists().where(before.c.id == effects.c.waits_for, before.c.status != EffectStatus.DONE.value)
    free = or_(
        effects.c.status.in_((EffectStatus.OPEN.value, EffectStatus.FAILED.value)),
        and_(effects.c.status == EffectStatus.LEASED.value, effects.c.leased_until < bindparam("now")),
    )
    of_shop = effects.c.shop_id == bindparam("shop")
    return and_(_UNDONE_AS_INDEXED, free, effects.c.due_at <= bindparam("now"), ~waiting, of_shop)


def _due(*which: Any) -> Any:
    """Oldest first, held by us; what others hold is left out."""
    statement = select(effects).where(_ready(), *which).order_by(effects.c.due_at, effects.c.id)
    return locked(statement.limit(bindparam("limit", type_=Integer)), skip=True)


_DUE_CALLS, _DUE_MESSAGES = _due(_CALLS), _due(_MESSAGES)
_BATCHED = _due(_CALLS, effects.c.batch.is_not(None))
_SAME_BATCH = _due(effects.c.batch == bindparam("batch"))
_ANY_CALL, _ANY_MESSAGE = (select(effects.c.id).where(_ready(), kind).limit(1) for kind in (_CALLS, _MESSAGES))
_LEASE = (
    update(effects)
    .where(effects.c.id.in_(bindparam("ids", expanding=True)))
    .values(
        status=EffectStatus.LEASED.value,
        lease=bindparam("holder"),
        leased_until=bindparam("until"),
        attempts=effects.c.attempts + 1,
    )
)


def lease(
    connection: Connection, shop_id: int, now: datetime, holder: str, lasts: timedelta, limit: int
) -> Sequence[Effect]:
    """Take what is due, not waiting, and nobody's (or whose holder let the lease run out), oldest first.

    What is done by the hundred in one call goes before what is a call each: thousands of codes are few
    calls, and do not wait for the thousands of banners that were asked for in between.
    """
    asked = {"shop": shop_id, "now": now, "limit": limit}
    leased = _lease(connection, _BATCHED, asked, holder, lasts)
    if len(leased) == limit:
        return leased
    asked["limit"] = limit - len(leased)
    return [*leased, *_lease(connection, _DUE_CALLS, asked, holder, lasts)]


def lease_messages(
    connection: Connection, shop_id: int, now: datetime, holder: str, lasts: timedelta, limit: int
) -> Sequence[Effect]:
    """The same of messages."""
    return _lease(connection, _DUE_MESSAGES, {"shop": shop_id, "now": now, "limit": limit}, holder, lasts)


def lease_batch(
    connection: Connection, shop_id: int, batch: str, now: datetime, holder: str, lasts: timedelta, limit: int
) -> Sequence[Effect]:
    """More of the same batch, to be carried out in the same call: of so many codes together at most."""
    asked = {"shop": shop_id, "batch": batch, "now": now, "limit": limit}
    return _lease(connection, _SAME_BATCH, asked, holder, lasts, full=limit)


def _lease(
    connection: Connection,
    due: Any,
    asked: Mapping[str, Any],
    holder: str,
    lasts: timedelta,
    full: int | None = None,
) -> Sequence[Effect]:
    found = connection.execute(due, asked).all()
    sizes = accumulate(size_of(row.payload) for row in found)
    rows = [row for row, size in zip(found, sizes, strict=True) if full is None or size <= full]
    if rows:
        leased = {"ids": [row.id for row in rows], "holder": holder, "until": asked["now"] + lasts}
        connection.execute(_LEASE, leased)
    return [_read(row, attempts=row.attempts + 1, lease=holder) for row in rows]


def take(connection: Connection, shop_id: int, effect_id: int, wanted: Wanted, now: datetime, lease: Lease) -> Effect:
    """One that was asked for in this transaction, leased by whoever carries it out as soon as that is committed."""
    connection.execute(_LEASE, {"ids": [effect_id], "holder": lease.holder, "until": now + lease.lasts})
    return Effect(
        effect_id,
        shop_id,
        wanted.kind,
        wanted.payload,
        1,
        wanted.campaign_id,
        wanted.decision_id,
        wanted.customer_id,
        wanted.batch,
        lease.holder,
    )


def size_of(payload: Mapping[str, Any]) -> int:
    """How much of one call an effect takes."""
    return int(payload.get(CODES, 1))


def any_due(connection: Connection, shop_id: int, now: datetime) -> bool:
    """A call to the platform."""
    return connection.execute(_ANY_CALL, {"shop": shop_id, "now": now}).first() is not None


def any_message_due(connection: Connection, shop_id: int, now: datetime) -> bool:
    return connection.execute(_ANY_MESSAGE, {"shop": shop_id, "now": now}).first() is not None


def hold(connection: Connection, effect: Effect, until: datetime) -> bool:
    """Lengthen the lease; whether it is still ours."""
    return bool(connection.execute(_HOLD, {**_holder(effect), "leased_until": until}).rowcount)


def _holder(effect: Effect) -> dict[str, Any]:
    return {"shop": effect.shop_id, "effect": effect.effect_id, "holder": effect.lease}


_HELD = and_(
    effects.c.shop_id == bindparam("shop"),
    effects.c.id == bindparam("effect"),
    effects.c.status == EffectStatus.LEASED.value,
    effects.c.lease == bindparam("holder"),
)
_HOLD = update(effects).where(_HELD).values(leased_until=bindparam("leased_until"))


def end(
    connection: Connection,
    effect: Effect,
    status: EffectStatus,
    now: datetime,
    *,
    error: str | None = None,
    due_at: datetime | None = None,
    result: Mapping[str, Any] | None = None,
) -> bool:
    """Written only by the holder of the lease; whether it was."""
    values: dict[str, Any] = {"status": status.value, "lease": None, "leased_until": None, "error": error}
    if due_at is not None:
        values["due_at"] = due_at
    if result is not None:
        values["result"] = dict(result)
    if status in {EffectStatus.DONE, EffectStatus.DEAD, EffectStatus.WITHDRAWN}:
        values["ended_at"] = now
    written = connection.execute(update(effects).where(_held(effect)).values(values)).rowcount
    if written and status is EffectStatus.WITHDRAWN:
        _withdraw_followers(connection, [effect.effect_id], now, error or "")
    return bool(written)


def give_back(connection: Connection, effect: Effect, due_at: datetime) -> None:
    """As if it had not been leased: this attempt was none."""
    connection.execute(
        update(effects).where(_held(effect)).values(**_NOBODYS, due_at=due_at, attempts=effects.c.attempts - 1)
    )


def let_all_go(connection: Connection) -> int:
    """What anybody holds, of all shops, is nobody's again; how many. Messages in flight are not: see `messages`."""
    held = effects.c.status == EffectStatus.LEASED.value
    return connection.execute(update(effects).where(held).values(_NOBODYS)).rowcount


def withdraw_batch(connection: Connection, shop_id: int, batch: str, now: datetime, why: str) -> int:
    """All undone effects of this batch, and what waits for them."""
    ids = connection.execute(
        select(effects.c.id).where(effects.c.shop_id == shop_id, effects.c.batch == batch, effects.c.status.in_(UNDONE))
    ).scalars()
    return _withdraw(connection, list(ids), now, why)


def revive(connection: Connection, shop_id: int, now: datetime, effect_id: int | None = None) -> int:
    """Dead ones are tried again from the beginning."""
    statement = update(effects).where(effects.c.shop_id == shop_id, effects.c.status == EffectStatus.DEAD.value)
    if effect_id is not None:
        statement = statement.where(effects.c.id == effect_id)
    values = {"status": EffectStatus.OPEN.value, "attempts": 0, "due_at": now, "ended_at": None}
    return connection.execute(statement.values(values)).rowcount


def reopen(connection: Connection, shop_id: int, keys: Sequence[str], now: datetime) -> None:
    """Withdrawn ones that are wanted after all, and those whose doing was taken back."""
    connection.execute(
        update(effects)
        .where(
            effects.c.shop_id == shop_id,
            effects.c.key.in_(keys),
            effects.c.status.in_((EffectStatus.WITHDRAWN.value, EffectStatus.DONE.value)),
        )
        .values(status=EffectStatus.OPEN.value, attempts=0, due_at=now, ended_at=None, error=None)
    )


def hasten(connection: Connection, shop_id: int, key: str, at: datetime) -> None:
    """Due at that moment, unless it is due earlier."""
    connection.execute(
        update(effects)
        .where(
            effects.c.shop_id == shop_id,
            effects.c.key == key,
            effects.c.status.in_((EffectStatus.OPEN.value, EffectStatus.FAILED.value)),
            effects.c.due_at > at,
        )
        .values(due_at=at)
    )


def status_of(connection: Connection, shop_id: int, key: str) -> tuple[int, EffectStatus] | None:
    statement = select(effects.c.id, effects.c.status).where(effects.c.shop_id == shop_id, effects.c.key == key)
    row = connection.execute(statement).one_or_none()
    return None if row is None else (row.id, EffectStatus(row.status))


def is_done(connection: Connection, shop_id: int, effect_id: int) -> bool:
    statement = select(effects.c.status).where(effects.c.shop_id == shop_id, effects.c.id == effect_id)
    return connection.execute(statement).scalar_one_or_none() == EffectStatus.DONE.value


def any_failed(connection: Connection, shop_id: int, batch: str) -> bool:
    """One of this batch waits to be tried again."""
    failed = (effects.c.batch == batch, effects.c.status == EffectStatus.FAILED.value)
    statement = select(effects.c.id).where(effects.c.shop_id == shop_id, _UNDONE_AS_INDEXED, *failed).limit(1)
    return connection.execute(statement).first() is not None


def ids_of(connection: Connection, shop_id: int, keys: Sequence[str]) -> dict[str, int]:
    """Key → effect's id, of those that are there."""
    if not keys:
        return {}
    statement = select(effects.c.key, effects.c.id).where(effects.c.shop_id == shop_id, effects.c.key.in_(keys))
    return dict(connection.execute(statement).all())


def counts(connection: Connection, shop_id: int) -> dict[str, int]:
    """Status → effects."""
    statement = select(effects.c.status, func.count()).where(effects.c.shop_id == shop_id).group_by(effects.c.status)
    return dict(connection.execute(statement).all())


def undone_now(connection: Connection, shop_id: int) -> int:
    """What is to be done by now, or waits for what is: a banner's end in a fortnight is not."""
    statement = select(func.count()).where(
        effects.c.shop_id == shop_id, effects.c.status.in_(UNDONE), effects.c.kind != EffectKind.CLEAR.value
    )
    return int(connection.execute(statement).scalar_one())


@dataclass(frozen=True, slots=True)
class Letter:
    """A dead effect as people read it."""

    effect_id: int
    kind: str
    error: str
    attempts: int
    ended_at: datetime


def dead(connection: Connection, shop_id: int, limit: int) -> Sequence[Letter]:
    statement = (
        select(effects)
        .where(effects.c.shop_id == shop_id, effects.c.status == EffectStatus.DEAD.value)
        .order_by(effects.c.id)
        .limit(limit)
    )
    return [
        Letter(row.id, row.kind, row.error or "", row.attempts, row.ended_at) for row in connection.execute(statement)
    ]


def move(connection: Connection, shop_id: int, from_id: int, into_id: int) -> None:
    connection.execute(
        update(effects)
        .where(effects.c.shop_id == shop_id, effects.c.customer_id == from_id)
        .values(customer_id=into_id)
    )


def erase(connection: Connection, shop_id: int, customer_id: int) -> None:
    connection.execute(delete(effects).where(effects.c.shop_id == shop_id, effects.c.customer_id == customer_id))


def prune(connection: Connection, before: datetime, limit: int) -> int:
    ended = (EffectStatus.DONE.value, EffectStatus.WITHDRAWN.value)
    old = select(effects.c.id).where(effects.c.status.in_(ended), effects.c.ended_at < before).limit(limit)
    return connection.execute(delete(effects).where(effects.c.id.in_(old))).rowcount


def _held(effect: Effect) -> Any:
    return and_(
        effects.c.shop_id == effect.shop_id,
        effects.c.id == effect.effect_id,
        effects.c.status == EffectStatus.LEASED.value,
        effects.c.lease == effect.lease,
    )


def _withdraw(connection: Connection, ids: Sequence[int], now: datetime, why: str) -> int:
    if not ids:
        return 0
    values = {
        "status": EffectStatus.WITHDRAWN.value,
        "lease": None,
        "leased_until": None,
        "ended_at": now,
        "error": why,
    }
    connection.execute(update(effects).where(effects.c.id.in_(ids)).values(values))
    return len(ids) + _withdraw_followers(connection, ids, now, why)


def _withdraw_followers(connection: Connection, ids: Sequence[int], now: datetime, why: str) -> int:
    followers = connection.execute(
        select(effects.c.id).where(effects.c.waits_for.in_(ids), effects.c.status.in_(UNDONE))
    ).scalars()
    return _withdraw(connection, list(followers), now, why)


def _read(row: Any, *, attempts: int, lease: str | None) -> Effect:
    return Effect(
        effect_id=row.id,
        shop_id=row.shop_id,
        kind=EffectKind(row.kind),
        payload=row.payload,
        attempts=attempts,
        campaign_id=row.campaign_id,
        decision_id=row.decision_id,
        customer_id=row.customer_id,
        batch=row.batch,
        lease=lease,
    )

"""Who carries an effect out: taken for a while, held, given back, or ended by whoever still holds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import Connection, Integer, and_, bindparam, exists, or_, select, text, update

from plugin.domain.effects import EffectKind, EffectStatus
from plugin.store.effects import UNDONE_AS_INDEXED, Effect, Wanted, size_of, withdraw_followers
from plugin.store.schema import effects
from plugin.store.statements import locked

#: Messages have a lane of their own, and with it an index: they do not wait for the platform, nor it for them.
_CALLS, _MESSAGES = text("effects.kind <> 'message'"), text("effects.kind = 'message'")
_NOBODYS = {"status": EffectStatus.OPEN.value, "lease": None, "leased_until": None}


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may write an effect's end, and for how long."""

    holder: str
    lasts: timedelta


def _ready() -> Any:
    before = effects.alias("before")
    waiting = exists().where(before.c.id == effects.c.waits_for, before.c.status != EffectStatus.DONE.value)
    free = or_(
        effects.c.status.in_((EffectStatus.OPEN.value, EffectStatus.FAILED.value)),
        and_(effects.c.status == EffectStatus.LEASED.value, effects.c.leased_until < bindparam("now")),
    )
    of_shop = effects.c.shop_id == bindparam("shop")
    return and_(UNDONE_AS_INDEXED, free, effects.c.due_at <= bindparam("now"), ~waiting, of_shop)


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
        withdraw_followers(connection, [effect.effect_id], now, error or "")
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


def _held(effect: Effect) -> Any:
    return and_(
        effects.c.shop_id == effect.shop_id,
        effects.c.id == effect.effect_id,
        effects.c.status == EffectStatus.LEASED.value,
        effects.c.lease == effect.lease,
    )


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

"""Effects: what is to be done at the platform, who is doing it, how it ended."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    String,
    bindparam,
    cast,
    delete,
    func,
    literal,
    select,
    text,
    update,
)

from plugin.domain.effects import EffectKind, EffectStatus
from plugin.domain.values import light_dataclass
from plugin.store.schema import codes, effects
from plugin.store.statements import insert_all, insert_on

#: How many codes one effect puts into a voucher; in its payload, and one where it says nothing.
CODES = "codes"
#: The key of the banner that tells of a code begins with it; what decided on the code ends it.
BANNER_OF = "banner:"
#: Statuses from which an effect can still be carried out.
UNDONE = (EffectStatus.OPEN.value, EffectStatus.FAILED.value, EffectStatus.LEASED.value)
#: The same as text, because SQLite uses a partial index only for what it reads in the statement.
UNDONE_AS_INDEXED = text("effects.status IN ('open', 'failed', 'leased')")


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


def size_of(payload: Mapping[str, Any]) -> int:
    """How much of one call an effect takes."""
    return int(payload.get(CODES, 1))


def withdraw_batch(connection: Connection, shop_id: int, batch: str, now: datetime, why: str) -> int:
    """All undone effects of this batch, and what waits for them."""
    ids = connection.execute(
        select(effects.c.id).where(effects.c.shop_id == shop_id, effects.c.batch == batch, effects.c.status.in_(UNDONE))
    ).scalars()
    return _withdraw(connection, list(ids), now, why)


def withdraw_followers(connection: Connection, ids: Sequence[int], now: datetime, why: str) -> int:
    """What waits for these is not done either; how many there were."""
    followers = connection.execute(
        select(effects.c.id).where(effects.c.waits_for.in_(ids), effects.c.status.in_(UNDONE))
    ).scalars()
    return _withdraw(connection, list(followers), now, why)


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
    statement = select(effects.c.id).where(effects.c.shop_id == shop_id, UNDONE_AS_INDEXED, *failed).limit(1)
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
    return len(ids) + withdraw_followers(connection, ids, now, why)

"""Who gets nothing, by keyed hashes: of our number (`customer:12`), of an e-mail (`email:…`) or of an account (`user:…`)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, func, select

from plugin.domain.guardrails import Suppression
from plugin.secrets import subject_hash
from plugin.store.schema import orders, suppressions
from plugin.store.statements import among, insert


class Why(StrEnum):
    COMPLAINT = "complaint"
    ASKED = "asked"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry, as people read it."""

    subject: bytes
    #: None where an e-mail was named: only its hash is kept.
    customer_id: int | None
    reason: Why
    until: datetime | None
    added_by: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """Whoever is meant."""

    key: bytes
    #: None where an e-mail is what was named.
    customer_id: int | None = None


def subjects_of(pepper: str, customer_id: int, email: str | None, user_id: str | None = None) -> list[bytes]:
    """All by which this customer may be on the list."""
    named = [f"customer:{customer_id}"]
    named += [f"email:{email}"] if email else []
    named += [f"user:{user_id}"] if user_id else []
    return [subject_hash(pepper, subject) for subject in named]


def of_number(pepper: str, customer_id: int) -> Subject:
    return Subject(subject_hash(pepper, f"customer:{customer_id}"), customer_id)


def of_email(pepper: str, email: str) -> Subject:
    """email: trimmed and case-folded."""
    return Subject(subject_hash(pepper, f"email:{email}"))


def of_account(pepper: str, user_id: str) -> Subject:
    """For whoever comes back with the same account after having been erased."""
    return Subject(subject_hash(pepper, f"user:{user_id}"))


def put(
    connection: Connection, shop_id: int, subject: Subject, suppression: Suppression, who: str, now: datetime
) -> None:
    """On the list; who is on it already stays for the longer of the two."""
    known = connection.execute(
        select(suppressions.c.until).where(suppressions.c.shop_id == shop_id, suppressions.c.subject == subject.key)
    ).one_or_none()
    if known is not None and not _is_longer(suppression.until, known.until):
        return
    statement = insert(connection, suppressions).values(
        shop_id=shop_id,
        subject=subject.key,
        customer_id=subject.customer_id,
        reason=suppression.reason,
        until=suppression.until,
        added_by=who,
        added_at=now,
    )
    names = ("reason", "until", "added_by", "added_at")
    changes = {name: statement.excluded[name] for name in names}
    connection.execute(statement.on_conflict_do_update(index_elements=["shop_id", "subject"], set_=changes))


def _is_longer(until: datetime | None, known: datetime | None) -> bool:
    return known is not None and (until is None or until > known)


def remove(connection: Connection, shop_id: int, subjects: Sequence[bytes]) -> int:
    """How many entries are gone."""
    return connection.execute(
        delete(suppressions).where(suppressions.c.shop_id == shop_id, suppressions.c.subject.in_(subjects))
    ).rowcount


def listed(connection: Connection, shop_id: int, limit: int) -> list[Listed]:
    """The latest first, also those that are over."""
    statement = (
        select(suppressions)
        .where(suppressions.c.shop_id == shop_id)
        .order_by(suppressions.c.added_at.desc(), suppressions.c.subject)
        .limit(limit)
    )
    return [
        Listed(row.subject, row.customer_id, Why(row.reason), row.until, row.added_by, row.added_at)
        for row in connection.execute(statement)
    ]


def pass_on(connection: Connection, shop_id: int, subjects: Sequence[bytes], into: Subject, now: datetime) -> None:
    """Whoever was on the list by one of these is on it by the other, too, for the longest of their times."""
    for found in entries(connection, shop_id, subjects):
        put(connection, shop_id, into, Suppression(found.reason, found.until), found.added_by, now)


def entries(connection: Connection, shop_id: int, subjects: Sequence[bytes]) -> list[Listed]:
    """By any of these, also those that are over."""
    statement = select(suppressions).where(suppressions.c.shop_id == shop_id, suppressions.c.subject.in_(subjects))
    return [
        Listed(row.subject, row.customer_id, Why(row.reason), row.until, row.added_by, row.added_at)
        for row in connection.execute(statement)
    ]


_LISTED = select(suppressions.c.subject, suppressions.c.reason, suppressions.c.until).where(
    suppressions.c.shop_id == bindparam("shop"), suppressions.c.subject.in_(bindparam("subjects", expanding=True))
)
_REFUNDED = (
    select(orders.c.customer_id, func.max(orders.c.updated_at))
    .where(orders.c.shop_id == bindparam("shop"), orders.c.refunded > Decimal(0))
    .group_by(orders.c.customer_id)
)


@cache
def _refunded(dialect: str) -> Any:
    return among(dialect, _REFUNDED, orders.c.customer_id, "customers")


def any_in(connection: Connection, shop_id: int) -> bool:
    statement = select(suppressions.c.subject).where(suppressions.c.shop_id == shop_id).limit(1)
    return connection.execute(statement).first() is not None


def of_subjects(
    connection: Connection, shop_id: int, subjects: Mapping[int, Sequence[bytes]]
) -> dict[int, Suppression]:
    """Customer's id → the entry that lasts longest, by any of the subjects; who is on no list is left out."""
    wanted = [subject for theirs in subjects.values() for subject in theirs]
    rows = connection.execute(_LISTED, {"shop": shop_id, "subjects": wanted})
    listed = {subject: Suppression(reason, until) for subject, reason, until in rows}
    found: dict[int, Suppression] = {}
    for customer_id, theirs in subjects.items() if listed else ():
        for entry in (listed[subject] for subject in theirs if subject in listed):
            if customer_id not in found or _is_longer(entry.until, found[customer_id].until):
                found[customer_id] = entry
    return found


def refunded_at(connection: Connection, shop_id: int, customer_ids: Sequence[int]) -> dict[int, datetime]:
    """When money last went back to each; to whom none did is left out.

    Saleor tells no moment of a refund: it is the last change of the orders of which money went back.
    """
    return dict(
        connection.execute(_refunded(connection.dialect.name), {"shop": shop_id, "customers": customer_ids}).all()
    )

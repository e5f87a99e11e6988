"""What gifts are expected to cost, row by row, and its running totals, which are written in the same breath.

Whoever calls this holds the shop (`shops.hold`): two that decide at once would both see the same money left.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from plugin.domain.budgets import Used
from plugin.domain.money import Money
from plugin.domain.values import light_dataclass
from plugin.store.schema import reservations, spending
from plugin.store.statements import insert_all

#: In the place of a campaign: all of them.
ALL = 0
#: In the place of a day: all of them.
TOTAL = "total"
#: Keys of one statement.
PORTION = 500


class Standing(StrEnum):
    RESERVED = "reserved"
    SETTLED = "settled"
    #: It will not be used any more.
    RELEASED = "released"


class Part(StrEnum):
    GIFT = "gift"
    #: Of the next order, given beside it.
    SHIPPING = "shipping"


@dataclass(frozen=True, slots=True)
class Spent:
    """One running total: what is reserved, and what was given in the end."""

    campaign_id: int
    period: str
    currency: str
    reserved: Decimal
    settled: Decimal


#: (campaign, day, currency) → what is added to reserved and to settled.
_Changes = dict[tuple[int, date, str], tuple[Decimal, Decimal]]

_NEW = reservations.insert()
_ONE = select(reservations).where(
    reservations.c.shop_id == bindparam("shop"),
    reservations.c.decision_id == bindparam("decision"),
    reservations.c.part == bindparam("part"),
)
_COUNTED = case(
    (reservations.c.status == Standing.RESERVED.value, reservations.c.reserved),
    (reservations.c.status == Standing.SETTLED.value, reservations.c.settled),
    else_=Decimal(0),
)
_OF_CUSTOMER = (
    select(reservations.c.campaign_id, func.sum(_COUNTED))
    .where(
        reservations.c.shop_id == bindparam("shop"),
        reservations.c.customer_id == bindparam("customer"),
        reservations.c.currency == bindparam("currency"),
        reservations.c.at > bindparam("since"),
    )
    .group_by(reservations.c.campaign_id)
)
_USED = select(spending.c.campaign_id, spending.c.period, spending.c.reserved, spending.c.settled).where(
    spending.c.shop_id == bindparam("shop"),
    spending.c.campaign_id.in_((bindparam("campaign"), ALL)),
    spending.c.period.in_((bindparam("day"), TOTAL)),
    spending.c.currency == bindparam("currency"),
)


@light_dataclass(frozen=True, slots=True)
class Reservation:
    decision_id: int
    campaign_id: int
    customer_id: int
    cost: Money
    part: Part = Part.GIFT


def reserve(
    connection: Connection, shop_id: int, reservations: Sequence[Reservation], day: date, now: datetime
) -> None:
    rows = [
        {
            "shop_id": shop_id,
            "decision_id": one.decision_id,
            "part": one.part.value,
            "campaign_id": one.campaign_id,
            "customer_id": one.customer_id,
            "currency": one.cost.currency,
            "day": day,
            "reserved": one.cost.amount,
            "settled": Decimal(0),
            "status": Standing.RESERVED.value,
            "at": now,
        }
        for one in reservations
    ]
    if not rows:
        return
    insert_all(connection, _NEW, rows)
    changes: _Changes = {}
    for one in reservations:
        _plus(changes, (one.campaign_id, day, one.cost.currency), one.cost.amount, Decimal(0))
    _count(connection, shop_id, changes)


def settle(connection: Connection, shop_id: int, decision_id: int, given: Money, part: Part = Part.GIFT) -> None:
    """What it did cost; said again, the last word counts. Nothing happens where nothing was reserved."""
    row = connection.execute(_ONE, {"shop": shop_id, "decision": decision_id, "part": part.value}).one_or_none()
    if row is None:
        return
    changes: _Changes = {}
    _take_away(changes, row)
    _plus(changes, (row.campaign_id, row.day, given.currency), Decimal(0), given.amount)
    connection.execute(
        update(reservations)
        .where(
            reservations.c.shop_id == shop_id,
            reservations.c.decision_id == decision_id,
            reservations.c.part == part.value,
        )
        .values(status=Standing.SETTLED.value, settled=given.amount, currency=given.currency)
    )
    _count(connection, shop_id, changes)


def is_settled(connection: Connection, shop_id: int, decision_id: int) -> bool:
    """What it did cost has been said."""
    asked = {"shop": shop_id, "decision": decision_id, "part": Part.GIFT.value}
    row = connection.execute(_ONE, asked).one_or_none()
    return row is not None and row.status == Standing.SETTLED.value


def release(connection: Connection, shop_id: int, decision_ids: Sequence[int]) -> None:
    """Those of them that are still reserved are free again."""
    for start in range(0, len(decision_ids), PORTION):
        changed = (
            update(reservations)
            .where(
                reservations.c.shop_id == shop_id,
                reservations.c.decision_id.in_(decision_ids[start : start + PORTION]),
                reservations.c.status == Standing.RESERVED.value,
            )
            .values(status=Standing.RELEASED.value)
            .returning(reservations.c.campaign_id, reservations.c.day, reservations.c.currency, reservations.c.reserved)
        )
        changes: _Changes = {}
        for row in connection.execute(changed):
            _plus(changes, (row.campaign_id, row.day, row.currency), -row.reserved, Decimal(0))
        _count(connection, shop_id, changes)


def move(connection: Connection, shop_id: int, from_id: int, into_id: int) -> None:
    connection.execute(
        update(reservations)
        .where(reservations.c.shop_id == shop_id, reservations.c.customer_id == from_id)
        .values(customer_id=into_id)
    )


def erase(connection: Connection, shop_id: int, customer_id: int) -> None:
    """What was given stays in the books, and nobody knows to whom."""
    theirs = reservations.c.shop_id == shop_id, reservations.c.customer_id == customer_id
    decided = connection.execute(select(reservations.c.decision_id).where(*theirs)).scalars().all()
    release(connection, shop_id, decided)
    connection.execute(update(reservations).where(*theirs).values(customer_id=None))


def used(connection: Connection, shop_id: int, campaign_id: int, day: date, currency: str) -> dict[int, Used]:
    """Campaign, and `ALL`, → reserved and settled together, but for what one customer had."""
    sums: dict[int, dict[str, Decimal]] = {campaign_id: {}, ALL: {}}
    asked = {"shop": shop_id, "campaign": campaign_id, "day": day.isoformat(), "currency": currency}
    for row in connection.execute(_USED, asked):
        sums[row.campaign_id][row.period] = row.reserved + row.settled
    return {
        whose: Used(found.get(TOTAL, Decimal(0)), found.get(day.isoformat(), Decimal(0)))
        for whose, found in sums.items()
    }


def used_for(
    connection: Connection, shop_id: int, customer_id: int, currency: str, since: datetime
) -> Mapping[int, Decimal]:
    """Campaign, and `ALL`, → what this customer had since then, reserved or settled."""
    asked = {"shop": shop_id, "customer": customer_id, "currency": currency, "since": since}
    had = {campaign_id: Decimal(amount) for campaign_id, amount in connection.execute(_OF_CUSTOMER, asked)}
    return defaultdict(Decimal, {**had, ALL: sum(had.values(), Decimal(0))})


def totals(connection: Connection, shop_id: int, periods: Iterable[str]) -> list[Spent]:
    statement = (
        select(spending)
        .where(spending.c.shop_id == shop_id, spending.c.period.in_(tuple(periods)))
        .order_by(spending.c.campaign_id, spending.c.currency, spending.c.period)
    )
    return [
        Spent(row.campaign_id, row.period, row.currency, row.reserved, row.settled)
        for row in connection.execute(statement)
    ]


def liability(connection: Connection, shop_id: int) -> dict[str, Decimal]:
    """Currency → what codes that are out may still cost."""
    return {
        spent.currency: spent.reserved
        for spent in totals(connection, shop_id, (TOTAL,))
        if spent.campaign_id == ALL and spent.reserved
    }


def _take_away(changes: _Changes, row: Row[Any]) -> None:
    """What this row has counted for so far."""
    reserved = row.reserved if row.status == Standing.RESERVED.value else Decimal(0)
    settled = row.settled if row.status == Standing.SETTLED.value else Decimal(0)
    _plus(changes, (row.campaign_id, row.day, row.currency), -reserved, -settled)


def _plus(changes: _Changes, key: tuple[int, date, str], reserved: Decimal, settled: Decimal) -> None:
    before = changes.get(key, (Decimal(0), Decimal(0)))
    changes[key] = (before[0] + reserved, before[1] + settled)


def _count(connection: Connection, shop_id: int, changes: _Changes) -> None:
    """Into each of the four totals that a gift counts for."""
    sums: dict[tuple[int, str, str], tuple[Decimal, Decimal]] = {}
    for (campaign_id, day, currency), (reserved, settled) in changes.items():
        for whose in (campaign_id, ALL):
            for period in (day.isoformat(), TOTAL):
                before = sums.get((whose, period, currency), (Decimal(0), Decimal(0)))
                sums[whose, period, currency] = (before[0] + reserved, before[1] + settled)
    rows = [
        {"shop_id": shop_id, "campaign_id": c, "period": p, "currency": m, "reserved": r, "settled": s}
        for (c, p, m), (r, s) in sums.items()
        if r or s
    ]
    if rows:
        connection.execute(_counting(connection.dialect.name), rows)


@cache
def _counting(dialect: str) -> Any:
    statement = (sqlite if dialect == "sqlite" else postgresql).insert(spending)
    return statement.on_conflict_do_update(
        index_elements=[column.name for column in spending.primary_key],
        set_={name: spending.c[name] + statement.excluded[name] for name in ("reserved", "settled")},
    )

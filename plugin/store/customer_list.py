"""Customers as lists: sorted and filtered page by page, searched, and walked through whole.

No page looks at more than so many rows, however few of them are meant: it ends where it has looked so far, and
the next one goes on there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, and_, literal, select, tuple_

from plugin.domain.conditions import Condition, needs_lines
from plugin.domain.segments import Segment
from plugin.store import customers as customers_of
from plugin.store.conditions import where
from plugin.store.customers import Customer, read_customer, searchable
from plugin.store.schema import customers, orders
from plugin.store.shops import Shop

#: Rows that one page looks at: of a stage, which the index tells, of a segment, and of one that asks for each one's
#: lines of orders.
LOOKED_AT, LOOKED_AT_FOR_SEGMENT, LOOKED_AT_WITH_LINES = 20_000, 3_000, 500
#: Rows that a walk reads at once.
PORTION = 2_000
#: Behind everything that begins with the text before it.
_LAST_SIGN = "\U0010ffff"

_C = customers.c
Truth: TypeAlias = ColumnElement[bool]


class Sort(StrEnum):
    LAST_ORDER = "last"
    #: What was spent, in one currency: amounts of two are not in one order.
    VALUE = "value"
    #: When the silence becomes, or became, unusual.
    RISK = "risk"


_BY: dict[Sort, ColumnElement[Any]] = {
    Sort.LAST_ORDER: _C.last_at,
    Sort.VALUE: _C.value,
    Sort.RISK: _C.at_risk_from,
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which customers, in which order."""

    sort: Sort = Sort.LAST_ORDER
    descending: bool = True
    stage: Segment | None = None
    #: Resolved.
    condition: Condition | None = None
    #: Of `Sort.VALUE`: only those whose last order was in it.
    currency: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a list: what its row is sorted by, None for who has none of it, and its number."""

    value: datetime | Decimal | None
    customer_id: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A page, or as much of one as was found in the rows that were looked at."""

    rows: list[Customer]
    #: Where to go on; None at the list's end.
    end: Mark | None
    #: The page is not full, because so many rows were looked at; 0 for one that is full, or the last.
    looked: int = 0

    @property
    def unfinished(self) -> bool:
        return self.looked > 0


def stretch(
    connection: Connection, shop: Shop, wanted: Wanted, now: datetime, size: int, after: Mark | None = None
) -> Stretch:
    """The next so many after that place; those who have nothing to be sorted by come last."""
    rows: list[Customer] = []
    for known in _halves(wanted, after):
        mark = after if after is not None and (after.value is not None) is known else None
        found, end = _look(connection, shop, wanted, now, size - len(rows), mark, known=known)
        rows += found
        if end is not None:
            return Stretch(rows, end, (looked_at(wanted) or 0) if len(rows) < size else 0)
    return Stretch(rows, None)


def before(connection: Connection, shop: Shop, wanted: Wanted, now: datetime, size: int, mark: Mark) -> Stretch:
    """The page that ends just before that place; the first one where less than a page is left."""
    rows: list[Customer] = []
    for known in (True,) if mark.value is not None else (False, True):
        start = mark if (mark.value is not None) is known else None
        found, end = _look(connection, shop, wanted, now, size - len(rows), start, known=known, backwards=True)
        rows += found
        if end is not None and len(rows) == size:
            return Stretch(rows[::-1], mark_of(rows[0], wanted.sort))
        if end is not None:
            break
    return stretch(connection, shop, wanted, now, size)


def looked_at(wanted: Wanted) -> int | None:
    """How many rows one page looks at; None where everybody is meant."""
    if wanted.condition is not None:
        return LOOKED_AT_WITH_LINES if needs_lines(wanted.condition) else LOOKED_AT_FOR_SEGMENT
    return None if wanted.stage is None else LOOKED_AT


def mark_of(customer: Customer, sort: Sort) -> Mark:
    history = customer.state.history
    values = {
        Sort.LAST_ORDER: history.last_at,
        Sort.VALUE: history.value,
        Sort.RISK: customer.turns.at_risk_from,
    }
    return Mark(values[sort], customer.customer_id)


def _halves(wanted: Wanted, after: Mark | None) -> tuple[bool, ...]:
    """Those who have what the list is sorted by, then those who have not; a currency is had by the former alone."""
    if wanted.sort is Sort.VALUE:
        return (True,)
    return (True, False) if after is None or after.value is not None else (False,)


def _look(
    connection: Connection,
    shop: Shop,
    wanted: Wanted,
    now: datetime,
    size: int,
    mark: Mark | None,
    *,
    known: bool,
    backwards: bool = False,
) -> tuple[list[Customer], Mark | None]:
    """Rows of one half, and where it was left; None when it is at its end."""
    column, down = _BY[wanted.sort], wanted.descending is not backwards
    if not known:
        down = backwards
    here = [_C.shop_id == shop.shop_id, column.is_not(None) if known else column.is_(None)]
    if wanted.sort is Sort.VALUE:
        here.append(_C.currency == wanted.currency)
    if mark is not None:
        here.append(_beyond(column, mark, down=down))
    order = [key.desc() if down else key.asc() for key in ((column, _C.id) if known else (_C.id,))]
    edge = _edge(connection, wanted, here, order, column)
    if edge is not None:
        here.append(_within(column, edge, down=down))
    chosen = select(customers).where(*here, *_filters(shop, wanted, now)).order_by(*order).limit(size + 1)
    rows = [read_customer(row) for row in connection.execute(chosen)]
    if len(rows) > size:
        return rows[:size], mark_of(rows[size - 1], wanted.sort) if size else Mark(None, 0)
    return rows, edge


def _beyond(column: ColumnElement[Any], mark: Mark, *, down: bool) -> Truth:
    """After the mark in this direction."""
    if mark.value is None:
        return _C.id < mark.customer_id if down else _C.id > mark.customer_id
    here, there = tuple_(column, _C.id), tuple_(literal(mark.value, column.type), literal(mark.customer_id, _C.id.type))
    return here < there if down else here > there


def _within(column: ColumnElement[Any], mark: Mark, *, down: bool) -> Truth:
    """Up to the mark, with it."""
    if mark.value is None:
        return _C.id >= mark.customer_id if down else _C.id <= mark.customer_id
    here, there = tuple_(column, _C.id), tuple_(literal(mark.value, column.type), literal(mark.customer_id, _C.id.type))
    return here >= there if down else here <= there


def _edge(
    connection: Connection, wanted: Wanted, here: list[Truth], order: list[Any], column: ColumnElement[Any]
) -> Mark | None:
    """The last row that is looked at; None where the rest is few enough, or everybody is meant."""
    most = looked_at(wanted)
    if most is None:
        return None
    row = connection.execute(
        select(column, _C.id).where(*here).order_by(*order).offset(most - 1).limit(1)
    ).one_or_none()
    return None if row is None else Mark(row[0], row[1])


def _filters(shop: Shop, wanted: Wanted, now: datetime) -> list[Truth]:
    found: list[Truth] = []
    if wanted.stage is not None:
        found.append(_C.segment == wanted.stage.value)
    if wanted.condition is not None:
        found.append(where(wanted.condition, shop.limits, now))
    return found


def walk(connection: Connection, shop: Shop, wanted: Wanted, now: datetime, after: int) -> list[Customer]:
    """The next portion of all who are meant, by their numbers; empty at the end."""
    chosen = select(customers).where(_C.shop_id == shop.shop_id, _C.id > after, *_filters(shop, wanted, now))
    return [read_customer(row) for row in connection.execute(chosen.order_by(_C.id).limit(PORTION))]


def search(connection: Connection, shop_id: int, text: str, limit: int) -> list[Customer]:
    """By an order's number, by how the e-mail begins, by how the first name begins; each customer once."""
    key, number = searchable(text), text.strip().removeprefix("#")
    if not key:
        return []
    found = {one.customer_id: one for one in _by_order(connection, shop_id, number, limit)}
    for truth in (_begins(_C.email, key), _begins(_C.name_key, key)):
        if len(found) < limit:
            rows = connection.execute(select(customers).where(_C.shop_id == shop_id, truth).limit(limit))
            found |= {row.id: read_customer(row) for row in rows if row.id not in found}
    return list(found.values())[:limit]


def _by_order(connection: Connection, shop_id: int, number: str, limit: int) -> list[Customer]:
    """In two steps: in one, SQLite would go through all customers of the shop."""
    holders = select(orders.c.customer_id).where(orders.c.shop_id == shop_id, orders.c.number == number).limit(limit)
    ids = set(connection.execute(holders).scalars()) if number else set()
    found = (customers_of.by_id(connection, shop_id, customer_id) for customer_id in sorted(ids))
    return [customer for customer in found if customer is not None]


def _begins(column: ColumnElement[Any], key: str) -> Truth:
    return and_(column >= key, column < key + _LAST_SIGN)


def main_currency(connection: Connection, shop_id: int, currencies: Sequence[str]) -> str:
    """Of these, the one in which somebody ordered last; the first where nobody has."""
    newest = select(_C.currency).where(_C.shop_id == shop_id, _C.last_at.is_not(None)).order_by(_C.last_at.desc())
    found: str = connection.execute(newest.limit(1)).scalar_one_or_none() or ""
    return found if found in currencies else next(iter(currencies), found)

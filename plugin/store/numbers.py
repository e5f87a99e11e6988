"""What the shop's numbers are read from: every order, line and customer once, customer by customer, in a stream."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, case, func, literal, select

from plugin.domain.bright_spots import LineRow
from plugin.domain.customer import History
from plugin.domain.ledger import NOT_SENT, SENT
from plugin.domain.purchase_days import OrderRow
from plugin.domain.stages import Turns
from plugin.store.customers import read_history, read_turns
from plugin.store.schema import customers, fulfilments, order_lines, orders
from plugin.store.types import Moment

#: Rows that are held at once.
CHUNK = 5_000

_OF_ORDER = (order_lines.c.shop_id == orders.c.shop_id) & (order_lines.c.order_id == orders.c.order_id)
_PACKED = (
    select(func.min(fulfilments.c.created_at))
    .where(
        fulfilments.c.shop_id == orders.c.shop_id,
        fulfilments.c.order_id == orders.c.order_id,
        fulfilments.c.status == SENT,
    )
    .correlate(orders)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is to read: orders that count, up to now."""

    orders: int
    first_at: datetime | None
    #: Orders that say they are from the future; no number knows them yet.
    ahead: int


def extent(connection: Connection, shop_id: int, now: datetime) -> Extent:
    known = _counting(select(func.count(), func.min(orders.c.placed_at)), shop_id)
    ahead = _counting(select(func.count()).select_from(orders), shop_id).where(orders.c.placed_at > now)
    number, first_at = connection.execute(known.where(orders.c.placed_at <= now)).one()
    return Extent(number, first_at, connection.execute(ahead).scalar_one())


def customer_count(connection: Connection, shop_id: int) -> int:
    statement = select(func.count()).where(customers.c.shop_id == shop_id)
    return int(connection.execute(statement).scalar_one())


@dataclass(frozen=True, slots=True)
class Consents:
    """Customers by what they have said."""

    #: An account said yes, and nobody said no since.
    opted_in: int
    opted_out: int
    #: Do not want to be measured.
    objects: int


def consents(connection: Connection, shop_id: int) -> Consents:
    table = customers
    said_yes = table.c.opted_in_at.is_not(None) & table.c.opted_out.is_(False)
    counted = [func.count().filter(truth) for truth in (said_yes, table.c.opted_out, table.c.objects)]
    row = connection.execute(select(*counted).where(table.c.shop_id == shop_id)).one()
    return Consents(row[0], row[1], row[2])


def line_count(connection: Connection, shop_id: int) -> int:
    """Lines of all orders, also of those that do not count."""
    statement = select(func.count()).where(order_lines.c.shop_id == shop_id)
    return int(connection.execute(statement).scalar_one())


def order_rows(connection: Connection, shop_id: int, now: datetime) -> Iterator[OrderRow]:
    """Orders that count and are not in the future, customer by customer, oldest first."""
    statement = _counting(
        select(
            orders.c.customer_id,
            orders.c.placed_at,
            orders.c.currency,
            orders.c.total,
            orders.c.refunded,
            orders.c.shipping,
            orders.c.voucher_code.is_not(None),
            orders.c["items"],
            _packed_or_waiting(now),
        ),
        shop_id,
    )
    statement = statement.where(orders.c.placed_at <= now).order_by(orders.c.customer_id, orders.c.placed_at)
    for row in _streamed(connection, statement):
        yield OrderRow._make(row)


def line_rows(connection: Connection, shop_id: int, now: datetime) -> Iterator[LineRow]:
    """Lines of the same orders, in the same order. What no longer has a product is known by its SKU or name."""
    product = func.coalesce(
        func.nullif(order_lines.c.product_id, ""), func.nullif(order_lines.c.sku, ""), order_lines.c.name
    )
    statement = _counting(
        select(
            orders.c.customer_id,
            orders.c.placed_at,
            product,
            order_lines.c.name,
            func.coalesce(order_lines.c.product_type, ""),
        ).join(order_lines, _OF_ORDER),
        shop_id,
    )
    statement = statement.where(orders.c.placed_at <= now).order_by(orders.c.customer_id, orders.c.placed_at)
    for row in _streamed(connection, statement):
        yield LineRow._make(row)


def histories(connection: Connection, shop_id: int) -> Iterator[tuple[History, Turns]]:
    """Every customer's history, and when silence moves them on."""
    columns = [customers.c[field.name] for field in (*fields(History), *fields(Turns))]
    for row in _streamed(connection, select(*columns).where(customers.c.shop_id == shop_id)):
        yield read_history(row), read_turns(row)


def _packed_or_waiting(now: datetime) -> ColumnElement[datetime | None]:
    """When the first parcel was packed; what is known to wait for it has waited until now."""
    return func.coalesce(_PACKED, case((orders.c.status.in_(sorted(NOT_SENT)), literal(now, Moment))))


def _counting(statement: Any, shop_id: int) -> Any:
    return statement.where(orders.c.shop_id == shop_id, orders.c.counts)


def _streamed(connection: Connection, statement: Select[Any]) -> Iterator[Any]:
    yield from connection.execute(statement, execution_options={"yield_per": CHUNK})

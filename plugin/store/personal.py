"""Everything that is kept of one customer, for whoever may ask for it: what a person is owed on request."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, or_, select

from plugin.domain.offers import Offer, write_offer
from plugin.store.customers import Customer
from plugin.store.schema import (
    arms,
    checkouts,
    codes,
    contact_choices,
    customers,
    decisions,
    effects,
    front_events,
    fulfilments,
    left_baskets,
    members,
    messages,
    order_lines,
    orders,
    reservations,
    suppressions,
)

#: Rows that are the customer's by their number.
BY_NUMBER: Mapping[str, Table] = {
    "account": customers,
    "orders": orders,
    "decisions": decisions,
    "control_groups": arms,
    "codes": codes,
    "cost_of_gifts": reservations,
    "seen_and_clicked": front_events,
    "segments": members,
    "effects": effects,
    "messages": messages,
}
#: Parts of orders.
BY_ORDER: Mapping[str, Table] = {"order_lines": order_lines, "parcels": fulfilments}
#: What is nobody's data: keys of ours, and how it is stored.
_INTERNAL = {"shop_id", "key", "lease", "leased_until", "batch", "waits_for", "subject", "name_key", "ref", "address"}
#: Orders whose parts are read in one statement.
_AT_ONCE = 10_000


def everything(
    connection: Connection, shop_id: int, customer: Customer, subjects: Sequence[bytes]
) -> dict[str, list[dict[str, Any]]]:
    """As plain JSON values, by subject. subjects: by what the customer may be on the suppression list."""
    found = {name: _rows(connection, shop_id, table, _whose(table, customer)) for name, table in BY_NUMBER.items()}
    ids = [order["order_id"] for order in found["orders"]]
    for name, table in BY_ORDER.items():
        found[name] = [
            row
            for start in range(0, len(ids), _AT_ONCE)
            for row in _rows(connection, shop_id, table, table.c.order_id.in_(ids[start : start + _AT_ONCE]))
        ]
    for table in (checkouts, left_baskets):
        named = [table.c.user_id == customer.state.user_id] if customer.state.user_id else []
        named += [table.c.email == customer.email] if customer.email else []
        found[table.name] = _rows(connection, shop_id, table, or_(*named)) if named else []
    for name, table in (("suppressions", suppressions), ("ways_to_write", contact_choices)):
        found[name] = _rows(connection, shop_id, table, table.c.subject.in_(subjects))
    return found


def _whose(table: Table, customer: Customer) -> ColumnElement[bool]:
    column = table.c.id if table is customers else table.c.customer_id
    return column == customer.customer_id


def _rows(connection: Connection, shop_id: int, table: Table, truth: ColumnElement[bool]) -> list[dict[str, Any]]:
    statement = select(table).where(table.c.shop_id == shop_id, truth).order_by(*table.primary_key)
    return [_plain(row) for row in connection.execute(statement)]


def _plain(row: Row[Any]) -> dict[str, Any]:
    return {name: _value(value) for name, value in row._mapping.items() if name not in _INTERNAL}  # noqa: SLF001


def _value(value: Any) -> Any:
    match value:
        case Decimal():
            return str(value)
        case datetime() | date():
            return value.isoformat()
        case Offer():
            return write_offer(value)
        case bytes():
            return value.hex()
        case tuple():
            return list(value)
        case _:
            return value

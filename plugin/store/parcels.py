"""The ledger's parcels: fulfilments in their newest version, and what is known by them of a customer's orders."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, case, select

from plugin.domain.ledger import Fulfilment
from plugin.domain.parcels import PARCEL_DAYS, Parcel, Part, Shipment, parcel_of, recent
from plugin.store.schema import fulfilments, orders
from plugin.store.statements import insert_on

#: What has been told is known, whatever the clocks of two machines say of it.
_NOW = datetime.max.replace(tzinfo=UTC)
#: Orders of one statement.
PORTION = 500

_OPEN = select(
    orders.c.customer_id,
    orders.c.order_id,
    orders.c.number,
    orders.c.placed_at,
    orders.c.refunded,
    orders.c.status,
    orders.c.promised_days,
).where(
    orders.c.shop_id == bindparam("shop"),
    orders.c.customer_id.in_(bindparam("customers", expanding=True)),
    orders.c.placed_at > bindparam("since"),
    orders.c.counts,
    orders.c.ships,
)
_PARTS = select(
    fulfilments.c.order_id,
    fulfilments.c.status,
    fulfilments.c.created_at,
    fulfilments.c.status_at,
    fulfilments.c.tracking_number,
).where(
    fulfilments.c.shop_id == bindparam("shop"),
    fulfilments.c.order_id.in_(bindparam("orders", expanding=True)),
)


def parcels_of(
    connection: Connection, shop_id: int, customer_ids: Collection[int], now: datetime
) -> dict[int, Sequence[Parcel]]:
    """Customer's id → the parcels of the last days, the oldest first; two indexed reads. Who has none is left out."""
    asked = {"shop": shop_id, "customers": list(customer_ids), "since": now - timedelta(days=PARCEL_DAYS)}
    rows = connection.execute(_OPEN, asked).all()
    parts = parts_of(connection, shop_id, [row.order_id for row in rows])
    found: dict[int, list[Parcel]] = defaultdict(list)
    for row in rows:
        shipment = Shipment(row.status, row.promised_days, tuple(parts.get(row.order_id, ())))
        found[row.customer_id].append(parcel_of(row.order_id, row.number, row.placed_at, row.refunded, shipment, _NOW))
    return {customer_id: recent(theirs, now) for customer_id, theirs in found.items()}


def parts_of(connection: Connection, shop_id: int, order_ids: Sequence[str]) -> dict[str, list[Part]]:
    """Order's id → its fulfilments."""
    found: dict[str, list[Part]] = defaultdict(list)
    for start in range(0, len(order_ids), PORTION):
        asked = {"shop": shop_id, "orders": order_ids[start : start + PORTION]}
        for row in connection.execute(_PARTS, asked):
            found[row.order_id].append(Part(row.status, row.created_at, row.status_at, bool(row.tracking_number)))
    return found


@dataclass(frozen=True, slots=True)
class Shipped:
    order_id: str
    shipping: Decimal
    currency: str


_SHIPPED_AFTER = (
    select(orders.c.order_id, orders.c.shipping, orders.c.currency)
    .where(
        orders.c.shop_id == bindparam("shop"),
        orders.c.customer_id == bindparam("customer"),
        orders.c.placed_at > bindparam("since"),
        orders.c.counts,
        orders.c.ships.is_not(False),
    )
    .order_by(orders.c.placed_at)
    .limit(1)
)


def first_shipped_after(connection: Connection, shop_id: int, customer_id: int, since: datetime) -> Shipped | None:
    """Their first order since then that counts and is to be shipped, as far as it was told."""
    asked = {"shop": shop_id, "customer": customer_id, "since": since}
    row = connection.execute(_SHIPPED_AFTER, asked).one_or_none()
    return None if row is None else Shipped(*row)


def fulfilment_values(
    shop_id: int, order_id: str, seen: Sequence[Fulfilment], issued_at: datetime
) -> list[dict[str, Any]]:
    return [
        {
            "shop_id": shop_id,
            "fulfilment_id": fulfilment.fulfilment_id,
            "order_id": order_id,
            "status": fulfilment.status,
            "tracking_number": fulfilment.tracking_number,
            "created_at": fulfilment.created_at,
            "status_at": issued_at,
            "issued_at": issued_at,
        }
        for fulfilment in seen
    ]


def write_fulfilments(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Those that are newer than what is there; a status that stays the same stays as old as it was."""
    if rows:
        connection.execute(_newest_fulfilments(connection.dialect.name), rows)


@cache
def _newest_fulfilments(dialect: str) -> Any:
    statement = insert_on(dialect, fulfilments)
    keys = [column.name for column in fulfilments.primary_key]
    newest = {column.name: statement.excluded[column.name] for column in fulfilments.c if column.name not in keys}
    same = fulfilments.c.status == statement.excluded.status
    newest["status_at"] = case((same, fulfilments.c.status_at), else_=statement.excluded.status_at)
    newer = fulfilments.c.issued_at <= statement.excluded.issued_at
    return statement.on_conflict_do_update(index_elements=keys, set_=newest, where=newer)

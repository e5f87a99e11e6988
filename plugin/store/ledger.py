"""The ledger: the newest version of each order, fulfilment and checkout."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from plugin.domain.ledger import Checkout, Fulfilment, Line, Order
from plugin.store.schema import checkouts, fulfilments, order_lines, orders
from plugin.store.statements import insert


@dataclass(frozen=True, slots=True)
class Purchase:
    """What the fold reads of an order (domain.customer.Purchase)."""

    order_id: str
    counts: bool
    currency: str
    total: Decimal
    refunded: Decimal
    placed_at: datetime


def owner_of(connection: Connection, shop_id: int, order_id: str) -> int | None:
    """The customer whose ledger holds this order; None for an order not seen before."""
    statement = select(orders.c.customer_id).where(orders.c.shop_id == shop_id, orders.c.order_id == order_id)
    return connection.execute(statement).scalar_one_or_none()


def save_order(
    connection: Connection, shop_id: int, customer_id: int, order: Order, issued_at: datetime, *, new: bool
) -> bool:
    """Write this version unless a newer one is there; whether it was written.

    Fulfilments are versioned by themselves, since a changed one leaves the order's version as it was.
    """
    _save_fulfilments(connection, shop_id, order.order_id, order.fulfilments, issued_at)
    values = _order_values(shop_id, customer_id, order, issued_at)
    statement = insert(connection, orders).values(values)
    excluded = statement.excluded
    newer = (orders.c.updated_at < excluded.updated_at) | (
        (orders.c.updated_at == excluded.updated_at) & (orders.c.issued_at <= excluded.issued_at)
    )
    changes = {name: excluded[name] for name in values if name not in {"shop_id", "order_id"}}
    written = connection.execute(
        statement.on_conflict_do_update(index_elements=["shop_id", "order_id"], set_=changes, where=newer)
    ).rowcount
    if written:
        _save_lines(connection, shop_id, order.order_id, order.lines, new=new)
    return bool(written)


def purchases(connection: Connection, shop_id: int, customer_id: int) -> Sequence[Purchase]:
    columns = (
        orders.c.order_id,
        orders.c.counts,
        orders.c.currency,
        orders.c.total,
        orders.c.refunded,
        orders.c.placed_at,
    )
    statement = select(*columns).where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id)
    return [Purchase(*row) for row in connection.execute(statement)]


def purchase_times(connection: Connection, shop_id: int, customers: int) -> Iterator[list[datetime]]:
    """The sorted times of counting orders, customer by customer, of up to so many customers with orders."""
    some = (
        select(orders.c.customer_id).where(orders.c.shop_id == shop_id, orders.c.counts).distinct().limit(customers)
    ).subquery()
    statement = (
        select(orders.c.customer_id, orders.c.placed_at)
        .join(some, some.c.customer_id == orders.c.customer_id)
        .where(orders.c.shop_id == shop_id, orders.c.counts)
        .order_by(orders.c.customer_id, orders.c.placed_at)
    )
    whose, times = None, list[datetime]()
    for customer_id, placed_at in connection.execute(statement):
        if customer_id != whose and times:
            yield times
            times = []
        whose = customer_id
        times.append(placed_at)
    if times:
        yield times


def orders_of_email(connection: Connection, shop_id: int, customer_id: int, email: str) -> Sequence[str]:
    """This customer's orders that were placed without signing in, with that e-mail."""
    statement = select(orders.c.order_id).where(
        orders.c.shop_id == shop_id,
        orders.c.customer_id == customer_id,
        orders.c.user_id.is_(None),
        orders.c.email == email,
    )
    return connection.execute(statement).scalars().all()


def move_orders(connection: Connection, shop_id: int, order_ids: Sequence[str], customer_id: int) -> None:
    connection.execute(
        update(orders)
        .where(orders.c.shop_id == shop_id, orders.c.order_id.in_(order_ids))
        .values(customer_id=customer_id)
    )


def has_orders(connection: Connection, shop_id: int, customer_id: int) -> bool:
    statement = select(orders.c.order_id).where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id)
    return connection.execute(statement.limit(1)).first() is not None


def save_checkout(connection: Connection, shop_id: int, checkout: Checkout) -> None:
    values = {
        "shop_id": shop_id,
        "checkout_id": checkout.checkout_id,
        "user_id": checkout.user_id,
        "email": checkout.email,
        "channel": checkout.channel,
        "currency": checkout.currency,
        "subtotal": checkout.subtotal,
        "shipping": checkout.shipping,
        "created_at": checkout.created_at,
        "updated_at": checkout.updated_at,
    }
    statement = insert(connection, checkouts).values(values)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "checkout_id"],
            set_={name: statement.excluded[name] for name in values if name not in {"shop_id", "checkout_id"}},
            where=checkouts.c.updated_at <= statement.excluded.updated_at,
        )
    )


def erase(
    connection: Connection, shop_id: int, customer_id: int | None, user_id: str | None, email: str | None
) -> None:
    """All orders of this customer, and the checkouts begun in their name."""
    theirs = select(orders.c.order_id).where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id)
    for table in (order_lines, fulfilments):
        connection.execute(delete(table).where(table.c.shop_id == shop_id, table.c.order_id.in_(theirs)))
    connection.execute(delete(orders).where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id))
    named = [c == value for c, value in ((checkouts.c.user_id, user_id), (checkouts.c.email, email)) if value]
    if named:
        connection.execute(delete(checkouts).where(checkouts.c.shop_id == shop_id, or_(*named)))


def erase_order(connection: Connection, shop_id: int, order_id: str) -> None:
    for table in (order_lines, fulfilments, orders):
        connection.execute(delete(table).where(table.c.shop_id == shop_id, table.c.order_id == order_id))


def _order_values(shop_id: int, customer_id: int, order: Order, issued_at: datetime) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "order_id": order.order_id,
        "customer_id": customer_id,
        "number": order.number,
        "status": order.status,
        "counts": order.counts,
        "user_id": order.user_id,
        "email": order.email,
        "channel": order.channel,
        "currency": order.currency,
        "total": order.total,
        "shipping": order.shipping,
        "refunded": order.refunded,
        "placed_at": order.placed_at,
        "updated_at": order.updated_at,
        "issued_at": issued_at,
        "voucher_code": order.voucher_code,
        "country": order.country,
        "language": order.language,
    }


def _save_lines(connection: Connection, shop_id: int, order_id: str, lines: Sequence[Line], *, new: bool) -> None:
    if not new:
        connection.execute(
            delete(order_lines).where(order_lines.c.shop_id == shop_id, order_lines.c.order_id == order_id)
        )
    rows = [
        {
            "shop_id": shop_id,
            "order_id": order_id,
            "line_id": line.line_id,
            "quantity": line.quantity,
            "total": line.total,
            "name": line.name[:255],
            "sku": line.sku,
            "variant_id": line.variant_id,
            "product_id": line.product_id,
            "product_type": line.product_type,
        }
        for line in lines
    ]
    if rows:
        connection.execute(order_lines.insert(), rows)


def _save_fulfilments(
    connection: Connection, shop_id: int, order_id: str, seen: Sequence[Fulfilment], issued_at: datetime
) -> None:
    rows = [
        {
            "shop_id": shop_id,
            "fulfilment_id": fulfilment.fulfilment_id,
            "order_id": order_id,
            "status": fulfilment.status,
            "tracking_number": fulfilment.tracking_number,
            "created_at": fulfilment.created_at,
            "issued_at": issued_at,
        }
        for fulfilment in seen
    ]
    if not rows:
        return
    statement = insert(connection, fulfilments)
    changes = {name: statement.excluded[name] for name in ("status", "tracking_number", "issued_at")}
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["shop_id", "fulfilment_id"],
            set_=changes,
            where=fulfilments.c.issued_at <= statement.excluded.issued_at,
        ),
        rows,
    )

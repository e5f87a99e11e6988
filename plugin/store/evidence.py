"""What the ledger says of customers beyond the state: the last order, and what is bought again and again."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select

from plugin.domain.ledger import CANCELLED, NOT_SENT, SENT
from plugin.domain.needs import Bought, NeedModel, expected_gap
from plugin.domain.signals import Evidence, RunningLow
from plugin.store import needs
from plugin.store.schema import fulfilments, orders
from plugin.store.statements import among

#: A product is bought again and again from so many days on.
BOUGHT_AGAIN = 3
#: The products named for one customer.
MOST_PRODUCTS = 3
#: Orders with a parcel that the usual time to the first one is learnt from, and how few teach nothing.
PARCELS_FROM, ENOUGH_PARCELS = 5_000, 50
USUAL_SHARE = 0.9

_SENT = func.min(fulfilments.c.created_at)
_SHIPPED = (
    select(fulfilments.c.order_id, _SENT)
    .where(
        fulfilments.c.shop_id == bindparam("shop"),
        fulfilments.c.status == SENT,
    )
    .group_by(fulfilments.c.order_id)
)
_LAST = select(
    orders.c.customer_id,
    orders.c.order_id,
    orders.c.total,
    orders.c.shipping,
    orders.c.refunded,
    orders.c.status,
).where(
    orders.c.shop_id == bindparam("shop"),
    orders.c.counts,
)


@cache
def _of_orders(dialect: str) -> tuple[Any, Any]:
    """The orders, and when the first parcel of each was sent."""
    return (
        among(dialect, _LAST, orders.c.order_id, "orders"),
        among(dialect, _SHIPPED, fulfilments.c.order_id, "orders"),
    )


def evidence(connection: Connection, shop_id: int, last_orders: Mapping[int, str | None]) -> dict[int, Evidence]:
    """Customer's id → what is known. last_orders: the customers, each with the id of the last order.

    A few indexed reads, whatever the size of the shop.
    """
    asked = {"shop": shop_id, "orders": list({order_id for order_id in last_orders.values() if order_id is not None})}
    lasts, shipped = _of_orders(connection.dialect.name)
    theirs = connection.execute(lasts, asked).all()
    last = {row.customer_id: row for row in theirs if row.order_id == last_orders.get(row.customer_id)}
    if not last:
        return dict.fromkeys(last_orders, Evidence())
    sent: dict[str, datetime] = dict(
        connection.execute(shipped, {"shop": shop_id, "orders": [row.order_id for row in last.values()]}).all()
    )
    bought, model = needs.bought_by(connection, shop_id, list(last)), needs.model_of(connection, shop_id)
    return dict.fromkeys(last_orders, Evidence()) | {
        customer_id: Evidence(
            row.total,
            row.shipping,
            row.refunded,
            sent.get(row.order_id),
            row.status in NOT_SENT,
            tuple(_lows(bought[customer_id], model)),
        )
        for customer_id, row in last.items()
    }


def parcel_days(connection: Connection, shop_id: int, before: datetime | None = None) -> float | None:
    """Days within which nine in ten of the latest first parcels left; None where too few are known.

    before: as it was known at that moment, from what had left by then alone.
    """
    left: tuple[ColumnElement[bool], ...] = (orders.c.counts, fulfilments.c.status == SENT)
    if before is not None:
        cancelled_later = and_(orders.c.status == CANCELLED, orders.c.updated_at > before)
        taken_back_later = and_(fulfilments.c.status == CANCELLED, fulfilments.c.status_at > before)
        left = (
            or_(orders.c.counts, cancelled_later),
            or_(fulfilments.c.status == SENT, taken_back_later),
            orders.c.placed_at < before,
            fulfilments.c.created_at < before,
        )
    statement = (
        select(orders.c.placed_at, _SENT)
        .join(fulfilments, (fulfilments.c.shop_id == orders.c.shop_id) & (fulfilments.c.order_id == orders.c.order_id))
        .where(orders.c.shop_id == shop_id, *left)
        .group_by(orders.c.shop_id, orders.c.order_id)
        .order_by(orders.c.placed_at.desc())
        .limit(PARCELS_FROM)
    )
    took: list[float] = sorted((sent - placed) / timedelta(days=1) for placed, sent in connection.execute(statement))
    if len(took) < ENOUGH_PARCELS:
        return None
    return round(max(0.0, took[int(USUAL_SHARE * (len(took) - 1))]), 3)


def _lows(bought: Sequence[Bought], model: NeedModel | None) -> Iterator[RunningLow]:
    """What was bought on the most days."""
    often = sorted((-len(one.times), one.product_id, one) for one in bought if len(one.times) >= BOUGHT_AGAIN)
    for _, _, one in often[:MOST_PRODUCTS]:
        yield RunningLow(one.name, max(1.0, expected_gap(one, model)), one.times[-1])

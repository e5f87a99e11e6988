"""What the ledger says of one customer beyond the state: the last order, and what is bought again and again."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, bindparam, func, select

from plugin.domain.ledger import NOT_SENT, SENT
from plugin.domain.signals import Evidence, RunningLow
from plugin.store.schema import fulfilments, order_lines, orders

#: A product is bought again and again from so many days on.
BOUGHT_AGAIN = 3
#: Of one customer, the latest; what was bought before says little of now.
MOST_ORDERS = 50
#: The products named for one customer.
MOST_PRODUCTS = 3
#: Orders with a parcel that the usual time to the first one is learnt from, and how few teach nothing.
PARCELS_FROM, ENOUGH_PARCELS = 5_000, 50
USUAL_SHARE = 0.9

_SENT = func.min(fulfilments.c.created_at)
_LAST = select(orders.c.total, orders.c.shipping, orders.c.refunded, orders.c.status).where(
    orders.c.shop_id == bindparam("shop"), orders.c.order_id == bindparam("order")
)
_SHIPPED = select(_SENT).where(
    fulfilments.c.shop_id == bindparam("shop"),
    fulfilments.c.order_id == bindparam("order"),
    fulfilments.c.status == SENT,
)
_THEIRS = (
    select(orders.c.order_id, orders.c.placed_at)
    .where(orders.c.shop_id == bindparam("shop"), orders.c.customer_id == bindparam("customer"), orders.c.counts)
    .order_by(orders.c.placed_at.desc())
    .limit(MOST_ORDERS)
)
#: Not joined to the customer's orders: without statistics SQLite would walk all lines of the shop.
_LINES = select(order_lines.c.order_id, order_lines.c.product_id, order_lines.c.name).where(
    order_lines.c.shop_id == bindparam("shop"),
    order_lines.c.order_id.in_(bindparam("orders", expanding=True)),
    order_lines.c.product_id.is_not(None),
)


def evidence_of(connection: Connection, shop_id: int, customer_id: int, last_order_id: str | None) -> Evidence:
    """Four indexed reads, whatever the size of the shop."""
    named = {"shop": shop_id, "order": last_order_id}
    last = connection.execute(_LAST, named).one_or_none()
    if last is None:
        return Evidence()
    shipped_at = connection.execute(_SHIPPED, named).scalar_one()
    low = _bought_again(connection, shop_id, customer_id)
    return Evidence(last.total, last.shipping, last.refunded, shipped_at, last.status in NOT_SENT, low)


def parcel_days(connection: Connection, shop_id: int) -> float | None:
    """Days within which nine in ten of the latest first parcels left; None where too few are known."""
    statement = (
        select(orders.c.placed_at, _SENT)
        .join(fulfilments, (fulfilments.c.shop_id == orders.c.shop_id) & (fulfilments.c.order_id == orders.c.order_id))
        .where(orders.c.shop_id == shop_id, orders.c.counts, fulfilments.c.status == SENT)
        .group_by(orders.c.shop_id, orders.c.order_id)
        .order_by(orders.c.placed_at.desc())
        .limit(PARCELS_FROM)
    )
    took: list[float] = sorted((sent - placed) / timedelta(days=1) for placed, sent in connection.execute(statement))
    if len(took) < ENOUGH_PARCELS:
        return None
    return round(max(0.0, took[int(USUAL_SHARE * (len(took) - 1))]), 3)


def _bought_again(connection: Connection, shop_id: int, customer_id: int) -> tuple[RunningLow, ...]:
    """What was bought on the most days, each with its mean interval. Days are UTC's: near enough for how often."""
    theirs = connection.execute(_THEIRS, {"shop": shop_id, "customer": customer_id})
    placed: dict[str, datetime] = {row.order_id: row.placed_at for row in theirs}
    bought: dict[str, dict[date, datetime]] = {}
    names: dict[str, str] = {}
    for order_id, product_id, name in connection.execute(_LINES, {"shop": shop_id, "orders": list(placed)}):
        bought.setdefault(product_id, {})[placed[order_id].date()] = placed[order_id]
        names[product_id] = name
    often = sorted((-len(days), product) for product, days in bought.items() if len(days) >= BOUGHT_AGAIN)
    return tuple(_low(names[product], sorted(bought[product].values())) for _, product in often[:MOST_PRODUCTS])


def _low(name: str, times: list[datetime]) -> RunningLow:
    return RunningLow(name, max(1.0, (times[-1] - times[0]) / timedelta(days=1) / (len(times) - 1)), times[-1])

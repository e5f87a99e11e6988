"""What the shop earns with what its customers buy, as far as cost prices are known."""

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, func, select

from plugin.domain.margins import MARGIN_FROM, Sold
from plugin.store.schema import order_lines, orders

#: The shop's newest orders among which a cost price is looked for.
_NEWEST = 500

_NUMBERED = (
    select(
        orders.c.order_id,
        orders.c.customer_id,
        func.row_number().over(partition_by=orders.c.customer_id, order_by=orders.c.placed_at.desc()).label("number"),
    )
    .where(
        orders.c.shop_id == bindparam("shop"),
        orders.c.customer_id.in_(bindparam("customers", expanding=True)),
        orders.c.currency == bindparam("currency"),
        orders.c.counts,
    )
    .subquery()
)
_THEIRS = select(_NUMBERED.c.order_id, _NUMBERED.c.customer_id).where(_NUMBERED.c.number <= MARGIN_FROM)
_LATELY = (
    select(orders.c.order_id)
    .where(orders.c.shop_id == bindparam("shop"), orders.c.counts)
    .order_by(orders.c.placed_at.desc())
    .limit(_NEWEST)
)
_OF_ORDERS = (
    order_lines.c.shop_id == bindparam("shop"),
    order_lines.c.order_id.in_(bindparam("orders", expanding=True)),
)
_SOLD = select(
    order_lines.c.order_id, order_lines.c.total, order_lines.c.net, order_lines.c.cost, order_lines.c.quantity
).where(*_OF_ORDERS)
_KNOWN = select(order_lines.c.line_id).where(*_OF_ORDERS, order_lines.c.cost.is_not(None)).limit(1)


def sold_to(connection: Connection, shop_id: int, customer_ids: Sequence[int], currency: str) -> dict[int, list[Sold]]:
    """The lines of each customer's last orders that count, in this currency."""
    named = {"shop": shop_id, "customers": customer_ids, "currency": currency}
    whose: dict[str, int] = dict(connection.execute(_THEIRS, named).all())
    sold: dict[int, list[Sold]] = {customer_id: [] for customer_id in customer_ids}
    for order_id, *line in connection.execute(_SOLD, {"shop": shop_id, "orders": list(whose)}):
        sold[whose[order_id]].append(Sold(*line))
    return sold


def any_known(connection: Connection, shop_id: int) -> bool:
    """Whether something that was bought lately has a cost price."""
    lately = connection.execute(_LATELY, {"shop": shop_id}).scalars().all()
    return connection.execute(_KNOWN, {"shop": shop_id, "orders": lately}).first() is not None

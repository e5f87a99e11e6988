"""What the shop earns with what its customers buy, as far as cost prices are known."""

from sqlalchemy import Connection, bindparam, select

from plugin.domain.margins import MARGIN_FROM, Sold
from plugin.store.schema import order_lines, orders

#: The shop's newest orders among which a cost price is looked for.
_NEWEST = 500

_THEIRS = (
    select(orders.c.order_id)
    .where(
        orders.c.shop_id == bindparam("shop"),
        orders.c.customer_id == bindparam("customer"),
        orders.c.currency == bindparam("currency"),
        orders.c.counts,
    )
    .order_by(orders.c.placed_at.desc())
    .limit(MARGIN_FROM)
)
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
_SOLD = select(order_lines.c.total, order_lines.c.net, order_lines.c.cost, order_lines.c.quantity).where(*_OF_ORDERS)
_KNOWN = select(order_lines.c.line_id).where(*_OF_ORDERS, order_lines.c.cost.is_not(None)).limit(1)


def sold_to(connection: Connection, shop_id: int, customer_id: int, currency: str) -> list[Sold]:
    """The lines of this customer's last orders that count, in this currency."""
    named = {"shop": shop_id, "customer": customer_id, "currency": currency}
    theirs = connection.execute(_THEIRS, named).scalars().all()
    return [Sold(*row) for row in connection.execute(_SOLD, {"shop": shop_id, "orders": theirs})]


def any_known(connection: Connection, shop_id: int) -> bool:
    """Whether something that was bought lately has a cost price."""
    lately = connection.execute(_LATELY, {"shop": shop_id}).scalars().all()
    return connection.execute(_KNOWN, {"shop": shop_id, "orders": lately}).first() is not None

"""What the threshold finder reads of the past: every order that counts, once."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, select

from plugin.domain.past_baskets import PastOrder
from plugin.store.numbers import CHUNK
from plugin.store.schema import orders


def past_orders(connection: Connection, shop_id: int, now: datetime) -> Iterator[PastOrder]:
    """Orders that count and are not in the future, customer by customer, oldest first, in a stream.

    Also those before any span that is asked about: a customer's segment is a fold over all of them. The future is
    left out here and not in the statement: SQLite would walk along the moments, and sort the whole shop.
    """
    statement = (
        select(*(orders.c[name] for name in PastOrder._fields))
        .where(orders.c.shop_id == shop_id, orders.c.counts)
        .order_by(orders.c.customer_id, orders.c.placed_at)
    )
    for row in connection.execute(statement, execution_options={"yield_per": CHUNK}):
        order = PastOrder._make(row)
        if order.placed_at <= now:
            yield order

"""Customers by a condition, walked over."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from plugin.domain.conditions import Condition
from plugin.store.conditions import where
from plugin.store.customers import Customer, read_customer
from plugin.store.schema import customers
from plugin.store.shops import Shop


def page(
    connection: Connection, shop: Shop, condition: Condition, now: datetime, after_id: int, most: int
) -> Sequence[Customer]:
    """The next of them in the order of their ids, to be looked at only."""
    statement = (
        select(customers)
        .where(customers.c.shop_id == shop.shop_id, customers.c.id > after_id, where(condition, shop.limits, now))
        .order_by(customers.c.id)
        .limit(most)
    )
    return [read_customer(row) for row in connection.execute(statement)]

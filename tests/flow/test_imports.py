"""Orders from before the platform: whatever a file may say fits into what is kept of it."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from plugin.domain.ledger import MOST_ITEMS
from plugin.flow.imports import import_orders
from plugin.store.schema import customers, orders
from tests.bodies import order_body
from tests.flow.conftest import Home
from tests.shop import ago, order

pytestmark = pytest.mark.anyio


def pieces(home: Home) -> tuple[list[int], list[int]]:
    """Of the orders, and of the customers."""
    with home.database.read() as connection:
        bought = connection.execute(select(orders.c["items"]).order_by(orders.c.placed_at)).scalars().all()
        return list(bought), list(connection.execute(select(customers.c["items"])).scalars())


async def test_more_pieces_than_can_be_counted_are_counted_as_the_most(home: Home) -> None:
    given = [order(f"O{n}", ago(9 - n), user_id=None, lines=(), pieces=10**12 if n == 1 else 1) for n in range(4)]
    assert import_orders(home.house, home.shop_id, given[:3]).new == 3
    assert pieces(home) == ([1, MOST_ITEMS, 1], [MOST_ITEMS])
    import_orders(home.house, home.shop_id, given)
    assert pieces(home) == ([1, MOST_ITEMS, 1, 1], [MOST_ITEMS])


async def test_so_are_those_of_a_webhook(home: Home) -> None:
    many = order("O1", ago(2))
    lines = tuple(replace(many.lines[0], line_id=f"L{n}", quantity=10**9) for n in range(3))
    home.take("order_created", order_body(replace(many, lines=lines)))
    home.take("order_created", order_body(replace(order("O2", ago(1)), lines=lines[:1])))
    assert pieces(home) == ([MOST_ITEMS, MOST_ITEMS], [MOST_ITEMS])

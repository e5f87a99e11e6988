"""How many offers a customer was given since the last order, whatever becomes of orders and accounts."""

import pytest

from plugin.store import customers
from tests.bodies import order_body
from tests.flow.conftest import Home
from tests.flow.silence import silent_customer
from tests.shop import days, order

pytestmark = pytest.mark.anyio


def kept(home: Home, user_id: str) -> int:
    with home.database.read() as connection:
        customer = customers.glance(connection, home.shop_id, user_id)
    assert customer is not None
    return customer.offers_since_order


async def test_an_offer_counts_until_the_next_order_and_again_when_that_is_cancelled(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    assert kept(home, user_id) == 0
    home.tick()
    assert kept(home, user_id) == 1
    home.now += days(1)
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id)))
    assert kept(home, user_id) == 0
    home.now += days(1)
    cancelled = order("O2", home.now - days(1), user_id=user_id, status="CANCELED", updated_at=home.now)
    home.take("order_cancelled", order_body(cancelled))
    assert kept(home, user_id) == 1


async def test_an_order_that_arrives_late_leaves_later_offers_counted(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    home.take("order_created", order_body(order("O2", home.now - days(1), user_id=user_id)))
    assert kept(home, user_id) == 1

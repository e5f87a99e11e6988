"""A shop that left by `retention disconnect` and installed the app again, on the same day."""

from datetime import timedelta

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.flow.leave import disconnect
from tests.bodies import order_body
from tests.flow.conftest import API_URL, Home
from tests.flow.silence import silent_customer
from tests.flow.test_offers import make_gift, promotions, switch
from tests.shop import NOW, order

pytestmark = pytest.mark.anyio


async def come_back(home: Home) -> None:
    await disconnect(home.house, home.shop_id, lambda _: None)
    home.now += timedelta(minutes=1)
    assert home.install(API_URL) == home.shop_id
    await home.deliver()


async def test_the_code_taken_back_stays_so_and_the_next_customer_gets_one(home: Home) -> None:
    home.switch_on("win-back")
    second = [user.id for user in home.sandbox.shop.users.values() if not user.is_staff][1]
    home.take("order_created", order_body(order("O2", NOW + timedelta(hours=1), user_id=second)))
    await silent_customer(home)
    home.tick()
    await home.deliver()
    (before,) = home.codes()
    await come_back(home)
    assert home.codes() == []
    home.now += timedelta(hours=2)
    home.tick()
    await home.deliver()
    (after,) = home.codes()
    assert after != before


async def test_a_public_gift_is_there_again(home: Home) -> None:
    make_gift(home)
    await switch(home, CampaignStatus.ON)
    assert len(promotions(home)) == 1
    await come_back(home)
    assert len(promotions(home)) == 1

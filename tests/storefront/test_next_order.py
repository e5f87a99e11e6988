"""A next order that ships free: the page says so and the checkout keeps it, with a campaign for thresholds or without."""

from datetime import timedelta

import pytest

from plugin.store import shops
from tests.saleor.signing import NOW
from tests.shop import days
from tests.storefront.stage import Stage, shown

pytestmark = pytest.mark.anyio


async def test_it_is_kept_without_any_campaign_until_its_last_moment(both: Stage) -> None:
    both.customer()
    assert not await both.offered(subtotal=1)
    both.next_order_free(3)
    until = NOW + days(3)
    for at, free in ((NOW, True), (until - timedelta(seconds=1), True), (until, False)):
        both.now = at
        offered = await both.offered(subtotal=1)
        assert [(method["amount"], method["name"]) for method in offered] == ([(0, "Free shipping")] if free else [])
        said = await both.free_shipping(subtotal=1)
        assert (said["earned"], said["personal"]) == (free, free)
        assert said.get("until") == (until.isoformat() if free else None)


async def test_it_is_nobody_else_s(stage: Stage) -> None:
    stage.customer()
    stage.customer(user_id="U2", email="bob@tea.example")
    stage.next_order_free(3)
    assert not await stage.offered("U2", subtotal=1)
    assert not await stage.offered(None, subtotal=1)


async def test_it_holds_in_the_channels_that_it_was_given_for(stage: Stage) -> None:
    stage.customer()
    stage.next_order_free(3, "us")
    assert await stage.offered(subtotal=1)
    assert not await stage.offered(subtotal=1, channel="pl", currency="PLN")


async def test_what_was_promised_before_lives_on_behind_it(stage: Stage) -> None:
    stage.rules({"us": {"regular": 30}}, promise_days=7)
    stage.customer(shown=shown("30.00"))
    stage.next_order_free(3)
    assert (await stage.free_shipping())["threshold"] == "0.00"
    stage.rules({"us": {"regular": 50}}, promise_days=7)
    stage.enters()
    assert await stage.offered(subtotal=1)
    stage.now += days(3)
    assert (await stage.free_shipping())["threshold"] == "30.00"
    assert stage.seen()["us"]["amount"] == "30.00"
    stage.now += days(4.1)
    assert (await stage.free_shipping())["threshold"] == "50.00"


async def test_what_is_excluded_from_a_threshold_is_no_hindrance(stage: Stage) -> None:
    stage.rules({"us": {"regular": 30}}, excluded_products="tea")
    stage.customer()
    assert not await stage.offered(subtotal=40)
    stage.next_order_free(3)
    assert await stage.offered(subtotal=40)


async def test_the_switch_that_stops_everything_stops_it_too(stage: Stage) -> None:
    stage.customer()
    stage.next_order_free(3)
    with stage.database.write() as connection:
        shops.set_stopped(connection, stage.shop_id, stopped=True)
    assert not await stage.offered(subtotal=1)

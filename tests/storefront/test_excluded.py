"""What does not count: taken off the basket at the checkout, and by the page that says what it comes to."""

from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from tests.saleor.signing import NOW
from tests.shop import days
from tests.storefront.stage import Stage

pytestmark = pytest.mark.anyio

RULES = {"us": {"regular": 30}}
CARD: dict[str, Any] = {"excluded_products": "card"}


@pytest.mark.parametrize(
    "params",
    [
        CARD,
        {"excluded_products": "P-card"},
        {"excluded_types": "type-of-card"},
        {"excluded_types": "T-card"},
        {"excluded_collections": "sale, all-card"},
        {"excluded_collections": "C-card"},
    ],
)
async def test_it_is_taken_off_the_basket(both: Stage, params: dict[str, Any]) -> None:
    both.rules(RULES, **params)
    both.customer()
    for tea, earned in (("29.99", False), ("30", True)):
        assert bool(await both.offered(subtotal=tea, cards=50)) is earned
        said = await both.free_shipping(subtotal=float(tea) + 50, excluded=50)
        assert (said["personal"], said["earned"]) == (True, earned)
    (names,) = (value.split(", ") for value in params.values())
    assert sorted(names) in said["excluded"].values()


async def test_nothing_else_is_and_nothing_is_said_of_it(stage: Stage) -> None:
    stage.rules(RULES, excluded_products="coffee")
    stage.customer()
    assert await stage.offered(subtotal=10, cards=20)
    stage.rules(RULES)
    assert "excluded" not in await stage.free_shipping(subtotal=40)


async def test_the_shops_own_rates_count_everything(stage: Stage) -> None:
    """Everyone ships free from 100: with 25 of tea and 90 of cards that is earned, and the own threshold of 30 is not."""
    stage.rules(RULES, **CARD)
    stage.customer()
    for subtotal, excluded, personal, left in (
        (115, 90, False, "0.00"),
        (30, 25, True, "25.00"),
        (96, 90, False, "4.00"),
    ):
        said = await stage.free_shipping(subtotal=subtotal, excluded=excluded)
        assert (said["personal"], said["left"], "excluded" in said) == (personal, left, personal)


async def test_what_counted_when_it_was_promised_counts_for_its_life(stage: Stage) -> None:
    stage.rules(RULES, promise_days=7)
    stage.customer()
    stage.now += days(30)
    stage.rules(RULES, promise_days=7, **CARD)
    for later, counts in ((0, True), (6.9, True), (7.1, False), (40, False)):
        stage.now = NOW + days(30 + later)
        assert bool(await stage.offered(subtotal=10, cards=20)) is counts
        assert ("excluded" in await stage.free_shipping(subtotal=30)) is not counts


async def test_what_is_excluded_no_more_counts_at_once(stage: Stage) -> None:
    stage.rules(RULES, **CARD)
    stage.customer()
    stage.now += days(1)
    stage.rules(RULES)
    assert await stage.offered(subtotal=10, cards=20)


async def test_a_promise_of_a_campaign_that_is_off_excludes_the_same(stage: Stage) -> None:
    stage.rules(RULES, promise_days=7, **CARD)
    stage.customer()
    await stage.free_shipping()
    stage.switch(CampaignStatus.PAUSED)
    stage.now += days(3)
    assert not await stage.offered(subtotal=10, cards=20)
    assert await stage.offered(subtotal=30, cards=20)


@pytest.mark.parametrize(("tea", "voucher", "offered"), [
    (40, {"type": "ENTIRE_ORDER", "applyOncePerOrder": False}, True),  # 10 of 80 off, 5 of it off the tea
    (34, {"type": "ENTIRE_ORDER", "applyOncePerOrder": False}, False),
    (40, {"type": "SPECIFIC_PRODUCT", "applyOncePerOrder": False}, True),  # all of it may be off the tea
    (39, {"type": "SPECIFIC_PRODUCT", "applyOncePerOrder": False}, False),
    (39, {"type": "ENTIRE_ORDER", "applyOncePerOrder": True}, False),
    (30, {"type": "SHIPPING", "applyOncePerOrder": False}, True),
    (34, None, False),  # an order promotion
])  # fmt: skip
async def test_a_discount_is_shared_or_counted_against_what_counts(
    stage: Stage, tea: int, voucher: dict[str, Any] | None, offered: bool
) -> None:
    stage.rules(RULES, **CARD)
    stage.customer()
    found = await stage.offered(subtotal=tea, cards=40, discount={"amount": 10.0}, voucher=voucher)
    assert bool(found) is offered


async def test_a_webhook_that_does_not_tell_the_products_earns_nothing_where_something_is_excluded(
    stage: Stage,
) -> None:
    stage.rules(RULES, **CARD)
    stage.customer()
    price = {"gross": {"amount": 90.0}, "net": {"amount": 90.0}}
    line = {
        "quantity": 1,
        "isGift": False,
        "undiscountedTotalPrice": {"amount": 90.0, "currency": "USD"},
        "variant": {"pricing": {"price": price, "priceUndiscounted": price}},
    }
    assert await stage.offered(lines=[line]) == []
    stage.now += days(1)
    stage.rules(RULES)
    assert await stage.offered(lines=[line])


@pytest.mark.parametrize("excluded", ["-1", "1e3", "many", "99999999999"])
async def test_what_is_no_amount_is_refused(stage: Stage, excluded: str) -> None:
    answer = await stage.get("free-shipping", channel="us", excluded=excluded)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("excluded must be an amount")


async def test_more_excluded_than_there_is_leaves_nothing(stage: Stage) -> None:
    stage.rules(RULES, **CARD)
    stage.customer()
    said = await stage.free_shipping(subtotal=10, excluded=40)
    assert (said["left"], said["share"]) == ("30.00", 0)

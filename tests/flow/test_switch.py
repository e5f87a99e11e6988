"""What is asked before a campaign is switched on."""

from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.ledger import Line
from plugin.errors import Rejected
from plugin.flow.campaign_edits import change
from plugin.flow.erase import Eraser
from plugin.flow.history import take_orders
from plugin.flow.scene import set_scene
from plugin.flow.switch import switch_on
from plugin.store import campaigns, shops
from tests.bodies import bulk_body
from tests.flow.conftest import Home
from tests.shop import NOW, ago, order

pytestmark = pytest.mark.anyio


@pytest.fixture
def silent(home: Home) -> None:
    home.take("order_bulk_created", bulk_body([order(f"O{n}", ago(100), user_id=f"U{n}") for n in range(5)], NOW))


async def on(home: Home, *, confirmed: bool = False, **settings: Any) -> int:
    change(home.house, home.shop_id, "win-back", settings, "test")
    return await switch_on(home.house, home.shop_id, "win-back", 0, "test", confirmed)


def status(home: Home) -> CampaignStatus:
    with home.database.read() as connection:
        return campaigns.glance(connection, home.shop_id, "win-back", home.house.tactics).status


async def test_how_many_are_inside_is_said(home: Home, silent: None) -> None:
    assert await on(home) == 5
    assert status(home) is CampaignStatus.ON


@pytest.mark.parametrize(
    ("audience", "sentence"),
    [
        ({}, "Everybody is in the audience: all 5 customers."),
        ({"field": "orders", "at_least": 7}, "Nobody is in the audience at present."),
    ],
)
async def test_an_audience_of_everybody_or_nobody_has_to_be_meant(
    home: Home, silent: None, audience: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(Rejected, match=sentence) as refused:
        await on(home, audience=audience)
    assert "--yes" in str(refused.value)
    assert status(home) is CampaignStatus.DRAFT
    await on(home, confirmed=True, audience=audience)
    assert status(home) is CampaignStatus.ON


async def test_an_end_that_has_passed_since_is_refused(home: Home) -> None:
    change(home.house, home.shop_id, "win-back", {"ends_at": "2099-01-01"}, "test")
    home.now = NOW.replace(year=2100)
    with pytest.raises(Rejected, match="is in the past"):
        await switch_on(home.house, home.shop_id, "win-back", 0, "test", confirmed=True)
    assert status(home) is CampaignStatus.DRAFT


@pytest.mark.parametrize("named", [{"products": ["no-such-tea"]}, {"collections": ["no-such-winter"]}])
async def test_what_the_shop_does_not_have_is_said_before_anybody_is_promised_it(
    home: Home, named: dict[str, Any]
) -> None:
    with pytest.raises(Rejected, match=r"This shop has no (product|collection) “no-such-"):
        await on(home, params=named)
    assert status(home) is CampaignStatus.DRAFT


async def test_a_gift_of_which_nothing_tells_the_cost_has_no_budget(home: Home) -> None:
    product = next(iter(home.sandbox.shop.products.values()))
    gift = {"offer": "personal_gift", "gift": product.slug}
    with pytest.raises(Rejected, match="Nothing tells what the gift costs"):
        change(home.house, home.shop_id, "win-back", {"params": gift, "budgets": {"day": {"USD": "50"}}}, "test")
    sold = order("O1", ago(3), user_id="U1", lines=(Line("L1", 2, Decimal(9), "Tea", product_id=product.id),))
    with home.database.write() as connection:
        scene = set_scene(connection, home.house, shops.hold(connection, home.shop_id), home.now)
        take_orders(connection, scene, Eraser(scene.pepper, home.house.grace, anybody=False), [sold], home.now)
    with_id = {"params": {**gift, "gift": product.id}, "budgets": {"day": {"USD": "50"}}}
    assert change(home.house, home.shop_id, "win-back", with_id, "test").campaign.params.gift == product.id

"""What is asked before a campaign is switched on."""

from decimal import Decimal
from typing import Any

import pytest

from plugin.commands.campaign_switch import in_a_sentence
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.ledger import Line
from plugin.errors import Rejected
from plugin.flow.campaign_edits import change
from plugin.flow.erase import Eraser
from plugin.flow.history import take_orders
from plugin.flow.scene import set_scene
from plugin.flow.switch import SwitchedOn, switch_off, switch_on
from plugin.store import campaigns, shops
from tests.bodies import bulk_body
from tests.flow.conftest import Home
from tests.shop import NOW, ago, order

pytestmark = pytest.mark.anyio


@pytest.fixture
def silent(home: Home) -> None:
    home.take("order_bulk_created", bulk_body([order(f"O{n}", ago(100), user_id=f"U{n}") for n in range(5)], NOW))


async def on(home: Home, *, confirmed: bool = False, per_day: int | None = 0, **settings: Any) -> SwitchedOn:
    change(home.house, home.shop_id, "win-back", settings, "test")
    return await switch_on(home.house, home.shop_id, "win-back", per_day, "test", confirmed)


def campaign(home: Home) -> Campaign:
    with home.database.read() as connection:
        return campaigns.glance(connection, home.shop_id, "win-back", home.house.tactics)


def status(home: Home) -> CampaignStatus:
    return campaign(home).status


async def test_how_many_are_inside_is_said(home: Home, silent: None) -> None:
    assert await on(home) == SwitchedOn(5, 0)
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


async def test_how_many_a_day_is_kept_until_another_number_is_said(home: Home, silent: None) -> None:
    assert (await on(home, per_day=None)).per_day == 0
    for said, kept in ((20, 20), (None, 20), (7, 7), (None, 7), (0, 0), (None, 0)):
        switch_off(home.house, home.shop_id, "win-back", CampaignStatus.PAUSED, "test")
        assert await on(home, per_day=said) == SwitchedOn(5, kept)
        assert campaign(home).inside_per_day == kept


@pytest.mark.parametrize(
    ("done", "as_before", "sentence"),
    [
        (SwitchedOn(0, 0), True, "“x” is on, for who enters from now on."),
        (
            SwitchedOn(5, 0),
            True,
            "“x” is on, for who enters from now on. 5 are inside already and not meant; --inside-per-day takes them too.",
        ),
        (
            SwitchedOn(5, 20),
            False,
            "“x” is on, for who enters from now on, and at most 20 a day of the 5 inside already.",
        ),
        (
            SwitchedOn(5, 20),
            True,
            (
                "“x” is on, for who enters from now on, and at most 20 a day of the 5 inside already."
                " That was said before and is kept; --inside-per-day 0 leaves them out."
            ),
        ),
    ],
)
def test_what_was_switched_on_is_told(done: SwitchedOn, as_before: bool, sentence: str) -> None:
    assert in_a_sentence("x", done, as_before=as_before) == sentence


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

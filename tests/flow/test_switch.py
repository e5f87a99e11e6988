"""What is asked before a campaign is switched on."""

from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.errors import Rejected
from plugin.flow.campaign_edits import change
from plugin.flow.switch import switch_on
from plugin.store import campaigns
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

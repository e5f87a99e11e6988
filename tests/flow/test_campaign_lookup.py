"""What a running campaign is told to give is looked up at the platform before anybody is promised it."""

from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.errors import NotFound, Rejected, TryLater
from plugin.flow.campaign_file import read_file
from plugin.flow.campaign_lookup import bring_in, change
from plugin.flow.switch import switch_off, switch_on
from plugin.sandbox.faults import read_fault
from plugin.sandbox.records.catalogue import Collection
from plugin.store import campaigns, shops
from tests.flow.conftest import Home

pytestmark = pytest.mark.anyio


@pytest.fixture
async def tea(home: Home) -> str:
    """Win back is on and gives something on this product, named by its slug."""
    slug = next(iter(home.sandbox.shop.products.values())).slug
    await change(home.house, home.shop_id, "win-back", {"params": {"products": [slug]}}, "test")
    await switch_on(home.house, home.shop_id, "win-back", None, "test", confirmed=True)
    return slug


async def edit(home: Home, name: str = "win-back", **said: Any) -> int:
    """The version afterwards."""
    return (await change(home.house, home.shop_id, name, said, "test")).campaign.version


def version(home: Home) -> int:
    with home.database.read() as connection:
        return campaigns.glance(connection, home.shop_id, "win-back", home.house.tactics).version


@pytest.mark.parametrize(
    ("named", "sentence"),
    [
        ({"products": ["no-such-tea"]}, "This shop has no product “no-such-tea”"),
        ({"collections": ["no-such-winter"]}, "This shop has no collection “no-such-winter”"),
        ({"second_offer": "personal_gift", "gift": "no-such-cup", "products": []}, "no product “no-such-cup”"),
    ],
)
async def test_what_the_shop_does_not_have_is_refused(
    home: Home, tea: str, named: dict[str, Any], sentence: str
) -> None:
    before = version(home)
    with pytest.raises(Rejected, match=sentence):
        await edit(home, params=named)
    assert version(home) == before


async def test_what_it_has_is_saved(home: Home, tea: str) -> None:
    winter = Collection(id="Q29sbGVjdGlvbjox", name="Winter", slug="winter")
    home.sandbox.shop.collections[winter.id] = winter
    other = list(home.sandbox.shop.products.values())[1]
    before = version(home)
    assert await edit(home, params={"products": [tea, other.slug], "collections": ["winter"]}) == before + 1


async def test_a_paused_campaign_is_looked_up_when_it_goes_on(home: Home, tea: str) -> None:
    switch_off(home.house, home.shop_id, "win-back", CampaignStatus.PAUSED, "test")
    await edit(home, params={"products": ["no-such-tea"]})
    with pytest.raises(Rejected, match="no-such-tea"):
        await switch_on(home.house, home.shop_id, "win-back", None, "test", confirmed=True)


async def test_what_an_edit_leaves_as_it_was_is_not_asked_about(home: Home, tea: str) -> None:
    home.sandbox.faults.waiting.append(read_fault({"status": 500, "times": 99}))
    before = version(home)
    assert await edit(home, priority=3) == before + 1
    assert await edit(home, params={"value": "12"}) == before + 2
    with pytest.raises(TryLater):
        await edit(home, params={"products": ["another-tea"]})
    assert version(home) == before + 2


async def test_other_mistakes_come_first(home: Home, tea: str) -> None:
    with pytest.raises(Rejected, match="no parameter “colour”"):
        await edit(home, params={"products": ["no-such-tea"], "colour": "red"})
    with pytest.raises(NotFound):
        await edit(home, "nobody", params={"products": ["no-such-tea"]})


async def test_a_file_names_all_of_it_with_its_place(home: Home, tea: str) -> None:
    with home.database.read() as connection:
        zone = shops.get(connection, home.shop_id).zone
    text = """retention: 1
campaigns:
- {name: draft, tactic: win_back, params: {products: [no-such-cup]}}
- {name: win-back, tactic: win_back, params: {products: [no-such-tea]}}
- {name: late, tactic: win_back, ends_at: 2020-01-01}
"""
    entries = read_file(text, home.house.tactics, zone)
    before = version(home)
    for dry_run in (True, False):
        with pytest.raises(Rejected) as refused:
            await bring_in(home.house, home.shop_id, entries, "test", dry_run)
        second, third = str(refused.value).splitlines()
        assert second.startswith("campaign 2 (“win-back”, line 4): This shop has no product “no-such-tea”;")
        assert third.startswith("campaign 3 (“late”, line 5): The end (2020-01-01 23:59 UTC) is in the past;")
    assert version(home) == before
    good = read_file(text.replace("no-such-tea", tea).replace("2020", "2099"), home.house.tactics, zone)
    assert [item.made for item in await bring_in(home.house, home.shop_id, good, "test", False)] == [True, False, True]


async def test_what_free_shipping_leaves_out_has_to_be_there(home: Home, tea: str) -> None:
    home.switch_on("free-shipping")
    for named in ({"excluded_products": [tea, "no-such-tea"]}, {"excluded_collections": ["no-such-winter"]}):
        with pytest.raises(Rejected, match=r"This shop has no .* “no-such-"):
            await edit(home, "free-shipping", params=named)
    assert await edit(home, "free-shipping", params={"excluded_products": [tea]}) > 1

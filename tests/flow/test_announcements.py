"""The announcement for everybody, from the campaign to the shop's pages and back."""

from dataclasses import replace

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.tactic import read_params
from plugin.flow.defaults import announcements_are_old, refresh_channels
from plugin.flow.leave import disconnect
from plugin.flow.switch import switch_off, switch_on
from plugin.sandbox.records.content import Page, PageType
from plugin.store import campaigns
from plugin.store.campaigns import Limits
from tests.bodies import APP_ID
from tests.flow.conftest import Home

pytestmark = pytest.mark.anyio

NAME = "autumn"


@pytest.fixture(autouse=True)
def banner(home: Home) -> None:
    app = home.sandbox.shop.apps[APP_ID]
    app.codes = app.codes | {"MANAGE_PAGES", "MANAGE_PAGE_TYPES_AND_ATTRIBUTES"}
    tactic = home.house.tactics["banner"]
    params = read_params(tactic, {"texts": {"en": "Autumn is here"}, "href": "/new", "links": {"en": "Look"}})
    around = Limits(control_share=0.0, channels=("default-channel",))
    with home.database.write() as connection:
        campaigns.create(connection, home.shop_id, NAME, tactic, params, around, home.now)


async def on(home: Home) -> list[str]:
    """What was left alone."""
    return list((await switch_on(home.house, home.shop_id, NAME, 0, "test", confirmed=True)).left)


def pages(home: Home) -> dict[str, dict[str, object]]:
    """Slug → attribute → value, as a storefront reads them."""
    return {
        page.slug: {
            one.attribute.slug: value.boolean if value.input_type == "BOOLEAN" else value.plain_text
            for one in page.attributes
            for value in one.values
        }
        for page in home.sandbox.shop.pages.values()
        if page.page_type.slug == "storefront-chrome"
    }


def says(home: Home, text: str) -> None:
    """The campaign, from now on."""
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, NAME, home.house.tactics)
        params = replace(found.params, texts={"en": text})
        campaigns.edit(connection, home.shop_id, found, params, campaigns.limits_of(found), "test", home.now)


def ours(home: Home) -> Page:
    return next(page for page in home.sandbox.shop.pages.values() if page.slug == "storefront-chrome-default-channel")


def type_message(home: Home, text: str) -> None:
    """The merchant, in the Dashboard."""
    page = ours(home)
    (attribute,) = [one.attribute for one in page.attributes if one.attribute.slug == "announcement-message"]
    page.values[attribute.id][0].plain_text = text


async def test_it_is_written_follows_the_campaign_and_goes_with_it(home: Home) -> None:
    assert await on(home) == []
    said = {
        "announcement-message": "Autumn is here",
        "announcement-href": "/new",
        "announcement-link-label": "Look",
        "announcement-dismissible": True,
    }
    assert pages(home) == {"storefront-chrome-default-channel": said}
    says(home, "Winter is near")
    await refresh_channels(home.house, home.shop_id)
    assert pages(home) == {"storefront-chrome-default-channel": {**said, "announcement-message": "Winter is near"}}
    switch_off(home.house, home.shop_id, NAME, CampaignStatus.PAUSED, "test")
    await refresh_channels(home.house, home.shop_id)
    assert pages(home) == {}


async def test_a_merchant_who_edits_it_has_it(home: Home) -> None:
    await on(home)
    type_message(home, "Closed on Monday")
    says(home, "Winter is near")
    (left,) = await refresh_channels(home.house, home.shop_id)
    assert "who changed Autumn is here to Closed on Monday" in left
    switch_off(home.house, home.shop_id, NAME, CampaignStatus.PAUSED, "test")
    await refresh_channels(home.house, home.shop_id)
    (left,) = await on(home)
    assert "it says Closed on Monday already" in left
    await disconnect(home.house, home.shop_id, lambda _: None)
    assert pages(home)["storefront-chrome-default-channel"]["announcement-message"] == "Closed on Monday"


async def test_a_merchant_who_deletes_it_is_not_given_it_again(home: Home) -> None:
    await on(home)
    del home.sandbox.shop.pages[ours(home).id]
    (left,) = await refresh_channels(home.house, home.shop_id)
    assert "who removed the one we wrote" in left
    assert pages(home) == {}
    switch_off(home.house, home.shop_id, NAME, CampaignStatus.PAUSED, "test")
    await refresh_channels(home.house, home.shop_id)
    assert await on(home) == [], "switched on again, it is meant"
    assert pages(home)


async def test_a_page_for_all_channels_is_not_hidden(home: Home) -> None:
    shop = home.sandbox.shop
    kind = PageType(id="T", name="Chrome", slug="storefront-chrome")
    shop.page_types[kind.id] = kind
    page = Page(id="P", title="Chrome", slug="storefront-chrome", page_type=kind, created=home.now, is_published=True)
    shop.pages[page.id] = page
    (left,) = await on(home)
    assert "make a page storefront-chrome-default-channel" in left
    assert set(pages(home)) == {"storefront-chrome"}


@pytest.mark.parametrize("ended_before", [False, True])
async def test_leaving_takes_page_type_and_attributes_along(home: Home, ended_before: bool) -> None:
    await on(home)
    if ended_before:
        switch_off(home.house, home.shop_id, NAME, CampaignStatus.PAUSED, "test")
        await refresh_channels(home.house, home.shop_id)
        assert not announcements_are_old(home.house, home.shop_id)
    await disconnect(home.house, home.shop_id, lambda _: None)
    assert pages(home) == {}
    assert not [one for one in home.sandbox.shop.attributes.values() if one.slug.startswith("announcement")]
    assert not [one for one in home.sandbox.shop.page_types.values() if one.slug == "storefront-chrome"]

"""The search for products and their kin in a real browser: by mouse and by keyboard, in every state."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect
from sqlalchemy import select

from plugin.domain.channels import Channel
from plugin.store import channels
from plugin.store.schema import shops
from tests.admin_ui.axe import serious
from tests.admin_ui.stage import Stage, Theme, enter, looking, shoot, visit
from tests.admin_ui.test_browser import LOOKS
from tests.admin_ui.test_browser import browser as browser  # noqa: PLC0414 - pytest finds it here
from tests.admin_ui.test_browser import stage as stage  # noqa: PLC0414
from tests.admin_ui.test_customers_browser import store

pytestmark = pytest.mark.browser


@pytest.fixture(autouse=True)
def sells(stage: Stage, tmp_path: Path) -> None:
    """The shop's channels are read, which takes half a minute otherwise."""
    [channel] = [one for one in stage.sandbox.shop.channels.values() if one.currency_code == "USD"]
    with store(tmp_path) as connection:
        shop_id = connection.execute(select(shops.c.id)).scalar_one()
        known = [Channel(channel.slug, channel.id, "USD", active=True, gross=True, free_from=Decimal(75))]
        channels.save(connection, shop_id, known, datetime.now(UTC))


def begin(page: Page, stage: Stage, tactic: str) -> FrameLocator:
    frame = enter(page, stage, "Campaigns")
    frame.get_by_role("link", name="New campaign").click()
    frame.get_by_role("link", name=tactic).click()
    frame.get_by_label("Name", exact=True).fill("spring")
    return frame


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_what_is_chosen_is_shown_by_its_name_in_every_state(
    browser: Browser, stage: Stage, theme: Theme, width: int
) -> None:
    look = f"{theme}-{width}"
    with looking(browser, theme, width) as page:
        frame = begin(page, stage, "Public gift")
        gift = frame.get_by_role("group", name="The gift")
        said = gift.get_by_role("status")
        expect(said).to_have_text("Nothing is chosen.")
        search = gift.get_by_role("searchbox", name="Search products by name")
        search.fill("teapot")
        expect(said).to_have_text("Nothing is called like this.")
        search.fill("grocery")
        expect(said).to_have_text("12 found.")
        gift.get_by_role("checkbox", name="Coffee Beans 1 kg").check()
        gift.get_by_role("checkbox", name="Oat Milk 1 l").check()
        assert serious(page) == []
        shoot(page, f"pick-found-{look}")
        search.fill("butter")
        expect(said).to_have_text("1 found.")
        expect(gift.get_by_role("checkbox")).to_have_count(3)
        expect(gift.get_by_role("checkbox", checked=True)).to_have_count(2)
        httpx.post(f"{stage.shop}/sandbox/faults", json={"graphql": [{"status": 503, "times": 9}]}).raise_for_status()
        gift.get_by_role("button", name="Search").click()
        expect(said).to_contain_text("Saleor does not answer.")
        expect(gift.get_by_role("checkbox", checked=True)).to_have_count(2)
        assert serious(page) == []
        shoot(page, f"pick-away-{look}")
        httpx.delete(f"{stage.shop}/sandbox/faults").raise_for_status()
        frame.get_by_label("Currency", exact=True).select_option("USD")
        frame.get_by_role("button", name="Make a draft").click()
        expect(frame.get_by_role("heading", name="spring")).to_be_visible()
        expect(gift.get_by_role("checkbox", name="Coffee Beans 1 kg")).to_be_checked()
        expect(gift.get_by_role("checkbox")).to_have_count(2)
        stage.sandbox.shop.products.pop(next(iter(stage.sandbox.shop.products)))
        visit(frame, "Campaigns")
        frame.get_by_role("link", name="spring", exact=True).click()
        expect(gift.get_by_role("checkbox", name="not in the shop any more")).to_be_checked()
        expect(gift.get_by_role("checkbox", name="Oat Milk 1 l")).to_be_checked()
        assert serious(page) == []
        shoot(page, f"pick-gone-{look}")


def test_a_product_is_chosen_by_keyboard_alone(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page:
        frame = begin(page, stage, "Gift with purchase")
        gift = frame.get_by_role("group", name="The gift")
        gift.get_by_role("textbox", name="Month").fill("2026-12")
        page.keyboard.press("Tab")
        expect(gift.get_by_role("searchbox")).to_be_focused()
        page.keyboard.type("bread")
        page.keyboard.press("Enter")  # searches at once, and sends no form
        expect(gift.get_by_role("status")).to_have_text("1 found.")
        page.keyboard.press("Tab")
        expect(gift.get_by_role("button", name="Search")).to_be_focused()
        page.keyboard.press("Tab")
        expect(gift.get_by_role("radio", name="None")).to_be_focused()
        page.keyboard.press("ArrowDown")
        expect(gift.get_by_role("radio", name="Sourdough Bread")).to_be_checked()
        frame.get_by_role("button", name="Add a month").press("Enter")
        expect(gift.get_by_role("textbox", name="Month").nth(1)).to_be_focused()
        page.keyboard.type("2027-01")
        page.keyboard.press("Tab")
        page.keyboard.type("milk")
        expect(gift.get_by_role("radio", name="Oat Milk 1 l")).to_be_visible()
        for _ in range(2):
            page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        expect(gift.get_by_role("radio", checked=True)).to_have_count(2)
        assert serious(page) == []
        frame.get_by_label("Currency", exact=True).select_option("USD")
        frame.get_by_role("button", name="Make a draft").press("Enter")
        expect(frame.get_by_role("heading", name="spring")).to_be_visible()
        expect(gift.get_by_role("radio", name="Sourdough Bread")).to_be_checked()
        expect(gift.get_by_role("radio", name="Oat Milk 1 l")).to_be_checked()
        shoot(page, "pick-months")


def test_what_is_ticked_while_saleor_is_asked_is_not_taken_back(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page:
        frame = begin(page, stage, "Public gift")
        gift = frame.get_by_role("group", name="The gift")
        search = gift.get_by_role("searchbox")
        search.fill("coffee")
        beans = gift.get_by_role("checkbox", name="Coffee Beans 1 kg")
        expect(beans).to_be_visible()
        asked: list[str] = []

        def tick_first(route: Route) -> None:
            asked.append("once")
            if len(asked) == 1:
                beans.check()
            route.continue_()

        page.route("**/admin/pick?*", tick_first)
        search.fill("milk")
        expect(gift.get_by_role("checkbox", name="Oat Milk 1 l")).to_be_visible()
        expect(beans).to_be_checked()
        assert len(asked) == 2


def test_a_segment_of_who_bought_a_product(browser: Browser, stage: Stage) -> None:
    with looking(browser, width=360) as page:
        frame = enter(page, stage, "Segments")
        frame.get_by_role("link", name="New segment").click()
        frame.get_by_label("Name", exact=True).fill("bread")
        frame.get_by_label("What is asked").select_option("Bought the product")
        search = frame.get_by_role("searchbox", name="Search products by name")
        search.fill("sourdough")
        frame.get_by_role("radio", name="Sourdough Bread").check()
        expect(frame.locator("#live")).to_contain_text("customers")
        assert serious(page) == []
        shoot(page, "pick-segment-360")
        frame.get_by_role("button", name="Save").click()
        frame.get_by_role("link", name="bread", exact=True).click()
        expect(frame.get_by_role("radio", name="Sourdough Bread")).to_be_checked()

"""The builder of segments in the Dashboard's frame of the sandbox, in a real browser."""

import pytest
from playwright.sync_api import Browser, FrameLocator, expect

from tests.admin_ui.axe import serious
from tests.admin_ui.stage import Stage, Theme, enter, looking, refresh_until, shoot, visit
from tests.admin_ui.test_browser import LOOKS
from tests.admin_ui.test_browser import browser as browser  # noqa: PLC0414 - pytest finds it here
from tests.admin_ui.test_browser import stage as stage  # noqa: PLC0414

pytestmark = pytest.mark.browser


def size(frame: FrameLocator, said: str) -> None:
    expect(frame.locator("#live .figure")).to_contain_text(said)


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_a_segment_is_built(browser: Browser, stage: Stage, theme: Theme, width: int) -> None:
    look = f"{theme}-{width}"
    with looking(browser, theme, width) as page:
        frame = enter(page, stage)
        stage.order(1, 3, 5, 20, 300, 400)
        refresh_until(frame, "6 customers")
        visit(frame, "Segments")
        expect(frame.get_by_text("counting…")).to_have_count(0)
        assert serious(page) == []
        shoot(page, f"segments-{look}")
        frame.get_by_role("link", name="Dormant").click()
        expect(frame.locator("section .figure")).to_be_visible()
        assert serious(page) == []
        shoot(page, f"segment-ready-{look}")
        visit(frame, "Segments")
        frame.get_by_role("link", name="New segment").click()
        frame.get_by_label("Name", exact=True).fill("Long away")
        asked = frame.get_by_label("What is asked")
        asked.select_option("Days since the last order")
        value = frame.get_by_label("Value", exact=True)
        value.fill("100")
        size(frame, "2 of 6 customers")
        frame.get_by_role("button", name="Add a test").click()
        expect(asked.nth(1)).to_be_focused()
        asked.nth(1).select_option("Bought the SKU")
        frame.get_by_role("searchbox", name="Search variants by name or SKU").fill("nothing like it")
        frame.get_by_role("radio", name="“nothing like it” as it is typed here").check()
        size(frame, "0 of 6 customers")
        frame.get_by_role("button", name="Add a group").click()
        asked.nth(2).select_option("Spent")
        expect(frame.get_by_label("Currency")).to_be_visible()
        frame.get_by_role("button", name="Save").click()
        expect(frame.get_by_role("alert")).to_contain_text("This was not saved")
        assert serious(page) == []
        shoot(page, f"segment-builder-{look}")


def test_by_keyboard_alone_from_nothing_to_a_segment_in_use(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page:
        frame = enter(page, stage)
        stage.order(1, 300, 400)
        refresh_until(frame, "3 customers")
        visit(frame, "Segments")
        frame.get_by_role("link", name="New segment").press("Enter")
        frame.get_by_label("Name", exact=True).focus()
        page.keyboard.type("Long away")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(frame.get_by_label("What is asked")).to_be_focused()
        page.keyboard.type("Days since the last")
        expect(frame.get_by_label("How it is compared").locator("option[selected]")).to_have_text("at least")
        expect(frame.get_by_label("What is asked")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.type("100")
        size(frame, "2 of 3 customers")
        page.keyboard.press("Tab")
        expect(frame.get_by_role("button", name="Remove this test")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(frame.get_by_label("What is asked").nth(1)).to_be_focused()
        for _ in range(3):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(frame.get_by_label("What is asked")).to_have_count(1)
        expect(frame.get_by_role("button", name="Add a test")).to_be_focused()
        frame.get_by_role("button", name="Save").press("Enter")
        expect(page.locator("#toasts")).to_contain_text("“long-away” is saved.")
        expect(frame.get_by_role("row", name="long-away")).to_contain_text("2")
        visit(frame, "Campaigns")
        frame.get_by_role("link", name="win-back", exact=True).press("Enter")
        frame.get_by_label("Who it is for").select_option("long-away")
        frame.get_by_role("button", name="Save").press("Enter")
        expect(page.locator("#toasts")).to_contain_text("“win-back” is saved.")
        visit(frame, "Segments")
        expect(frame.get_by_role("row", name="long-away")).to_contain_text("campaign “win-back”")
        frame.get_by_role("button", name="Count again").press("Enter")
        expect(frame.get_by_role("row", name="long-away")).to_contain_text("2")
        frame.get_by_role("link", name="Dormant").press("Enter")
        expect(frame.locator("section .figure")).to_be_visible()
        frame.get_by_label("E-mail of an account").focus()
        page.keyboard.type("nobody@example.com")
        page.keyboard.press("Enter")
        expect(frame.locator("#explained")).to_contain_text("There is no customer")
        frame.get_by_role("link", name="Make one like it").press("Enter")
        expect(frame.get_by_label("Name", exact=True)).to_be_visible()

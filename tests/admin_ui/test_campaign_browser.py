"""A campaign in the Dashboard's frame of the sandbox, in a real browser."""

import re

import pytest
from playwright.sync_api import Browser, FrameLocator, Route, expect

from tests.admin_ui.axe import serious
from tests.admin_ui.stage import Stage, Theme, enter, looking, new_tokens, refresh_until, shoot, visit
from tests.admin_ui.test_browser import LOOKS
from tests.admin_ui.test_browser import browser as browser  # noqa: PLC0414 - pytest finds it here
from tests.admin_ui.test_browser import stage as stage  # noqa: PLC0414

pytestmark = pytest.mark.browser


def loaded(frame: FrameLocator) -> None:
    """All parts of the page are there."""
    expect(frame.locator(".loading:visible")).to_have_count(0)


def open_campaign(frame: FrameLocator, name: str = "win-back") -> None:
    visit(frame, "Campaigns")
    frame.get_by_role("link", name=name, exact=True).click()
    expect(frame.get_by_role("heading", name=name, level=1)).to_be_visible()
    loaded(frame)


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_every_page_of_a_campaign(browser: Browser, stage: Stage, theme: Theme, width: int) -> None:
    look = f"{theme}-{width}"
    with looking(browser, theme, width) as page:
        frame = enter(page, stage)
        stage.order(*range(1, 300, 6))
        refresh_until(frame, "50 customers")
        visit(frame, "Campaigns")
        shoot(page, f"campaigns-{look}")
        frame.get_by_role("link", name="New campaign").click()
        expect(frame.get_by_role("heading", name="Banner", exact=True)).to_be_visible()
        assert serious(page) == []
        shoot(page, f"campaigns-gallery-{look}")
        frame.get_by_role("link", name="Choose Banner").click()
        frame.get_by_label("Text", exact=True).first.fill("New in: the summer teas")
        frame.get_by_label("Language", exact=True).first.fill("en")
        expect(frame.locator("#preview")).to_contain_text("New in: the summer teas")
        assert serious(page) == []
        shoot(page, f"campaigns-new-{look}")

        open_campaign(frame)
        frame.get_by_label("How much (% or currency)", exact=True).fill("much")
        frame.get_by_role("button", name="Save").click()
        expect(frame.get_by_role("alert").filter(has_text="This was not saved")).to_be_focused()
        loaded(frame)
        shoot(page, f"campaign-wrong-{look}")
        frame.get_by_label("How much (% or currency)", exact=True).fill("15")
        frame.get_by_label("Then give").select_option("Free shipping")
        expect(frame.get_by_label("Days after the first offer (days)")).to_be_visible()
        expect(frame.get_by_label("How much then (% or currency)")).to_be_hidden()
        expect(frame.locator("#preview")).to_contain_text("15 % off with code")
        frame.locator("summary", has_text="Limits").click()
        dry = frame.locator(".try", has_text="If it were on now")
        dry.get_by_role("button", name="Work it out").click()
        expect(dry).to_contain_text("Would get it", timeout=60_000)
        replay = frame.locator(".try", has_text="Over your own past")
        replay.get_by_role("button", name="Work it out").click()
        expect(replay.get_by_role("progressbar").or_(replay.get_by_role("status")).first).to_be_visible()
        expect(replay).to_contain_text("This is arithmetic on the past", timeout=60_000)
        loaded(frame)
        assert serious(page) == []
        shoot(page, f"campaign-{look}")
        frame.get_by_role("button", name="Switch on").click()
        assert serious(page) == []
        shoot(page, f"campaign-dialog-{look}")


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_countries_of_thresholds_are_added_and_removed(
    browser: Browser, stage: Stage, theme: Theme, width: int
) -> None:
    with looking(browser, theme, width) as page:
        frame = enter(page, stage)
        add = frame.get_by_role("button", name="Add a country")
        for _ in range(60):  # the shop's channels are read within half a minute
            open_campaign(frame, "free-shipping")
            if add.count():
                break
            page.wait_for_timeout(1000)
        add.press("Enter")
        expect(frame.locator(".country-row select:visible")).to_be_focused()
        frame.locator(".country-row:visible").get_by_label("Country", exact=True).fill("CA")
        frame.locator(".country-row:visible").get_by_label("New", exact=True).fill("40")
        assert serious(page) == []
        shoot(page, f"campaign-countries-{theme}-{width}")
        frame.get_by_role("button", name="Remove").press("Enter")
        expect(frame.locator(".country-row:visible")).to_have_count(0)
        expect(add).to_be_focused()


def test_the_switch_by_keyboard_alone(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page:
        frame = enter(page, stage)
        open_campaign(frame)
        frame.get_by_role("button", name="Switch on").press("Enter")
        dialog = frame.get_by_role("dialog", name="Switch on “win-back”?")
        expect(dialog.get_by_label("Only who enters from now on")).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(frame.get_by_role("button", name="Switch on")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("ArrowDown")
        expect(dialog.get_by_label("Also those who are inside already")).to_be_checked()
        page.keyboard.press("Tab")
        expect(dialog.get_by_label("Of those, at most so many a day")).to_be_focused()
        page.keyboard.press("Control+A")
        page.keyboard.type("7")
        for button in ("Cancel", "Switch on"):
            page.keyboard.press("Tab")
            expect(dialog.get_by_role("button", name=button)).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.locator("#toasts")).to_contain_text("at most 7 a day")


def test_from_install_to_a_win_back_that_is_on(browser: Browser, stage: Stage) -> None:
    """As a new merchant walks it, with a sign-in that runs out in the middle of the form."""
    tried: list[str] = []

    def once_with_an_old_token(route: Route) -> None:
        tried.append(route.request.post_data or "")
        headers = route.request.headers
        route.continue_(headers=headers if len(tried) > 1 else headers | {"authorization": "Bearer a.b.c"})

    with looking(browser) as page:
        new_tokens(page, stage)
        frame = enter(page, stage)
        open_campaign(frame)
        page.route(re.compile(r"/admin/campaigns/\d+/save"), once_with_an_old_token)
        frame.get_by_label("How much (% or currency)", exact=True).fill("12")
        frame.get_by_label("Banner", exact=True).fill("Back soon, {name}? {offer}: {code}")
        frame.get_by_role("button", name="Save").click()
        expect(page.locator("#toasts")).to_contain_text("is saved")
        assert len(tried) == 2
        assert tried[0] == tried[1]
        expect(frame.get_by_label("Banner", exact=True)).to_have_value("Back soon, {name}? {offer}: {code}")
        expect(frame.get_by_role("button", name="Save")).to_be_focused()
        frame.get_by_role("button", name="Switch on").click()
        dialog = frame.get_by_role("dialog", name="Switch on “win-back”?")
        dialog.get_by_label("Also those who are inside already").check()
        dialog.get_by_role("button", name="Switch on").click()
        expect(page.locator("#toasts")).to_contain_text("at most 50 a day")
        expect(frame.get_by_role("button", name="Pause")).to_be_focused()
        visit(frame, "Overview")
        expect(frame.get_by_text("1 campaign is on.")).to_be_visible()


def test_two_people_and_a_keyboard_alone(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page, looking(browser) as other:
        mine, theirs = enter(page, stage), enter(other, stage)
        for frame in (mine, theirs):
            open_campaign(frame)
        theirs.get_by_label("How much (% or currency)", exact=True).fill("20")
        theirs.get_by_role("button", name="Save").click()
        expect(other.locator("#toasts")).to_contain_text("is saved")

        mine.get_by_label("How much (% or currency)", exact=True).focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("30")
        page.keyboard.press("Enter")
        expect(mine.get_by_role("alert").filter(has_text="Somebody else has changed")).to_be_focused()
        expect(mine.get_by_role("alert").filter(has_text="Somebody else has changed")).to_contain_text("10 → 20")
        expect(mine.get_by_label("How much (% or currency)", exact=True)).to_have_value("30")
        page.keyboard.press("Tab")
        expect(mine.get_by_label("What you give")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator("#toasts")).to_contain_text("is saved")


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_each_message_of_a_campaign_can_be_looked_at(browser: Browser, stage: Stage, theme: Theme, width: int) -> None:
    """As a mail and as text, as it is typed; the frame takes no style of its own, and no link leads away."""
    look = f"{theme}-{width}"
    with looking(browser, theme, width) as page:
        frame = enter(page, stage)
        stage.order(1, 300)
        refresh_until(frame, "2 customers")
        open_campaign(frame, "abandoned-checkout")
        mail = frame.frame_locator("iframe.mail")
        expect(mail.locator(".card")).to_contain_text("your basket over 40.00 USD is still there")
        expect(mail.locator(".card")).to_have_css("padding", "24px 20px")  # as a mail in a narrow window
        which = frame.get_by_label("Which message")
        expect(which.locator("option")).to_have_text(["Reminder", "About free shipping", "Offer"])
        which.focus()
        which.select_option("About free shipping")
        expect(frame.locator(".message-shown")).to_contain_text("20.00 USD to free shipping")
        expect(which).to_be_focused()
        which.select_option("Offer")
        expect(mail.locator(".code")).to_have_text("SAMPLE234567")
        expect(mail.locator(".code")).to_have_css("text-align", "center")
        frame.locator("summary", has_text="As text").click()
        expect(frame.locator(".mail-text")).to_contain_text("here is something for it: 10 % off")
        mail.get_by_role("link", name="Back to my basket").click()
        expect(mail.locator(".code")).to_be_visible()
        loaded(frame)
        assert serious(page) == []
        frame.locator(".message-shown").scroll_into_view_if_needed()
        shoot(page, f"campaign-messages-{look}")
        frame.get_by_role("button", name="Send this message").click()
        expect(
            frame.locator("#notice, .message-shown").get_by_text("Nothing is set up to send by mail")
        ).to_be_visible()
        frame.get_by_label("Then give something").uncheck()
        expect(which.locator("option")).to_have_count(2)

"""In the real Dashboard, as a new merchant walks it: from its install page to a win-back whose code Saleor has."""

import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from playwright.sync_api import FrameLocator, Page, expect, sync_playwright

from tests.live.api import until
from tests.live.app import App, app_on
from tests.live.people import Street
from tests.live.test_win_back import SILENT, USUAL, new_vouchers, the_code, vouchers_of

ANNOUNCED = "saleor-pulse"
NEEDED = "RETENTION_LIVE_DASHBOARD"
#: A page of the platform's own takes longer than one of ours.
expect.set_options(timeout=20_000)
SHOTS = Path(__file__).parents[2] / "var" / "screenshots"


@pytest.fixture
def dashboard() -> str:
    if not os.environ.get(NEEDED):
        pytest.skip(f"A real Dashboard is needed: name its address in {NEEDED} (docs/live-tests.md).")
    return os.environ[NEEDED].rstrip("/")


@pytest.fixture
def page() -> Iterator[Page]:
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("There is no Chromium; install the package chromium to run this test.")
    with sync_playwright() as playwright:
        playwright.selectors.set_test_id_attribute("data-test-id")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        opened = browser.new_page(viewport={"width": 1280, "height": 900})
        opened.set_default_timeout(30_000)
        # What the Dashboard announces of itself would lie over the page: it has been put away before.
        seen = json.dumps({ANNOUNCED: {"manuallyHidden": True, "firstSeenAt": 1}})
        opened.add_init_script(f"localStorage.setItem('dashboard-ripples', {json.dumps(seen)})")
        yield opened
        browser.close()


def test_from_the_install_page_to_a_code(street: Street, dashboard: str, page: Page, host: str, tmp_path: Path) -> None:
    silent, usual = street.register("iris"), street.register("ursula")
    street.bought({silent.user_id: SILENT, usual.user_id: USUAL})
    before = vouchers_of(street.staff)
    settings = {"RETENTION_DASHBOARD_ORIGINS": dashboard, "RETENTION_READ_HISTORY": "true"}
    with app_on("sqlite", tmp_path, street.staff, host, **settings) as app:
        app.start()
        try:
            sign_in(page, dashboard)
            began = time.monotonic()
            frame = install(page, dashboard, app)
            build_a_segment(page, frame)
            switch_on_win_back(page, frame)
            click.echo(f"  from the install page to a win back that is on: {time.monotonic() - began:.0f} s")
            code = the_code(app, street, silent)
            (voucher,) = new_vouchers(street.staff, before)
            assert code in voucher["codes"]
            see_the_voucher(page, dashboard, str(voucher["id"]), code)
            see_widgets(page, dashboard, street, silent.user_id)
            switch_the_theme(page, dashboard)
        finally:
            app.leave()


def sign_in(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/")
    page.locator("input[name=email]").fill(os.environ["RETENTION_LIVE_EMAIL"])
    page.locator("input[name=password]").fill(os.environ["RETENTION_LIVE_PASSWORD"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Extensions").or_(page.get_by_text("Extensions")).first).to_be_visible()


def install(page: Page, dashboard: str, app: App) -> FrameLocator:
    """As a listing leads there; then the app's own page, opened by its name."""
    page.goto(f"{dashboard}/extensions/app/install?manifestUrl={app.url}/api/manifest")
    page.get_by_role("button", name=re.compile("^Install")).last.click()
    expect(page.get_by_text("Retention is ready to be used")).to_be_visible(timeout=60_000)
    page.get_by_text("Retention", exact=True).last.click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_role("heading", name="Your first minutes")).to_be_visible()
    until("the past to be read", lambda: _refreshed(frame, "orders of before the install"), within=120)
    shoot(page, "dashboard-first-minutes")
    return frame


def _refreshed(frame: FrameLocator, said: str) -> bool:
    frame.get_by_role("button", name="Refresh").click()
    frame.locator("#page[aria-busy=false]").wait_for()
    return frame.get_by_text(said).count() > 0


def visit(frame: FrameLocator, tab: str) -> None:
    frame.get_by_role("navigation", name="Retention").get_by_role("link", name=tab, exact=True).click()
    expect(frame.locator("#page")).to_have_attribute("aria-busy", "false")


def build_a_segment(page: Page, frame: FrameLocator) -> None:
    visit(frame, "Segments")
    frame.get_by_role("link", name="New segment").click()
    frame.get_by_label("Name", exact=True).fill("Long away")
    frame.get_by_label("What is asked").select_option("Days since the last order")
    frame.get_by_label("Value", exact=True).fill("200")
    expect(frame.locator("#live .figure")).to_contain_text(re.compile(r"[1-9]\d* of"))
    shoot(page, "dashboard-segment")
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_role("row", name="long-away")).to_be_visible()


def switch_on_win_back(page: Page, frame: FrameLocator) -> None:
    visit(frame, "Campaigns")
    frame.get_by_role("link", name="win-back", exact=True).click()
    frame.get_by_label("Who it is for").select_option("long-away")
    frame.locator("summary", has_text="Limits").click()
    frame.get_by_label("Control group").fill("0")
    frame.get_by_role("button", name="Save").click()
    expect(page.get_by_text("“win-back” is saved.").first).to_be_visible()
    replay = frame.locator(".try", has_text="Over your own past")
    replay.get_by_role("button", name="Work it out").click()
    expect(replay).to_contain_text(
        re.compile("arithmetic on the past|Not enough|too little", re.IGNORECASE), timeout=60_000
    )
    shoot(page, "dashboard-replay")
    frame.get_by_role("button", name="Switch on").click()
    dialog = frame.get_by_role("dialog", name="Switch on “win-back”?")
    dialog.get_by_label("Also those who are inside already").check()
    dialog.get_by_role("button", name="Switch on").click()
    expect(frame.get_by_role("button", name="Pause")).to_be_visible()


def see_the_voucher(page: Page, dashboard: str, voucher_id: str, code: str) -> None:
    page.goto(f"{dashboard}/discounts/vouchers/{quoted(voucher_id)}")
    expect(page.get_by_text(code)).to_be_visible()
    widget = page.frame_locator("iframe").first
    expect(widget.get_by_text("win-back").first).to_be_visible()
    shoot(page, "dashboard-voucher")


def see_widgets(page: Page, dashboard: str, street: Street, user_id: str) -> None:
    for name, path in (
        ("home", "/"),
        ("customer", f"/customers/{quoted(user_id)}"),
        ("order", f"/orders/{quoted(street.orders[0])}"),
    ):
        open_with_widget(page, dashboard + path)
        shoot(page, f"dashboard-widget-{name}")


def open_with_widget(page: Page, address: str, tries: int = 4) -> None:
    """Playwright now and then loses a frame that the Dashboard replaces while it loads, though it is there to see."""
    for left in reversed(range(tries)):
        page.goto(address)
        try:
            loaded = page.frame_locator("iframe").first.locator("#page")
            expect(loaded).to_have_attribute("aria-busy", "false", timeout=10_000)
        except AssertionError:
            if not left:
                raise
        else:
            return


def switch_the_theme(page: Page, dashboard: str) -> None:
    page.goto(f"{dashboard}/extensions/installed")
    page.get_by_text("Retention", exact=True).last.click()
    frame = page.frame_locator("iframe")
    expect(frame.get_by_text("1 campaign is on.")).to_be_visible()
    before = frame.locator("html").get_attribute("data-theme")
    page.get_by_test_id("userMenu").click()
    page.get_by_test_id("theme-switch").click()
    expect(frame.locator("html")).to_have_attribute("data-theme", "light" if before == "dark" else "dark")
    page.keyboard.press("Escape")
    shoot(page, "dashboard-overview-dark")
    page.set_viewport_size({"width": 390, "height": 900})
    shoot(page, "dashboard-overview-dark-390")


def quoted(identifier: str) -> str:
    return identifier.replace("=", "%3D")


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")

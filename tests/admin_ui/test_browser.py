"""The page in the Dashboard's frame of the sandbox, in a real browser."""

import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Response, Route, expect, sync_playwright

from plugin.main import create_app
from plugin.sandbox.serve import running
from plugin.settings import Settings
from tests.admin_ui.stage import (
    Stage,
    Theme,
    enter,
    intercept,
    looking,
    new_tokens,
    refresh_until,
    serving,
    shoot,
    visit,
)
from tests.conftest import lacks

pytestmark = pytest.mark.browser

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
#: What a page does within a moment can take longer on a machine that has other work.
expect.set_options(timeout=20_000)
LOOKS = [
    ("light", 1280),
    ("dark", 360),
    pytest.param("light", 360, marks=pytest.mark.long),
    pytest.param("dark", 1280, marks=pytest.mark.long),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        lacks("There is no Chromium; install the package chromium to run this test.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with running() as sandbox, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        settings = Settings.model_validate(
            {
                "database_url": f"sqlite:///{tmp_path / 'retention.db'}",
                "public_url": url,
                "secret_keys": "k" * 40,
                "allowed_shops": "127.0.0.1:*",
                "allow_private_addresses": True,
                "dashboard_origins": sandbox.shop.origin,
                "read_history": False,
            }
        )
        with serving(create_app(settings), listening):
            answer = httpx.post(
                f"{sandbox.shop.origin}/sandbox/install", json={"manifestUrl": f"{url}/api/manifest"}, timeout=30
            )
            assert answer.status_code == 200, answer.text
            yield Stage(sandbox, sandbox.shop.origin, url)


#: Bytes of scripts, as they come over the line, before any chart.
SCRIPTS = 150_000


def test_the_first_page_needs_few_scripts(
    browser: Browser, stage: Stage, record_testsuite_property: Callable[[str, object], None]
) -> None:
    """How long the page takes is written to the report (`--junitxml`), and not asserted: that is the machine's."""
    with looking(browser) as page:
        answers: list[Response] = []

        def hear(answer: Response) -> None:
            answers.append(answer)

        page.on("response", hear)
        began = time.perf_counter()
        enter(page, stage)
        record_testsuite_property("first_page_ms", round(1000 * (time.perf_counter() - began)))
        ours = [one for one in answers if one.url.startswith(stage.app) and one.request.resource_type == "script"]
        scripts = {one.url.rpartition("/")[2]: one.request.sizes()["responseBodySize"] for one in ours}
        record_testsuite_property("script_bytes", sum(scripts.values()))
        assert {"htmx.min.js", "page.js", "app_bridge.js"} <= set(scripts)
        assert "echarts.min.js" not in scripts
        assert sum(scripts.values()) <= SCRIPTS, scripts


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_from_handshake_to_a_campaign_that_runs(browser: Browser, stage: Stage, theme: Theme, width: int) -> None:
    look = f"{theme}-{width}"
    with looking(browser, theme, width) as page:
        frame = enter(page, stage)
        root = frame.locator("html")
        expect(root).to_have_attribute("data-theme", theme)
        expect(frame.get_by_text("No orders yet")).to_be_visible()
        shoot(page, f"overview-empty-{look}")

        stage.order(1, 3, 5, 20, 300, 400)
        refresh_until(frame, "6 customers")
        shoot(page, f"overview-{look}")
        visit(frame, "Campaigns")
        campaign = frame.get_by_role("article", name="win-back")
        campaign.get_by_role("button", name="Switch on").click()
        dialog = frame.get_by_role("dialog", name="Switch on “win-back”?")
        expect(dialog.get_by_label("Only who enters from now on")).to_be_checked()
        dialog.get_by_label("Also those who are inside already").check()
        dialog.get_by_label("Of those, at most so many a day").fill("0")
        dialog.get_by_role("button", name="Switch on").click()
        expect(dialog.get_by_role("alert")).to_contain_text("a whole number from 1")
        shoot(page, f"campaigns-dialog-{look}")
        dialog.get_by_label("Of those, at most so many a day").fill("20")
        dialog.get_by_role("button", name="Switch on").click()
        expect(frame.locator("#notice")).to_contain_text("at most 20 a day")
        expect(campaign.get_by_role("button", name="Pause")).to_be_focused()
        shoot(page, f"campaigns-on-{look}")
        visit(frame, "Overview")
        expect(frame.get_by_text("1 campaign is on.")).to_be_visible()


def test_the_theme_follows_the_dashboard(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page:
        frame = enter(page, stage)
        ground = frame.locator("body")
        expect(ground).to_have_css("background-color", "rgb(255, 255, 255)")
        page.locator("#theme").click()
        expect(frame.locator("html")).to_have_attribute("data-theme", "dark")
        expect(ground).not_to_have_css("background-color", "rgb(255, 255, 255)")


def test_what_was_done_is_said_in_the_dashboards_own_corner(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page:
        frame = enter(page, stage)
        frame.get_by_role("button", name="Stop everything").click()
        frame.get_by_role("dialog").get_by_role("button", name="Stop everything").click()
        expect(page.locator("#toasts")).to_contain_text("Everything is stopped.")
        expect(frame.get_by_text("Everything is stopped.")).to_have_class("done told")
        expect(frame.locator("#notice")).to_have_css("width", "1px")


def test_a_dashboard_that_says_nothing_of_it_leaves_it_to_the_page(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page:
        page.add_init_script(
            """addEventListener("message", (event) => {
            if (event.data?.type === "notification") event.stopImmediatePropagation(); })"""
        )
        frame = enter(page, stage)
        frame.get_by_role("button", name="Stop everything").click()
        frame.get_by_role("dialog").get_by_role("button", name="Stop everything").click()
        expect(frame.get_by_text("Everything is stopped.")).to_have_class("done")
        expect(frame.locator("#notice")).not_to_have_css("width", "1px")
        expect(page.locator("#toasts")).to_be_empty()


def test_by_keyboard_alone(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page:
        frame = enter(page, stage)
        opener = frame.get_by_role("button", name="Stop everything")
        opener.focus()
        page.keyboard.press("Enter")
        dialog = frame.get_by_role("dialog", name="Stop everything?")
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_be_hidden()
        expect(opener).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(frame.get_by_text("Nothing is decided and nothing goes out")).to_be_visible()
        expect(frame.get_by_role("button", name="Start again").first).to_be_focused()


def test_a_token_that_has_run_out_is_renewed_and_nothing_lost(browser: Browser, stage: Stage) -> None:
    tried: list[str] = []

    def once_with_an_old_token(route: Route) -> None:
        tried.append(route.request.post_data or "")
        headers = route.request.headers
        route.continue_(headers=headers if len(tried) > 1 else headers | {"authorization": "Bearer a.b.c"})

    with looking(browser) as page:
        new_tokens(page, stage)
        frame = enter(page, stage, "Campaigns")
        page.route(re.compile("/admin/campaigns/on"), once_with_an_old_token)
        frame.get_by_role("article", name="win-back").get_by_role("button", name="Switch on").click()
        dialog = frame.get_by_role("dialog", name="Switch on “win-back”?")
        dialog.get_by_label("Also those who are inside already").check()
        dialog.get_by_label("Of those, at most so many a day").fill("7")
        dialog.get_by_role("button", name="Switch on").click()
        expect(frame.locator("#notice")).to_contain_text("at most 7 a day")
        assert len(tried) == 2
        assert tried[0] == tried[1]


def test_a_token_that_is_never_taken_is_said_and_not_tried_for_ever(browser: Browser, stage: Stage) -> None:
    tried: list[int] = []

    def always_with_an_old_token(route: Route) -> None:
        tried.append(1)
        route.continue_(headers=route.request.headers | {"authorization": "Bearer a.b.c"})

    with looking(browser) as page:
        new_tokens(page, stage)
        intercept(page, always_with_an_old_token)
        page.goto(stage.dashboard)
        frame = page.frame_locator("#frame iframe")
        expect(frame.get_by_role("heading", name="This did not work")).to_be_visible()
        assert len(tried) == 2
        shoot(page, "refused")


def test_an_app_that_does_not_answer(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page:
        intercept(page, lambda route: route.abort())
        page.goto(stage.dashboard)
        frame = page.frame_locator("#frame iframe")
        expect(frame.get_by_text("The app did not answer.")).to_be_visible()
        shoot(page, "unreachable")
        page.unroute_all()
        frame.get_by_role("button", name="Load again").click()
        expect(frame.get_by_role("heading", name="Latest decisions")).to_be_visible()


def test_outside_the_dashboard_it_says_where_to_go(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page:
        page.goto(f"{stage.app}/admin")
        expect(page.get_by_role("heading", name="Open this page in the Dashboard")).to_be_visible()


def test_a_page_elsewhere_than_in_the_dashboards_named_cannot_frame_it(browser: Browser, stage: Stage) -> None:
    with looking(browser, refused="frame-ancestors") as page:
        page.goto(f"{stage.shop.replace('127.0.0.1', 'localhost')}/shop/")
        with page.expect_console_message(lambda said: "frame-ancestors" in said.text):
            page.evaluate(
                """address => { const frame = document.createElement("iframe"); frame.src = address;
                document.body.append(frame); }""",
                f"{stage.app}/admin",
            )


def test_whoever_frames_it_without_a_token_sees_nothing(browser: Browser, stage: Stage) -> None:
    """A stranger's page, which sends what it likes: not even a message is sent back that holds anything."""
    with looking(browser) as page:
        page.goto(f"{stage.shop}/shop/")
        page.evaluate(
            """address => { const frame = document.createElement("iframe"); frame.id = "stranger"; frame.src = address;
            addEventListener("message", () => frame.contentWindow.postMessage(
              { type: "handshake", payload: { token: "a.b.c" } }, "*"));
            document.body.append(frame); }""",
            f"{stage.app}/admin?saleorApiUrl={stage.shop}/graphql/",
        )
        frame = page.frame_locator("#stranger")
        expect(frame.get_by_text("Asking the Dashboard for a new one")).to_be_visible()
        expect(frame.get_by_role("heading", name="Latest decisions")).to_have_count(0)

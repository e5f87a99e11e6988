"""A Dashboard with the app in it, and somebody who looks at it through a browser."""

import contextlib
import itertools
import json
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import httpx
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, FrameLocator, Page, Route, expect
from starlette.applications import Starlette

from plugin.sandbox.app import Sandbox
from plugin.sandbox.people_control import dashboard_token
from tests.sandbox.talk import past_order

SHOTS = Path(__file__).parents[2] / "var" / "screenshots"
Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Stage:
    """A sandbox with the app installed in it, both on real ports."""

    sandbox: Sandbox
    #: Addresses.
    shop: str
    app: str

    @property
    def dashboard(self) -> str:
        return f"{self.shop}/dashboard/"

    def order(self, *days_ago: int) -> None:
        """One customer for each: with two purchases, the last of them so many days ago."""
        now = datetime.now(UTC)
        lines = [
            past_order(f"c{since}@example.com", created=(now - timedelta(days=number)).isoformat())
            for since in days_ago
            for number in (since + 40, since)
        ]
        body = "\n".join(map(json.dumps, lines))
        httpx.post(f"{self.shop}/sandbox/history", content=body, params={"wait": "1"}, timeout=30).raise_for_status()


@contextlib.contextmanager
def serving(app: Starlette, listening: socket.socket) -> Iterator[None]:
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("The app did not start.")
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(20)


@contextlib.contextmanager
def looking(
    browser: Browser, theme: Theme = "light", width: int = 1280, refused: str = "no such directive"
) -> Iterator[Page]:
    """A page whose errors fail the test; a status that the test expects is none, nor what `refused` forbids."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme)
    page = context.new_page()
    page.set_default_timeout(10_000)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))

    def heard(said: ConsoleMessage) -> None:
        if "Content Security Policy" in said.text and refused not in said.text:
            errors.append(said.text)

    page.on("console", heard)
    yield page
    context.close()
    assert errors == [], errors


def enter(page: Page, stage: Stage, tab: str = "Overview") -> FrameLocator:
    page.goto(stage.dashboard)
    frame = page.frame_locator("#frame iframe")
    expect(frame.get_by_role("heading", name="Latest decisions")).to_be_visible()
    if tab != "Overview":
        visit(frame, tab)
    return frame


def visit(frame: FrameLocator, tab: str) -> None:
    """By the app's own navigation."""
    link = frame.get_by_role("navigation", name="Retention").get_by_role("link", name=tab, exact=True)
    link.click()
    expect(link).to_have_attribute("aria-current", "page")
    expect(frame.locator("#page")).to_have_attribute("aria-busy", "false")


def refresh_until(frame: FrameLocator, text: str) -> None:
    """Webhooks are worked off beside: what they bring is there a moment later."""
    for attempts_left in reversed(range(20)):
        frame.get_by_role("button", name="Refresh").click()
        try:
            expect(frame.get_by_text(text, exact=True)).to_be_visible(timeout=1000)
        except AssertionError:
            if not attempts_left:
                raise
        else:
            return


def intercept(page: Page, handler: Callable[[Route], None]) -> None:
    """The questions for the first page's content, not the one for its frame, which has the same address."""

    def choose(route: Route) -> None:
        if "hx-request" in route.request.headers:
            handler(route)
        else:
            route.continue_()

    page.route(re.compile(r"/admin(\?|$)"), choose)


def new_tokens(page: Page, stage: Stage) -> None:
    """Each token differs from the one before, also within a second."""
    [app] = stage.sandbox.shop.apps.values()
    seconds = itertools.count(200)

    def hand_out(route: Route) -> None:
        route.fulfill(json={"token": dashboard_token(stage.sandbox.shop, app, timedelta(seconds=next(seconds)))})

    page.route(re.compile("/sandbox/dashboard-token"), hand_out)


def shoot(page: Page, name: str) -> None:
    """The whole of the frame's content, beside the Dashboard's navigation."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size
    assert size is not None
    inner = page.main_frame.child_frames[0]
    height = int(inner.evaluate("document.documentElement.scrollHeight"))
    page.set_viewport_size({"width": size["width"], "height": height + 160})
    # The caret stays: hidden by an inline style, which htmx would carry over to the next page against the policy.
    page.screenshot(path=SHOTS / f"{name}.png", caret="initial")
    page.set_viewport_size(size)
    assert inner.evaluate("document.documentElement.scrollWidth <= innerWidth"), "The page scrolls sideways."

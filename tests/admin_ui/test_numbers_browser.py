"""The pages of numbers and settings in the Dashboard's frame: how they look, by keyboard, and what axe says."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect
from sqlalchemy import Connection

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.channels import Channel
from plugin.extensions import load_tactics
from plugin.flow.report import keep
from plugin.store import campaigns, channels
from plugin.store.campaigns import Limits
from plugin.store.database import Database
from tests.admin_ui.stage import Stage, Theme, enter, looking, refresh_until, shoot, visit
from tests.admin_ui.test_browser import LOOKS, browser, stage

__all__ = ["browser", "stage"]

pytestmark = pytest.mark.browser

#: Title of the tab → heading of the page.
PAGES = {
    "Overview": "Sandbox Grocery",
    "Why they leave": "Why they leave",
    "Free shipping": "Free shipping",
    "Content": "Content",
    "Offers": "Offers and codes",
    "Health": "Health",
    "Settings": "Settings",
}


@contextmanager
def books(tmp_path: Path) -> Iterator[Database]:
    """The database of the app on the stage."""
    database = Database(f"sqlite:///{tmp_path / 'retention.db'}")
    yield database
    database.close()


def busy(tmp_path: Path) -> None:
    """A shop some days later: campaigns that are on, and a report."""
    now, tactics = datetime.now(UTC), load_tactics()
    with books(tmp_path) as database:
        with database.write() as connection:
            known = [Channel("default-channel", "Q2hhbm5lbDox", "USD", active=True, gross=True, free_from=Decimal(75))]
            channels.save(connection, 1, known, now)
            texts = {"en": "Three roasts of the autumn, for a few weeks."}
            params = tactics["banner"].params(texts=texts, titles={"en": "New coffee"}, href="/c", links={"en": "Look"})
            campaigns.create(connection, 1, "autumn coffee", tactics["banner"], params, Limits(), now)
            switch_on(connection, "autumn coffee", now)
            switch_on(connection, "win-back", now, inside_per_day=20)
            thresholds = {"default-channel": {"new": Decimal(60), "at_risk": Decimal(30)}}
            switch_on(connection, "free-shipping", now, thresholds=thresholds)
        keep(database, 1, now)


def switch_on(connection: Connection, name: str, now: datetime, inside_per_day: int = 0, **params: Any) -> None:
    found = campaigns.get(connection, 1, name, load_tactics())
    changed = type(found.params)(**params) if params else found.params
    limits = Limits(control_share=0.2, inside_per_day=inside_per_day)
    found = campaigns.edit(connection, 1, found, changed, limits, "test", now)
    campaigns.change_status(connection, 1, found, CampaignStatus.ON, "test", now)


def serious(page: Page) -> list[dict[str, Any]]:
    """What axe-core calls serious or critical in the frame's content."""
    inner = page.frames[-1]
    inner.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = inner.evaluate("axe.run(document)")
    return [
        {"rule": one["id"], "at": [node["html"][:200] for node in one["nodes"]]}
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
    ]


def settled(frame: FrameLocator, title: str) -> None:
    """The page is there, with the parts of it that load by themselves."""
    expect(frame.get_by_role("heading", name=PAGES[title], level=1)).to_be_visible()
    expect(frame.locator(".loading")).to_have_count(0)
    expect(frame.locator("[data-drawing]:empty")).to_have_count(0)
    expect(frame.locator("#notice")).to_be_empty()


def decided(frame: FrameLocator) -> None:
    """The engine looks after a few seconds at who is inside."""
    for _ in range(30):
        frame.get_by_role("button", name="Refresh").click()
        expect(frame.locator("#page")).to_have_attribute("aria-busy", "false")
        if frame.locator(".decision .pill.success").count():
            return
        time.sleep(0.5)
    pytest.fail("Nobody was given anything.")


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_every_page_looks_like_the_dashboard_and_can_be_read_by_all(
    browser: Browser, stage: Stage, tmp_path: Path, theme: Theme, width: int
) -> None:
    with looking(browser, theme, width) as page:
        frame = enter(page, stage)
        shoot(page, f"overview-first-{theme}-{width}")
        stage.order(*range(1, 31), *range(200, 230))
        refresh_until(frame, "60 customers")
        busy(tmp_path)
        frame.get_by_label("Of 100 you take").fill("40")
        frame.get_by_label("Warm").check()
        frame.get_by_role("button", name="Save").click()
        expect(frame.locator("#notice")).to_contain_text("Saved.")
        decided(frame)
        for title in PAGES:
            visit(frame, title)
            settled(frame, title)
            shoot(page, f"{title.lower().replace(' ', '-')}-{theme}-{width}")
            assert serious(page) == [], title


def test_questions_and_settings_by_keyboard_alone(browser: Browser, stage: Stage) -> None:
    with looking(browser) as page:
        frame = enter(page, stage)
        frame.get_by_label("Of 100 you take").focus()
        page.keyboard.type("140")
        page.keyboard.press("Enter")
        field = frame.get_by_label("Of 100 you take")
        expect(field).to_be_focused()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(frame.get_by_text("at most 100; leave it empty")).to_be_visible()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("40")
        page.keyboard.press("Enter")
        expect(frame.get_by_role("heading", name="Three questions")).to_have_count(0)

        visit(frame, "Settings")
        gifts = frame.get_by_label("Gifts to one customer")
        zone = frame.get_by_role("combobox", name="Time zone")
        zone.fill("Europe/Warsaw")  # and not saved: another form's answer leaves it alone
        gifts.focus()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("0")
        page.keyboard.press("Enter")
        expect(frame.get_by_text("Write a number from 1 to")).to_be_visible()
        expect(gifts).to_be_focused()
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("3")
        page.keyboard.press("Enter")
        expect(frame.locator("#notice")).to_contain_text("Saved.")
        expect(gifts).to_have_value("3")
        expect(zone).to_have_value("Europe/Warsaw")
        expect(frame.get_by_text("Last changed by")).to_have_count(2)


def test_a_code_is_searched_for_and_taken_back(browser: Browser, stage: Stage, tmp_path: Path) -> None:
    with looking(browser) as page:
        frame = enter(page, stage)
        stage.order(200, 201, 202)
        refresh_until(frame, "3 customers")
        busy(tmp_path)
        decided(frame)
        visit(frame, "Offers")
        code = frame.locator("th.code").first.inner_text()
        frame.get_by_label("Code", exact=True).fill(code.lower())
        page.keyboard.press("Enter")
        expect(frame.locator("th.code")).to_have_text([code])
        frame.get_by_role("button", name="Take back").click()
        dialog = frame.get_by_role("dialog", name=f"Take back {code}?")
        dialog.get_by_role("button", name="Take back").click()
        expect(frame.locator("#notice")).to_contain_text(f"{code} is taken back.")
        expect(frame.locator("th.code")).to_have_text([code])
        expect(frame.locator("td .pill")).to_have_text("Withdrawn")
        frame.get_by_role("link", name="Show all").click()
        with page.expect_download() as saved:
            frame.get_by_role("link", name="Save as CSV").click()
        assert saved.value.suggested_filename == "codes.csv"
        assert code in saved.value.path().read_text(encoding="utf-8-sig")

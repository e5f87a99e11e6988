"""The script, the app and the checkout together: what the bar says is what the sandbox's checkout gives."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from plugin.main import create_app
from plugin.sandbox.app import Sandbox
from plugin.sandbox.serve import running
from plugin.settings import Settings
from tests.admin_ui.stage import serving
from tests.sandbox.talk import past_order
from tests.storefront.test_script_browser import ANNA, add, browser, enter, looking, one_more, shoot

pytestmark = [pytest.mark.browser, pytest.mark.long]
__all__ = ["browser"]

THRESHOLDS = {"default-channel": {"new": 50, "regular": 50}}


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[tuple[Sandbox, str]]:
    """A sandbox with the app installed, whose campaign gives Anna free shipping from 50.00; and the app's address."""
    with running() as sandbox, socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        given = {
            "database_url": f"sqlite:///{tmp_path / 'retention.db'}",
            "public_url": url,
            "secret_keys": "k" * 40,
            "allowed_shops": "127.0.0.1:*",
            "allow_private_addresses": "true",
        }
        with serving(create_app(Settings.model_validate(given)), listening), httpx.Client(timeout=60) as http:
            installed = http.post(f"{sandbox.shop.origin}/sandbox/install", json={"manifestUrl": f"{url}/api/manifest"})
            assert installed.status_code == 200, installed.text
            when = (datetime.now(UTC) - timedelta(days=3)).isoformat()
            bought = json.dumps(past_order(ANNA, created=when))
            http.post(f"{sandbox.shop.origin}/sandbox/history", content=bought, params={"wait": "1"}).raise_for_status()
            for words in (
                ("configure", "--origin", sandbox.shop.origin),
                ("campaign", "edit", "free-shipping", "--set", f"thresholds={json.dumps(THRESHOLDS)}"),
                ("campaign", "on", "free-shipping", "--inside-per-day", "100"),
            ):
                command(given, *words)
            yield sandbox, url


def command(given: dict[str, str], *words: str) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("RETENTION_")}
    environ |= {f"RETENTION_{name.upper()}": value for name, value in given.items()}
    done = subprocess.run(
        [sys.executable, "-m", "plugin.cli", *words], env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr + done.stdout


def test_the_free_method_is_there_when_the_bar_says_so(browser: Browser, shop: tuple[Sandbox, str]) -> None:
    sandbox, app = shop
    with looking(browser) as page:
        until_asked_with(page, sandbox, app)
        add(page, "Olive Oil 750 ml")
        bar = page.get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuenow", "33")
        expect(page.locator("#methods")).to_contain_text("Standard delivery")
        expect(page.locator("#methods")).not_to_contain_text("Free")
        shoot(page, "with-the-app-growing")
        one_more(page, "Olive Oil 750 ml")
        expect(bar).to_have_attribute("aria-valuenow", "67")
        one_more(page, "Olive Oil 750 ml")
        expect(bar).to_have_attribute("aria-valuenow", "100")
        expect(page.locator("#methods")).to_contain_text("Free")
        shoot(page, "with-the-app-earned")


def until_asked_with(page: Page, sandbox: Sandbox, app: str) -> None:
    """What was switched on is believed a few seconds later."""
    for _ in range(30):
        bar = enter(page, sandbox, app, ANNA)
        try:
            expect(bar).to_have_attribute("aria-valuetext", "$0.00 / $50.00", timeout=2000)
        except AssertionError:
            page.wait_for_timeout(1000)
        else:
            return
    raise AssertionError("The bar never knew her threshold.")

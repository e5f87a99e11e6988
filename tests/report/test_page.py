"""The page: one file that loads nothing, runs no script but its own, and is looked at in a real browser."""

import base64
import hashlib
import html.parser
import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, sync_playwright

from plugin.report.page import render
from tests.conftest import lacks
from tests.report.bodies import EXPECTED, people, report

FULL = render(report(list(people()), EXPECTED))
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
LOOKS: list[tuple[Literal["light", "dark"], int]] = [("light", 1280), ("light", 360), ("dark", 1280), ("dark", 360)]


class Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def tags(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Tags()
    parser.feed(page)
    return parser.found


def test_it_loads_nothing() -> None:
    for _, attributes in tags(FULL):
        assert not {"src", "srcset", "action"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
    assert "@import" not in FULL
    assert "url(" not in FULL.split("</style>")[0]


def test_its_policy_allows_its_own_scripts_and_no_other() -> None:
    (policy,) = [
        attributes["content"] for tag, attributes in tags(FULL) if "Content-Security-Policy" in attributes.values()
    ]
    scripts = re.findall(r"<script>(.*?)</script>", FULL, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]
    assert policy is not None
    assert re.findall(r"'sha256-([^']+)'", policy) == hashes
    assert "default-src 'none'" in policy


def test_what_a_shop_calls_things_is_text() -> None:
    bad = "</script><script>alert(1)</script><b>"
    page = render(report(list(people()), EXPECTED, name=bad))
    assert bad not in page
    assert page.count("<script") == FULL.count("<script")
    assert "&lt;/script&gt;" in page


def test_headings_go_down_one_by_one_and_every_section_is_linked() -> None:
    levels = [int(tag[1]) for tag, _ in tags(FULL) if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    sections = {attributes["id"] for tag, attributes in tags(FULL) if tag == "section"}
    assert {(attributes["href"] or "")[1:] for tag, attributes in tags(FULL) if tag == "a"} == sections


def test_an_empty_shop_has_a_page_too() -> None:
    page = render(report())
    assert page.count("Not enough data yet") >= 5
    assert "data-chart" not in page.split("<script")[0]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        lacks("There is no Chromium; install the package chromium to run this test.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_every_chart_is_drawn_and_nothing_hangs_over(
    browser: Browser, tmp_path: Path, theme: Literal["light", "dark"], width: int
) -> None:
    file = tmp_path / "report.html"
    file.write_text(FULL, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url) if not request.url.startswith("file:") else None)
    page.goto(file.as_uri())
    charts = page.locator("[data-chart]")
    page.wait_for_function("document.querySelectorAll('[data-chart] svg').length > 5")
    assert charts.count() == page.locator("[data-chart] svg").count()
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
        "rgb(255, 255, 255)" if theme == "light" else "rgb(38, 40, 54)"
    )
    assert page.locator("details[open]").count() == 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert said == []
    page.close()

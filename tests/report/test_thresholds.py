"""The page and the words of the threshold finder."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from plugin.domain.past_baskets import Group
from plugin.domain.threshold_finder import Answer, Best, Curve, Needed, Point, Terms, find
from plugin.domain.threshold_sums import Ranged
from plugin.report import thresholds
from plugin.report.thresholds import MINUS, NAMES, amount, as_data, page, verdict
from tests.domain.test_threshold_finder import shop
from tests.report.test_page import LOOKS, browser
from tests.shop import NOW, ago

__all__ = ["browser"]

TERMS = Terms("web", "USD", 0.5, personal={Group.NEW: Decimal(44)})
ANSWER = Answer(
    "<b>Tea</b>", ago(365), NOW, [find(shop(20, 45, 60), TERMS), find([], replace(TERMS, channel="pln"))], 0
)

POINT = Point(
    Decimal(50), 90, 30, 4.5, Ranged(300, 250, 350), Ranged(20, 5, 60), Ranged(-280, -330, -200), Needed(14, 10, 16.5)
)
CURVE = Curve(Group.LOYAL, 200, 60, None, [POINT])
NET = Ranged(120.4, -3, 240)


@pytest.mark.parametrize(
    ("best", "said"),
    [
        (
            Best(None, None),
            (
                "No threshold is better than what holds now by topped-up orders alone. Free from 50.00 USD loses least,"
                " 280 USD: it takes 14 further orders that reach it to make up for it."
            ),
        ),
        (
            Best(Decimal(50), NET, Decimal(50), Decimal(50), now_as_good=False),
            "Best: free from 50.00 USD, net 120 (-3.00 to 240) USD.",
        ),
        (
            Best(Decimal(50), NET, Decimal(40), Decimal(60)),
            (
                "Best: free from 50.00 USD, net 120 (-3.00 to 240) USD. As good as it, for all that is known: 40 to 60 USD."
                " That it is better than what holds now cannot be told for sure."
            ),
        ),
        (
            Best(Decimal(50), NET, Decimal(50), Decimal(50), now_as_good=False, taken=1200, to_spare=8.4),
            (
                "Best: free from 50.00 USD, net 120 (-3.00 to 240) USD. But it takes free shipping from 1,200 orders that"
                " have it now, and holds only if at most 8 of them stay away because of it."
            ),
        ),
    ],
)
def test_the_best_in_words(best: Best, said: str) -> None:
    assert verdict(replace(CURVE, best=best), "USD").replace(MINUS, "-") == said


def test_where_no_further_order_would_pay() -> None:
    curve = replace(CURVE, points=[replace(POINT, needed=None)], best=Best(None, None))
    assert verdict(curve, "USD").endswith("loses least, 280 USD, and no further order would earn its own shipping.")


@pytest.mark.parametrize(
    ("value", "currency", "said"),
    [
        (1234.4, "USD", "1,234"),
        (99.4, "USD", "99.40"),
        (-5, "USD", "\N{MINUS SIGN}5.00"),
        (0.001, "USD", "0"),
        (7.6, "JPY", "8"),
    ],
)
def test_amounts_as_people_read_them(value: float, currency: str, said: str) -> None:
    assert amount(value, currency) == said


def test_the_page_has_each_curve_and_what_is_missing() -> None:
    made = page(ANSWER)
    assert "&lt;b&gt;Tea&lt;/b&gt;" in made
    assert made.count('data-chart="') - made.split("<script")[0].count('data-chart="') == 0
    assert made.split("<script")[0].count('data-chart="') == 2
    assert "Not enough data yet: 0 of at least 100 orders in pln." in made
    assert made.count(thresholds.NO_CAUSE) == 1


def test_the_same_as_values() -> None:
    web, pln = as_data(ANSWER)["channels"]
    assert [curve["segment"] for curve in web["curves"]] == [None, "new"]
    assert pln["missing"]
    assert {None, *Group} == set(NAMES)


@pytest.mark.browser
@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_every_curve_is_drawn_and_nothing_hangs_over(
    browser: Browser, tmp_path: Path, theme: Literal["light", "dark"], width: int
) -> None:
    file = tmp_path / "thresholds.html"
    file.write_text(page(ANSWER), encoding="utf-8")
    shown = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=theme)
    said: list[str] = []
    shown.on("console", lambda message: said.append(message.text))
    shown.on("pageerror", lambda error: said.append(str(error)))
    shown.goto(file.as_uri())
    shown.wait_for_function("document.querySelectorAll('[data-chart] svg path').length > 40")
    assert shown.locator("[data-chart] svg").count() == 2
    assert shown.evaluate("document.documentElement.scrollWidth") == width
    shown.locator("[data-chart] svg").first.hover(position={"x": width // 3, "y": 100})
    assert said == []
    shown.close()

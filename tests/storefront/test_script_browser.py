"""The script for storefronts in a real browser: in the sandbox's shop, and in small pages of its own."""

import contextlib
import json
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import jwt
import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from plugin.sandbox.app import Sandbox
from plugin.sandbox.serve import running
from tests.admin_ui.stage import serving
from tests.conftest import lacks
from tests.sandbox.talk import Talk
from tests.storefront.fake_app import FakeApp

pytestmark = pytest.mark.browser

SHOTS = Path(__file__).parents[2] / "var" / "screenshots" / "storefront"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
Theme = Literal["light", "dark"]
#: Two of them each time, the others with the long tests.
LOOKS = [
    pytest.param("light", 1280),
    pytest.param("dark", 360),
    pytest.param("light", 360, marks=pytest.mark.long),
    pytest.param("dark", 1280, marks=pytest.mark.long),
]
ANNA = "anna.kowalska@example.com"
BEN = "ben.okafor@example.com"
BANNER = {
    "id": "b1",
    "ref": "signed-1",
    "kind": "promotion",
    "title": "New in: coffee of the autumn",
    "text": "Three roasts, for a few weeks.",
    "href": "/shop/?autumn",
    "link": "Have a look",
    "image": None,
    "dismissible": True,
    "code": None,
    "until": None,
}
#: Noted from the first moment on, so that nothing is missed.
WATCH_SHIFTS = """window.shifts = []; new PerformanceObserver((list) => { for (const entry of list.getEntries())
    if (!entry.hadRecentInput) shifts.push(entry.value); }).observe({ type: "layout-shift", buffered: true });"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        lacks("There is no Chromium; install the package chromium to run this test.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """One shop for all tests: each begins with a basket of its own."""
    with running() as started:
        yield started


@pytest.fixture
def fake() -> FakeApp:
    return FakeApp()


@pytest.fixture
def app(fake: FakeApp) -> Iterator[str]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        with serving(fake.app(), listening):
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@contextlib.contextmanager
def looking(browser: Browser, theme: Theme = "light", width: int = 1280, **options: Any) -> Iterator[Page]:
    """A page whose errors fail the test, whatever the app does; and it keeps nothing and moves nothing."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **options)
    page = context.new_page()
    page.set_default_timeout(10_000)
    page.add_init_script(WATCH_SHIFTS)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    yield page
    assert errors == []
    assert context.cookies() == []
    assert page.evaluate("[localStorage.length, Object.keys(sessionStorage).filter((key) => key !== 'retention')]") == [
        0,
        [],
    ]
    context.close()


def enter(page: Page, sandbox: Sandbox, app: str, email: str = "", **more: str) -> Locator:
    """The shop; returns the bar."""
    query = "&".join(f"{name}={value}" for name, value in {"app": app, "email": email, **more}.items())
    page.goto(f"{sandbox.shop.origin}/shop/?{query}")
    expect(page.get_by_role("button", name="Add Coffee Beans 1 kg to the basket")).to_be_visible()
    return page.get_by_role("progressbar")


def add(page: Page, product: str = "Coffee Beans 1 kg") -> None:
    page.get_by_role("button", name=f"Add {product} to the basket").click()


def one_more(page: Page, product: str = "Coffee Beans 1 kg") -> None:
    page.get_by_role("button", name=f"One {product} more").click()


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document)")
    return [
        f"{each['id']}: {node['html']}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


def shoot(page: Page, name: str) -> None:
    SHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "The page scrolls sideways."


# In the shop.


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_bar_fills_as_the_basket_grows(
    browser: Browser, sandbox: Sandbox, fake: FakeApp, app: str, theme: Theme, width: int
) -> None:
    fake.slots["announcement"] = BANNER
    until = datetime.now(UTC) + timedelta(days=3, hours=1)
    fake.banners[ANNA] = {"text": "We miss you: 10 % off.", "code": "COMEBACK1234", "until": until.isoformat()}
    with looking(browser, theme, width) as page:
        bar = enter(page, sandbox, app, ANNA)
        expect(bar).to_have_attribute("aria-valuenow", "0")
        expect(page.get_by_text("Only $60.00 more for free shipping.")).to_be_visible()
        add(page)
        expect(bar).to_have_attribute("aria-valuenow", "30")
        expect(bar).to_have_attribute("aria-valuetext", "$18.50 / $60.00")
        expect(bar).to_have_attribute("aria-valuemax", "100")
        expect(page.get_by_text("Only $41.50 more for free shipping.")).to_be_visible()
        assert len(fake.questions("free-shipping")) <= 2, "The basket grew: no reason to ask."
        expect(page.get_by_text("Ends in 3 days")).to_be_visible()
        page.wait_for_timeout(350)  # the bar's way
        shoot(page, f"growing-{theme}-{width}")
        assert findings(page) == []

        for quantity in (2, 3, 4):
            one_more(page)
            expect(page.locator("#lines .num").first).to_have_text(str(quantity))
        expect(page.get_by_text("You have free shipping.")).to_be_visible()
        expect(bar).to_have_attribute("aria-valuenow", "100")
        page.wait_for_timeout(350)
        shoot(page, f"earned-{theme}-{width}")
        assert findings(page) == []


def test_another_shopper_sees_another_threshold(browser: Browser, sandbox: Sandbox, fake: FakeApp, app: str) -> None:
    fake.personal = {ANNA: Decimal(40), BEN: Decimal(25)}
    fake.banners[ANNA] = {"text": "For Anna only", "code": "ANNA", "until": None}
    with looking(browser) as page:
        enter(page, sandbox, app, ANNA)
        expect(page.get_by_text("Only $40.00 more for free shipping.")).to_be_visible()
        expect(page.get_by_text("For Anna only")).to_be_visible()
        page.get_by_label("Shopper").select_option(BEN)
        expect(page.get_by_text("Only $25.00 more for free shipping.")).to_be_visible()
        expect(page.get_by_text("For Anna only")).to_have_count(0)
        page.get_by_label("Shopper").select_option("")
        expect(page.get_by_text("Only $60.00 more for free shipping.")).to_be_visible()
        page.get_by_label("Channel").select_option("channel-pln")
        expect(page.get_by_text("Only PLN 200.00 more for free shipping.")).to_be_visible()


def test_it_speaks_the_pages_language(browser: Browser, sandbox: Sandbox, fake: FakeApp, app: str) -> None:
    fake.slots["announcement"] = BANNER
    with looking(browser) as page:
        enter(page, sandbox, app, lang="de")
        expect(page.get_by_text("Noch 60,00 $ bis zum kostenlosen Versand.")).to_be_visible()
        expect(page.get_by_role("button", name="Schließen")).to_be_visible()
        page.get_by_label("Language").select_option("en")
        expect(page.get_by_text("Only $60.00 more for free shipping.")).to_be_visible()
        expect(page.get_by_role("button", name="Dismiss")).to_be_visible()


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_from_right_to_left(
    browser: Browser, sandbox: Sandbox, fake: FakeApp, app: str, theme: Theme, width: int
) -> None:
    fake.slots["announcement"] = {
        **BANNER,
        "title": "قهوة الخريف",
        "text": "ثلاثة أنواع لأسابيع قليلة.",
        "link": "شاهدها",
    }
    with looking(browser, theme, width) as page:
        bar = enter(page, sandbox, app, lang="ar")
        add(page)
        expect(bar).to_have_attribute("aria-valuenow", "30")
        page.wait_for_timeout(350)
        whole, filled = bar.bounding_box(), bar.locator("div").bounding_box()
        assert whole is not None
        assert filled is not None
        assert filled["x"] + filled["width"] == pytest.approx(whole["x"] + whole["width"], abs=1)
        assert filled["width"] == pytest.approx(whole["width"] * 0.3, abs=2)
        dismiss, banner = (
            page.get_by_role("button", name="إغلاق").bounding_box(),
            page.locator("retention-banner").bounding_box(),
        )
        assert dismiss is not None
        assert banner is not None
        assert dismiss["x"] - banner["x"] < 20
        shoot(page, f"rtl-{theme}-{width}")
        assert findings(page) == []


def test_the_code_of_a_link_goes_into_the_basket_by_itself(
    browser: Browser, sandbox: Sandbox, fake: FakeApp, app: str
) -> None:
    until = (datetime.now(UTC) + timedelta(hours=5, minutes=1)).isoformat()
    fake.offers["t.o-k_n"] = {"code": "BACK-AGAIN-1", "label": "10 % for coming back", "until": until}
    voucher(sandbox, "BACK-AGAIN-1")
    with looking(browser) as page:
        enter(page, sandbox, app, retention="t.o-k_n", x="a%20b")
        expect(page.get_by_text("10 % for coming back")).to_be_visible()
        expect(page.get_by_text("Ends in 5 hours")).to_be_visible()
        assert "retention" not in page.url
        assert page.url.endswith("&x=a%20b")
        add(page)
        expect(page.get_by_text("Code BACK-AGAIN-1")).to_be_visible()
        expect(page.get_by_text("\N{MINUS SIGN}$1.85")).to_be_visible()
        shoot(page, "code-of-a-link")
        page.reload()  # as on any other page of this tab
        expect(page.get_by_text("10 % for coming back")).to_be_visible()
        assert page.evaluate("Object.keys(sessionStorage)") == ["retention"]
        add(page)
        expect(page.get_by_text("Code BACK-AGAIN-1")).to_be_visible()
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("Code BACK-AGAIN-1")).to_have_count(0)
        assert page.evaluate("[sessionStorage.length, retention.code()]") == [0, None]
        assert len(fake.questions("offer")) == 1


def voucher(sandbox: Sandbox, code: str) -> None:
    create = "mutation($i: VoucherInput!) { voucherCreate(input: $i) { voucher { id } } }"
    listing = """mutation($id: ID!, $c: [VoucherChannelListingAddInput!]) {
        voucherChannelListingUpdate(id: $id, input: { addChannels: $c }) { errors { field } } }"""
    with Talk(sandbox) as talk:
        wanted = {"addCodes": [code], "name": "V", "type": "ENTIRE_ORDER", "discountValueType": "PERCENTAGE"}
        made = talk.ask(create, i=wanted)["voucherCreate"]["voucher"]
        channel = next(each.id for each in sandbox.shop.channels.values() if each.slug == "default-channel")
        talk.ask(listing, id=made["id"], c=[{"channelId": channel, "discountValue": 10}])


def test_a_banner_is_dismissed_by_keyboard(browser: Browser, sandbox: Sandbox, fake: FakeApp, app: str) -> None:
    fake.slots["announcement"] = BANNER
    with looking(browser) as page:
        enter(page, sandbox, app)
        page.get_by_label("The shop may note what I look at").check()
        page.get_by_role("link", name="Have a look").focus()
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Dismiss")).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Three roasts")).to_have_count(0)
        expect(page.locator("retention-banner")).to_be_hidden()
        until(page, lambda: ("dismissed", "signed-1") in fake.events)
        page.evaluate("retention.refresh()")
        until(page, lambda: len(fake.questions("content")) == 2)
        expect(page.locator("retention-banner")).to_be_hidden()


@pytest.mark.parametrize(
    "trouble", ["stopped", "broken", *(pytest.param(name, marks=pytest.mark.long) for name in ("slow", "nonsense"))]
)
def test_a_shop_is_whole_without_the_app(
    browser: Browser, sandbox: Sandbox, fake: FakeApp, app: str, trouble: str
) -> None:
    fake.seconds, fake.status = 3.0 if trouble == "slow" else 0, {"broken": 500, "nonsense": 200}.get(trouble, 0)
    with looking(browser) as page:
        if trouble == "stopped":
            app = "http://127.0.0.1:9"
        enter(page, sandbox, app, ANNA)
        add(page)
        expect(page.locator("#lines li")).to_have_count(1)
        expect(page.locator("#said")).to_be_empty()
        if trouble != "stopped":
            until(page, lambda: len(fake.questions("free-shipping")) >= 2)
            expect(page.locator("retention-free-shipping")).to_be_hidden()
            assert len(fake.questions("content")) <= 4, "Twice for nobody, twice for who then signed in."
        expect(page.get_by_role("progressbar")).to_have_count(0)
        shoot(page, f"without-{trouble}")


def test_what_was_shown_goes_on_when_the_app_stops(browser: Browser, sandbox: Sandbox, fake: FakeApp, app: str) -> None:
    with looking(browser) as page:
        bar = enter(page, sandbox, app)
        expect(bar).to_have_attribute("aria-valuenow", "0")
        fake.status = 503
        add(page)
        expect(bar).to_have_attribute("aria-valuenow", "30")
        for _ in range(3):
            one_more(page)
        expect(bar).to_have_attribute("aria-valuenow", "100")
        expect(page.get_by_text("$74.00 / $60.00")).to_be_visible()


# In pages of its own.

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A shop</title>
<meta name="viewport" content="width=device-width"></head><body><main><h1>A shop</h1>{body}</main>
<script type="module" src="{app}/storefront/v1/retention.js" data-shop="https://shop/graphql/"
  data-channel="default-channel"></script>{more}</body></html>"""


def open_page(page: Page, fake: FakeApp, app: str, body: str, more: str = "", path: str = "/page") -> None:
    """A shop at another origin than the app's."""
    fake.html = PAGE.format(body=body, app=app, more=more)
    page.goto(app.replace("127.0.0.1", "localhost") + path)
    page.wait_for_function("window.retention")


def until(page: Page, true: Callable[[], bool]) -> None:
    for _ in range(100):
        if true():
            return
        page.wait_for_timeout(100)
    raise AssertionError("It did not become so.")


def token(email: str) -> str:
    return jwt.encode({"email": email}, "k" * 32)


def test_all_places_are_asked_for_together_and_an_empty_one_keeps_its_room(
    browser: Browser, fake: FakeApp, app: str
) -> None:
    fake.slots["home"] = {**BANNER, "title": "At home"}
    body = """<retention-banner id="a" slot="announcement" style="--retention-min-height: 5rem"></retention-banner>
      <retention-banner id="b" slot="home"></retention-banner><retention-banner id="c" place="home"></retention-banner>
      <retention-banner id="d" slot="category" collapse></retention-banner>"""
    with looking(browser) as page:
        open_page(page, fake, app, body)
        expect(page.get_by_text("At home")).to_have_count(2)
        [asked] = fake.questions("content")
        assert asked.count("slot=") == 3
        assert page.locator("#a").bounding_box()["height"] == 80  # type: ignore[index]
        expect(page.locator("#d")).to_be_hidden()


@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_moves_when_the_answers_come(browser: Browser, fake: FakeApp, app: str, width: int) -> None:
    fake.slots["home"], fake.seconds = BANNER, 0.4
    fake.banners[ANNA] = {"text": "We miss you", "code": "COMEBACK1234", "until": None}
    body = """<retention-banner slot="home"></retention-banner><p>Between</p>
      <retention-free-shipping></retention-free-shipping><p>Below</p><retention-banner slot="none"></retention-banner>
      <p>At the end</p><style>retention-banner, retention-free-shipping { display: block; min-height: 7rem }</style>"""
    with looking(browser, width=width) as page:
        open_page(page, fake, app, body)
        expect(page.get_by_text("Three roasts")).to_be_visible()
        expect(page.get_by_role("progressbar")).to_be_visible()
        page.wait_for_timeout(200)
        assert page.evaluate("shifts") == []


def test_texts_are_text_and_addresses_are_addresses(browser: Browser, fake: FakeApp, app: str) -> None:
    bad = "<img src=x onerror=\"document.title='taken'\"><script>document.title='taken'</script>"
    fake.slots["home"] = {**BANNER, "title": bad, "text": bad, "link": bad, "href": "javascript:document.title='taken'",
                          "image": "data:text/html,x", "code": bad}  # fmt: skip
    fake.slots["basket"] = {**BANNER, "id": "b2", "href": "//elsewhere.example/x"}
    with looking(browser, width=360) as page:
        open_page(page, fake, app, '<retention-banner slot="home"></retention-banner>'
                  '<retention-banner slot="basket"></retention-banner>')  # fmt: skip
        expect(page.get_by_text("<script>").first).to_be_visible()
        assert page.locator("retention-banner").first.locator("a, img, script").count() == 0
        expect(page.get_by_role("link")).to_have_attribute("href", "http://elsewhere.example/x")
        assert page.title() == "A shop"
        shoot(page, "hostile-360")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_very_long_texts_stay_inside(browser: Browser, fake: FakeApp, app: str, theme: Theme) -> None:
    long = "Donaudampfschifffahrtsgesellschaftskapitänsmützenhersteller" * 4
    fake.slots["home"] = {**BANNER, "title": long, "text": f"{long} {'and so on ' * 60}", "link": long, "code": "X" * 90,
                          "until": "2199-01-01T00:00:00+00:00"}  # fmt: skip
    with looking(browser, theme, 360) as page:
        more = "<style>:root { color-scheme: light dark }</style>"
        open_page(page, fake, app, '<retention-banner slot="home"></retention-banner>', more)
        expect(page.get_by_text("and so on")).to_be_visible()
        shoot(page, f"long-{theme}-360")
        assert findings(page) == []


def test_under_a_strict_policy(browser: Browser, fake: FakeApp, app: str) -> None:
    fake.headers["Content-Security-Policy"] = f"default-src 'none'; script-src {app}; connect-src {app}"
    with looking(browser) as page:
        open_page(page, fake, app, '<retention-free-shipping subtotal="15"></retention-free-shipping>')
        bar = page.get_by_role("progressbar")
        expect(bar).to_have_attribute("aria-valuenow", "25")
        expect(bar).to_have_css("height", "8px")
        assert bar.locator("div").bounding_box()["width"] > 10  # type: ignore[index]
        fake.headers.clear()


def test_loaded_twice_the_first_one_stays(browser: Browser, fake: FakeApp, app: str) -> None:
    more = f'<script src="{app}/storefront/v1/retention.js?again" data-shop="https://other/graphql/"></script>'
    with looking(browser) as page:
        open_page(page, fake, app, "<retention-free-shipping></retention-free-shipping>" * 2, more)
        expect(page.get_by_role("progressbar")).to_have_count(2)
        assert len(fake.questions("free-shipping")) == 1
        page.add_script_tag(url=f"{app}/storefront/v1/retention.js?more")
        page.evaluate("retention.basket({ subtotal: 30 })")
        expect(page.get_by_role("progressbar").first).to_have_attribute("aria-valuenow", "50")


def test_baskets_that_are_odd(browser: Browser, fake: FakeApp, app: str) -> None:
    with looking(browser) as page:
        open_page(page, fake, app, "<retention-free-shipping></retention-free-shipping>")
        expect(page.get_by_role("progressbar")).to_be_visible()
        for subtotal, said in (
            ("'59.994'", "Only $0.01 more for free shipping."),
            ("'59.995'", "You have free shipping."),
            ("'abc'", "Only $60.00 more for free shipping."),
            ("1e300", "You have free shipping."),
            ("-5", "Only $60.00 more for free shipping."),
            ("60", "You have free shipping."),
            ("NaN", "Only $60.00 more for free shipping."),
            ("Infinity", "You have free shipping."),
            ("undefined", "Only $60.00 more for free shipping."),
        ):
            page.evaluate(f"retention.basket({{ subtotal: {subtotal} }})")
            expect(page.get_by_text(said), subtotal).to_be_visible()
        page.evaluate("retention.basket({ currency: 'EUR' })")  # never compared with dollars
        expect(page.get_by_role("progressbar")).to_have_count(0)


def test_an_app_that_fills_in_its_texts_itself_is_asked_for_each(browser: Browser, fake: FakeApp, app: str) -> None:
    fake.filled = True
    with looking(browser) as page:
        open_page(page, fake, app, "<retention-free-shipping></retention-free-shipping>")
        expect(page.get_by_text("Only 60.00 USD more for free shipping.")).to_be_visible()
        page.evaluate("retention.basket({ subtotal: 20 })")
        expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "33")
        expect(page.get_by_text("Only 40.00 USD more for free shipping.")).to_be_visible()
        page.evaluate("retention.basket({ subtotal: 70 })")
        expect(page.get_by_text("You have free shipping.")).to_be_visible()


def test_earned_is_told_each_time_it_comes_true(browser: Browser, fake: FakeApp, app: str) -> None:
    heard = """window.heard = []; document.addEventListener("retention:earned", (event) => heard.push(event.detail))"""
    with looking(browser) as page:
        page.add_init_script(heard)
        open_page(page, fake, app, "<retention-free-shipping></retention-free-shipping>")
        expect(page.get_by_role("progressbar")).to_be_visible()
        for subtotal in (59, 60, 61, 10, 60):
            page.evaluate(f"retention.basket({{ subtotal: {subtotal} }})")
        assert page.evaluate("heard") == [{"threshold": "60.00", "currency": "USD"}] * 2


def test_nothing_is_noted_without_consent(browser: Browser, fake: FakeApp, app: str) -> None:
    fake.slots["home"] = {**BANNER, "href": "#below"}
    with looking(browser) as page:
        open_page(page, fake, app, '<retention-banner slot="home"></retention-banner>')
        page.get_by_role("link", name="Have a look").click()
        page.evaluate("retention.track('product_viewed', { product: 'UHJvZHVjdDox' })")
        page.wait_for_timeout(1500)
        page.evaluate("retention.consent(false)")
        page.reload()
        assert fake.letters == []


def test_with_consent_what_is_seen_and_clicked_is_told_once(browser: Browser, fake: FakeApp, app: str) -> None:
    fake.slots["home"] = {**BANNER, "href": "#below"}
    below = '<div style="height: 3000px"></div><retention-banner slot="far"></retention-banner>'
    fake.slots["far"] = {**BANNER, "id": "b9", "ref": "signed-9"}
    with looking(browser) as page:
        open_page(page, fake, app, f'<retention-banner slot="home"></retention-banner>{below}')
        expect(page.get_by_text("Three roasts").first).to_be_visible()
        page.evaluate(f"retention.signIn({json.dumps(token(ANNA))}); retention.consent(true)")
        page.wait_for_timeout(1300)
        page.get_by_role("link", name="Have a look").first.click()
        page.evaluate("retention.track('product_viewed', { product: 'UHJvZHVjdDox', other: 'x' })")
        page.evaluate("retention.consent(true)")
        page.wait_for_timeout(1300)
        page.reload()  # what has not gone yet goes now
        expected = [("seen", "signed-1"), ("clicked", "signed-1"), ("product_viewed", "UHJvZHVjdDox")]
        until(page, lambda: fake.events == expected)
        letter = fake.letters[0]
        assert (letter["shop"], letter["consent"], letter["token"]) == ("https://shop/graphql/", True, token(ANNA))
        assert abs(datetime.fromisoformat(letter["events"][0]["at"]) - datetime.now(UTC)) < timedelta(minutes=1)
        assert all(set(event) <= {"type", "ref", "product", "at"} for event in letter["events"])


def test_the_bar_and_the_customers_own_code_are_told_once_a_page(browser: Browser, fake: FakeApp, app: str) -> None:
    fake.personal = {ANNA: Decimal(40)}
    fake.banners = {ANNA: {"text": "Back?", "code": "ABC", "until": None, "ref": "signed-o"}}
    body = "<retention-free-shipping></retention-free-shipping><retention-offer></retention-offer>"
    with looking(browser) as page:
        open_page(page, fake, app, body)
        page.evaluate(f"retention.signIn({json.dumps(token(ANNA))}); retention.consent(true)")
        expect(page.get_by_text("ABC", exact=True)).to_be_visible()
        page.wait_for_timeout(1300)
        page.evaluate("retention.basket({ subtotal: 10 })")
        page.wait_for_timeout(1300)
        page.evaluate("retention.refresh()")
        page.wait_for_timeout(1300)
        page.reload()
        until(page, lambda: sorted(fake.events) == sorted([("seen", "signed-bar"), ("seen", "signed-o")] * 2))


@pytest.mark.parametrize("with_offer", [True, False])
def test_a_code_is_shown_once_on_a_page(browser: Browser, fake: FakeApp, app: str, with_offer: bool) -> None:
    own = {"text": "Back?", "code": "ABC", "until": None}
    fake.banners = {ANNA: own}
    fake.slots["announcement"] = {**BANNER, **own, "id": "offer", "kind": "offer"}
    body = '<retention-banner slot="announcement" collapse></retention-banner>'
    with looking(browser) as page:
        open_page(page, fake, app, body + ("<retention-offer></retention-offer>" if with_offer else ""))
        page.evaluate(f"retention.signIn({json.dumps(token(ANNA))})")
        shown = page.locator("retention-offer" if with_offer else "retention-banner")
        expect(shown.get_by_text("ABC", exact=True)).to_be_visible()
        expect(page.get_by_text("ABC", exact=True)).to_have_count(1)


def test_a_token_that_has_run_out_is_told_and_everyones_answer_shown(browser: Browser, fake: FakeApp, app: str) -> None:
    fake.personal, fake.refused = {ANNA: Decimal(40)}, {"old"}
    sign_in = f"document.addEventListener('retention:expired', () => setTimeout(() => retention.signIn({json.dumps(token(ANNA))}), 1000))"
    with looking(browser) as page:
        page.add_init_script(sign_in)
        open_page(page, fake, app, "<retention-free-shipping></retention-free-shipping>")
        page.evaluate("retention.signIn('old')")
        expect(page.get_by_text("Only $60.00 more for free shipping.")).to_be_visible()
        expect(page.get_by_text("Only $40.00 more for free shipping.")).to_be_visible()
        page.evaluate("retention.signOut()")
        expect(page.get_by_text("Only $60.00 more for free shipping.")).to_be_visible()


def test_a_storefront_that_signs_in_with_a_bad_token_for_ever_does_not_ask_for_ever(
    browser: Browser, fake: FakeApp, app: str
) -> None:
    fake.refused = {f"bad-{number}" for number in range(100)}
    with looking(browser) as page:
        page.add_init_script(
            "let n = 0; document.addEventListener('retention:expired', () => retention.signIn(`bad-${++n}`))"
        )
        open_page(page, fake, app, "<retention-free-shipping></retention-free-shipping>")
        page.evaluate("retention.signIn('bad-0')")
        page.wait_for_timeout(1500)
        assert len(fake.asked) < 10


def test_links_that_are_wrong_are_cleaned_and_say_nothing(browser: Browser, fake: FakeApp, app: str) -> None:
    with looking(browser) as page:
        open_page(page, fake, app, "<retention-offer collapse></retention-offer>", path="/page?a=1&retention=no&b#c")
        expect(page).to_have_url(re.compile(r"/page\?a=1&b#c$"))
        until(page, lambda: len(fake.questions("offer")) == 1)
        expect(page.locator("retention-offer")).to_be_hidden()
        assert page.evaluate("[retention.code(), sessionStorage.length]") == [None, 0]


def test_a_code_that_has_run_out_is_forgotten(browser: Browser, fake: FakeApp, app: str) -> None:
    for until_then, shown in (("2001-01-01T00:00:00Z", 0), ("2199-01-01T00:00:00Z", 1)):
        fake.offers["t"] = {"code": "LATE", "label": "A gift", "until": until_then}
        with looking(browser) as page:
            open_page(page, fake, app, "<retention-offer></retention-offer>", path="/page?retention=t")
            until(page, lambda: len(fake.asked) >= 1)
            page.reload()
            page.wait_for_function("window.retention")
            expect(page.get_by_text("LATE")).to_have_count(shown)
            assert (page.evaluate("retention.code()?.code ?? null") is not None) == bool(shown)


def test_a_code_is_copied(browser: Browser, fake: FakeApp, app: str) -> None:
    fake.banners[ANNA] = {"text": "We miss you", "code": "COMEBACK1234", "until": None}
    with looking(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        open_page(page, fake, app, "<retention-offer></retention-offer>")
        page.evaluate(f"retention.signIn({json.dumps(token(ANNA))})")
        page.get_by_role("button", name="Copy").click()
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == "COMEBACK1234"


def test_who_wants_less_motion_gets_none(browser: Browser, fake: FakeApp, app: str) -> None:
    with looking(browser, reduced_motion="reduce") as page:
        open_page(page, fake, app, "<retention-free-shipping></retention-free-shipping>")
        expect(page.get_by_role("progressbar").locator("div")).to_have_css("transition-property", "none")


def test_looks_are_the_storefronts(browser: Browser, fake: FakeApp, app: str) -> None:
    more = """<style>retention-free-shipping { --retention-accent: rgb(1, 2, 3); --retention-bar-height: 20px; }
      retention-free-shipping::part(box) { border-radius: 0; }
      retention-free-shipping::part(earned) { outline: 3px solid rgb(4, 5, 6); }</style>"""
    with looking(browser) as page:
        open_page(page, fake, app, '<retention-free-shipping subtotal="60"></retention-free-shipping>', more)
        bar = page.get_by_role("progressbar")
        expect(bar).to_have_css("height", "20px")
        expect(bar.locator("div")).to_have_css("background-color", "rgb(1, 2, 3)")
        box = page.locator("retention-free-shipping > div, retention-free-shipping div").first
        expect(box).to_have_css("border-radius", "0px")
        expect(box).to_have_css("outline-color", "rgb(4, 5, 6)")

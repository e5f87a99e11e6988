"""Customers and widgets in a real browser: found, looked at from all sides, suppressed, erased."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect
from sqlalchemy import Connection, select

from plugin.domain.churn import Rhythm
from plugin.domain.effects import EffectKind
from plugin.store import customer_list, effects, shops
from plugin.store.database import Database
from plugin.store.effects import Wanted
from plugin.store.schema import codes, customers, messages, orders, vouchers
from plugin.store.schema import shops as shops_table
from tests.admin_ui.stage import Stage, Theme, enter, looking, refresh_until, shoot, visit
from tests.admin_ui.test_browser import LOOKS, browser, stage
from tests.flow.test_explain import MODEL

__all__ = ["browser", "stage"]
#: The hash of nothing: axe tries to add an empty style sheet, which our pages refuse.
EMPTY = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
pytestmark = pytest.mark.browser


@contextmanager
def store(folder: Path) -> Iterator[Connection]:
    """The database of the app that serves."""
    database = Database(f"sqlite:///{folder / 'retention.db'}", pool_size=1)
    try:
        with database.write() as connection:
            yield connection
    finally:
        database.close()


def learn(folder: Path) -> None:
    """As if the shop had a year of orders behind it."""
    with store(folder) as connection:
        shop_id = connection.execute(select(shops_table.c.id)).scalar_one()
        shops.save_learnt(connection, shop_id, Rhythm(mean_gap=30, slack=2, gaps=999), MODEL, datetime.now(UTC))


def serious(page: Page) -> list[str]:
    """What axe-core calls serious or critical in the frame."""
    inner = page.frames[-1]
    inner.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8"))
    found = inner.evaluate("axe.run(document, {preload: false})")
    return [
        f"{each['id']}: {node['html']}"
        for each in found["violations"]
        if each["impact"] in {"serious", "critical"}
        for node in each["nodes"]
    ]


def settled(frame: FrameLocator) -> None:
    expect(frame.locator("#page")).to_have_attribute("aria-busy", "false")


def give_codes(frame: FrameLocator) -> None:
    """To those who are silent already."""
    visit(frame, "Campaigns")
    frame.get_by_role("article", name="win-back").get_by_role("button", name="Switch on").click()
    dialog = frame.get_by_role("dialog", name="Switch on “win-back”?")
    dialog.get_by_label("Also those who are inside already").check()
    dialog.get_by_role("button", name="Switch on").click()
    expect(frame.locator("#notice")).to_contain_text("is on")


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_from_the_list_to_one_customer_and_beside_them(
    browser: Browser, stage: Stage, tmp_path: Path, theme: Theme, width: int
) -> None:
    look = f"{theme}-{width}"
    learn(tmp_path)
    with looking(browser, theme, width, refused=EMPTY) as page:
        frame = enter(page, stage)
        visit(frame, "Customers")
        expect(frame.get_by_text("No customers yet")).to_be_visible()
        shoot(page, f"customers-empty-{look}")
        visit(frame, "Overview")
        stage.order(1, 3, 5, 20, 40, 55, 75, 90, 300, 400)
        refresh_until(frame, "10 customers")
        give_codes(frame)
        visit(frame, "Customers")
        expect(frame.locator(".number-of")).to_have_text("10 customers")
        assert serious(page) == []
        shoot(page, f"customers-{look}")

        frame.get_by_label("Stage").select_option("At risk")
        frame.get_by_role("button", name="Show", exact=True).click()
        expect(frame.locator("tbody tr")).to_have_count(4)
        with_code = wait_for_code(tmp_path)
        write_to(tmp_path, with_code)
        frame.get_by_label("Search").fill(with_code)
        frame.get_by_label("Search").press("Enter")
        expect(frame.get_by_text("1 found among everybody")).to_be_visible()
        frame.locator("tbody a").first.click()
        expect(frame.get_by_role("heading", name="What is next")).to_be_visible()
        frame.locator("summary", has_text="For you, Old: 10 % off").press("Enter")
        expect(frame.get_by_text("we have not heard from you")).to_be_visible()
        assert "{" not in frame.locator(".timeline").inner_text()
        assert serious(page) == []
        shoot(page, f"customer-{look}")
        frame.get_by_role("button", name="Erase…").click()
        shoot(page, f"customer-erase-{look}")
        frame.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        for name, path in widgets(tmp_path, with_code):
            page.goto(f"{stage.dashboard}?path={quote(path)}")
            expect(frame.locator("section").first).to_be_visible()
            settled(frame)
            assert serious(page) == []
            shoot(page, f"widget-{name}-{look}")


def write_to(folder: Path, email: str) -> None:
    """A mail and an SMS that tell of the code, as if they had been sent."""
    now = datetime.now(UTC)
    statement = select(codes).join(customers, customers.c.id == codes.c.customer_id).where(customers.c.email == email)
    with store(folder) as connection:
        code = connection.execute(statement).one()
        for medium, text in (
            (
                "mail",
                "Hello {name},\n\nwe have not heard from you for a while. {offer} with the code\n\n{code}\n\n{link}",
            ),
            ("sms", "{shop}: {offer} with {code} until {until}."),
        ):
            payload = {
                "media": [medium],
                "subject": "For you, {name}: {offer}",
                "text": text,
                "button": "",
                "values": {},
            }
            wanted = Wanted(f"told:{medium}", EffectKind.MESSAGE, {**payload, "link": None, "about": None})
            told = {"decision_id": code.decision_id, "campaign_id": code.campaign_id, "customer_id": code.customer_id}
            effect_id = effects.ask(
                connection, code.shop_id, replace(wanted, **told, due_at=now + timedelta(days=9)), now
            )
            connection.execute(
                messages.insert().values(
                    shop_id=code.shop_id,
                    ref=medium,
                    effect_id=effect_id,
                    medium=medium,
                    purpose="marketing",
                    begun_at=now,
                    sent_at=now,
                    **told,
                )
            )


def wait_for_code(folder: Path) -> str:
    """The e-mail of the first who has one that works."""
    statement = select(customers.c.email).join(codes, codes.c.customer_id == customers.c.id)
    for _ in range(100):
        with store(folder) as connection:
            found = connection.execute(statement.where(codes.c.status == "issued")).scalars().first()
        if found is not None:
            return str(found)
        time.sleep(0.2)
    raise AssertionError("Nobody was given a code.")


def widgets(folder: Path, email: str) -> list[tuple[str, str]]:
    """Each with the address under which the Dashboard asks for it."""
    with store(folder) as connection:
        user_id, customer_id = connection.execute(
            select(customers.c.user_id, customers.c.id).where(customers.c.email == email)
        ).one()
        order_id = (
            connection.execute(select(orders.c.order_id).where(orders.c.customer_id == customer_id)).scalars().first()
        )
        voucher_id = connection.execute(select(vouchers.c.voucher_id)).scalars().first()
    return [
        ("customer", f"widgets/customer?customerId={quote(user_id)}"),
        ("order", f"widgets/order?orderId={quote(str(order_id))}"),
        ("voucher", f"widgets/voucher?voucherId={quote(str(voucher_id))}"),
        ("home", "widgets/home"),
    ]


def test_by_keyboard_alone(browser: Browser, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Searched, sorted, looked through bit by bit, suppressed, allowed again, and erased."""
    monkeypatch.setattr(customer_list, "LOOKED_AT", 2)
    with looking(browser) as page:
        frame = enter(page, stage)
        stage.order(1, 3, 5, 20, 300, 400)
        refresh_until(frame, "6 customers")
        visit(frame, "Customers")
        frame.get_by_label("Stage").focus()
        page.keyboard.type("At risk")
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        expect(frame.get_by_role("button", name="Show", exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        expect(frame.locator("tbody tr:not(.further)")).to_have_count(2)
        expect(frame.locator(".further")).to_have_count(0)
        expect(frame.get_by_role("button", name="Show", exact=True)).to_be_focused()
        frame.get_by_label("Search").focus()
        page.keyboard.type("c400@")
        page.keyboard.press("Enter")
        expect(frame.get_by_text("1 found among everybody")).to_be_visible()
        frame.locator("tbody a").first.focus()
        page.keyboard.press("Enter")
        expect(frame.get_by_role("heading", level=1)).to_be_visible()
        frame.get_by_role("button", name="Give nothing more").first.focus()
        page.keyboard.press("Enter")
        dialog = frame.get_by_role("dialog", name="Give nothing more to this customer?")
        dialog.get_by_label("For how many days?").focus()
        page.keyboard.type("7")
        page.keyboard.press("Enter")
        expect(frame.get_by_role("button", name="Allow again").first).to_be_focused()
        expect(frame.get_by_text("On the list of those who get nothing, until")).to_be_visible()
        frame.get_by_role("button", name="Erase…").focus()
        page.keyboard.press("Enter")
        dialog = frame.get_by_role("dialog", name="Erase this customer for good?")
        dialog.get_by_label("Type this to say that you mean it").focus()
        page.keyboard.type("somebody else")
        page.keyboard.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("Nobody was erased")
        page.keyboard.press("Control+a")
        page.keyboard.type("C400@example.com")
        page.keyboard.press("Enter")
        expect(frame.get_by_text("The customer was erased.")).to_be_attached()
        expect(frame.locator("tbody tr")).to_have_count(5)

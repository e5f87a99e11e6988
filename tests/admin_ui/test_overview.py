"""What the page says is what the store holds."""

import html
import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from admin_ui import beside, words
from admin_ui.language import language_of
from plugin.domain.effects import EffectKind, EffectStatus
from plugin.domain.segments import Segment
from plugin.store import campaigns, effects, inbox, leases, overview, shops
from plugin.store.campaigns import Limits
from plugin.store.effects import Wanted
from plugin.store.overview import Trouble, Way
from plugin.store.shops import ShopStatus
from tests.admin_ui.conftest import READER, Desk
from tests.bodies import account_body, order_body
from tests.flow.conftest import Home
from tests.shop import account, ago, days, order

pytestmark = pytest.mark.anyio


def plain(page: str) -> str:
    """The text of a page, as people read it."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)))


def silent(home: Home, since: int, **changes: Any) -> None:
    """An account that bought every month until so many days ago; after two months it is at risk."""
    home.take("customer_updated", account_body(account("U1", "u1@example.com", **changes)))
    for number in (150, 120, 90, since):
        seen = order(f"O{number}", ago(number), user_id="U1", email="u1@example.com")
        home.take("order_updated", order_body(seen))


async def test_a_shop_without_orders_is_told_what_happens_next(desk: Desk) -> None:
    said = plain(await desk.look())
    assert "No orders yet" in said
    assert "Nothing has been decided yet" in said
    assert "Ready Orders are read; no campaign is on" in said


async def test_customers_by_segment_with_a_text_beside_the_bar(desk: Desk) -> None:
    silent(desk.home, 80)
    desk.home.take("order_updated", order_body(order("O9", ago(1), user_id="U9", email="u9@example.com")))
    page = await desk.look()
    assert "2 customers" in plain(page)
    assert 'aria-label="Customers by segment: New 1, Regular 0, Loyal 0, At risk 1."' in page
    assert page.count("<rect") == 2
    assert 'style="' not in page


@pytest.mark.parametrize(("since", "soon"), [(20, 0), (50, 0), (57, 1), (80, 0)])
async def test_who_becomes_at_risk_within_a_week(desk: Desk, since: int, soon: int) -> None:
    silent(desk.home, since)
    assert f"{soon} become{'s' if soon == 1 else ''} at risk in the next 7 days" in plain(await desk.look())


async def test_what_a_campaign_gave_and_why(desk: Desk) -> None:
    desk.home.switch_on("win-back")
    silent(desk.home, 59)
    desk.home.now += days(2)
    desk.home.tick()
    page = await desk.look(path="/admin/campaigns")
    assert "win-back On" in plain(page)
    counts = re.findall(r'hx-get="([^"]+/counts)"', page.split("win-back", 1)[1])[0]
    said = plain(await desk.look(path=counts))
    assert "Given 1 Control group 0 Nothing 0" in said
    assert "Drawn, on the way 1 Issued, not used 0 Redeemed 0 Withdrawn 0" in said
    latest = plain(await desk.look())
    assert "Ann u1@example.com Given" in latest
    assert "silent for 61 days since the last order." in latest
    await desk.home.deliver()
    assert "Drawn, on the way 0 Issued, not used 1" in plain(await desk.look(path=counts))


STATES: list[tuple[Callable[[Any, int, Any], None], str]] = [
    (lambda c, s, _: shops.set_stopped(c, s, stopped=True), "Stopped Nothing is decided"),
    (lambda c, s, now: shops.set_status(c, s, ShopStatus.REFUSED, now), "Refused Saleor refuses this app's token"),
    (lambda c, s, now: shops.set_status(c, s, ShopStatus.DEACTIVATED, now), "Switched off Switched off in the Dash"),
    (lambda c, s, now: shops.rest(c, s, now + timedelta(minutes=5)), "Resting Saleor asked for a pause"),
]


@pytest.mark.parametrize(("change", "sentence"), STATES)
async def test_how_the_shop_stands(desk: Desk, change: Callable[[Any, int, Any], None], sentence: str) -> None:
    with desk.home.database.write() as connection:
        change(connection, desk.home.shop_id, desk.home.now)
    assert sentence in plain(await desk.look())


async def test_times_are_the_shops(desk: Desk) -> None:
    with desk.home.database.write() as connection:
        shops.set_time_zone(connection, desk.home.shop_id, "Asia/Tokyo")
        shops.set_status(connection, desk.home.shop_id, ShopStatus.REFUSED, desk.home.now)
    said = plain(await desk.look())
    assert "since Jun 1, 2026, 9:00 PM" in said
    assert "Times are in Asia/Tokyo" in said


async def test_scripts_in_names_are_text(desk: Desk) -> None:
    evil = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    with desk.home.database.write() as connection:
        tactic = desk.home.house.tactics["win_back"]
        made = campaigns.create(
            connection, desk.home.shop_id, evil[:100], tactic, tactic.params(), Limits(0.0), desk.home.now
        )
    desk.home.switch_on(made.name)
    silent(desk.home, 59, first_name=evil)
    desk.home.now += days(2)
    desk.home.tick()
    for path in ("/admin", "/admin/campaigns"):
        page = await desk.look(path=path)
        assert "<script" not in page
        assert "<img" not in page
        assert plain(page).count("alert(1)") > 1
    answer = await desk.press("/admin/campaigns/pause", name=made.name)
    assert "<script" not in answer.text
    assert "is paused" in plain(answer.text)


async def test_what_failed_is_shown_and_tried_again(desk: Desk) -> None:
    home = desk.home
    home.arrive("order_updated", b"{}")
    with home.database.write() as connection:
        [row] = inbox.take(connection, home.shop_id, home.now, 1)
        inbox.dead(connection, home.shop_id, row.row_id, "It says <nothing>.")
        effects.ask(connection, home.shop_id, Wanted("v", EffectKind.VOUCHER, {}), home.now)
        [leased] = leases.lease(connection, home.shop_id, home.now, "me", days(1), 1)
        leases.end(connection, leased, EffectStatus.DEAD, home.now, error="Saleor refused the voucher.")
    page = await desk.look(path="/admin/health")
    said = plain(page)
    assert "Coming in 0 webhooks waiting, 1 not understood" in said
    assert "Going out 0 vouchers, codes or banners waiting, 1 given up" in said
    assert "Reading the webhook order_updated" in said
    assert "It says <nothing>." in said
    assert "Making a voucher" in said
    assert "/admin/letters/retry" in page
    assert "/admin/letters/retry" not in await desk.look(READER, "/admin/health")

    said = plain((await desk.press("/admin/letters/retry")).text)
    assert "2 failures tried again" in said
    assert "1 webhook waiting, 0 not understood" in said
    assert "1 voucher, code or banner waiting, 0 given up" in said
    assert {str(lane) for lane in home.woken} >= {f"receive:{home.shop_id}", f"deliver:{home.shop_id}"}


async def test_another_shops_rows_are_not_counted(desk: Desk) -> None:
    other = desk.home.install("http://elsewhere.test/graphql/")
    desk.home.arrive("order_updated", order_body(order("O1", ago(1))), other)
    assert "0 webhooks waiting" in plain(await desk.look(path="/admin/health"))
    assert len(re.findall("win-back (?:Off|On)", plain(await desk.look(path="/admin/campaigns")))) == 1


def test_every_segment_has_its_words() -> None:
    assert set(words.SEGMENTS) == set(Segment)
    for kind in EffectKind:
        assert words.what_failed(Trouble(Way.OUT, kind, "", ago(0)), language_of("en"))


@pytest.mark.anyio
async def test_a_large_shop_is_counted_beside_its_first_page(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is there at once, says that it counts, and shows no number that is none."""
    silent(desk.home, 80)
    going_on, stages = threading.Event(), overview.stages

    def slowly(*asked: Any) -> overview.Stages:
        assert going_on.wait(20)
        return stages(*asked)

    monkeypatch.setattr(overview, "stages", slowly)
    monkeypatch.setattr(beside, "PATIENCE", 0.05)
    page = await desk.look()
    assert "Counting…" in plain(page)
    assert "No orders yet" not in plain(page)
    assert 'hx-get="/admin/growing" hx-trigger="load delay:300ms"' in page
    assert 'hx-get="/admin/customers/count' in (counting := await desk.look(path="/admin/customers/count"))
    assert plain(counting).strip() == "Counting…"
    assert "customers are at risk now" not in plain(await desk.look(path="/admin/campaigns"))
    going_on.set()
    while "Counting…" in (page := await desk.look(path="/admin/growing")):
        pass
    assert "1 customer" in plain(page)

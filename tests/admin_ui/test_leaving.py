"""Why they leave, free shipping, content, and health: what the report and the store hold, on pages."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest

from admin_ui import curves
from admin_ui.pages import content as content_page
from admin_ui.pages.leaving import SHOWN
from plugin.domain.content import OFFER
from plugin.domain.deeds import Deed
from plugin.domain.effects import EffectKind, EffectStatus
from plugin.flow.report import make
from plugin.store import campaigns, channels, effects, front_events, inbox, leases, reports, shops
from plugin.store.campaigns import Limits
from plugin.store.effects import Wanted
from plugin.store.front_events import FrontEvent
from tests.admin_ui.conftest import EDITOR, READER, Desk
from tests.admin_ui.test_overview import plain
from tests.flow.test_report import learnt, shop_of_sixty, take
from tests.shop import NOW, days

pytestmark = pytest.mark.anyio


async def test_before_the_first_report(desk: Desk) -> None:
    assert "Not worked out yet" in plain(await desk.look(path="/admin/leaving"))
    assert (await desk.ask("/admin/leaving/cohorts.csv", desk.headers(READER))).status_code == 404


async def test_the_report_as_a_page_with_files(desk: Desk) -> None:
    take(desk.home, shop_of_sixty())
    learnt(desk.home)
    body = make(desk.home.house, desk.home.shop_id)
    page = await desk.look(READER, "/admin/leaving")
    said = plain(page)
    for title in ("Why customers leave", "Monthly cohorts", "Time between orders", "Customer groups (RFM)"):
        assert title in said
    assert "Worked out Jun 1, 2026" in said
    assert page.count("data-drawing=") >= 3
    assert "How it is predicted" not in said
    answer = await desk.ask("/admin/leaving/cohorts.csv", desk.headers(READER))
    heading, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert heading[:2] == ["First bought", "Customers"]
    assert len(rows) == len(body["cohorts"])
    assert answer.headers["content-disposition"] == 'attachment; filename="cohorts.csv"'
    for wrong in ("nothing", "cohorts-9", "cohorts-0", "cohorts-x", "model"):
        status = (await desk.ask(f"/admin/leaving/{wrong}.csv", desk.headers(READER))).status_code
        assert status == (200 if wrong == "cohorts-x" else 404)
    assert set(SHOWN) > {"indicators", "cohorts", "gaps", "rfm"}
    overview = plain(await desk.look())
    assert "Bought more than once" in overview
    assert "Revenue at risk" in overview
    assert "No customer has agreed to marketing yet" in overview


async def test_an_old_versions_report_is_none(desk: Desk) -> None:
    take(desk.home, shop_of_sixty()[:5])
    make(desk.home.house, desk.home.shop_id)
    with desk.home.database.write() as connection:
        found = reports.latest(connection, desk.home.shop_id)
        assert found is not None
        reports.save(connection, desk.home.shop_id, {**found.body, "version": 1}, NOW)
    assert "Not worked out yet" in plain(await desk.look(path="/admin/leaving"))
    assert "Your numbers" not in plain(await desk.look())


async def test_thresholds_and_the_bar(desk: Desk) -> None:
    said = plain(await desk.look(path="/admin/free-shipping"))
    assert "No personal threshold is set" in said or "shoppers hear of your own rates alone" in said
    thresholds = {"default-channel": {"new": Decimal(60), "at_risk": Decimal(30), "loyal": Decimal(0)}}
    desk.home.switch_on("free-shipping", thresholds=thresholds)
    said = plain(await desk.look(path="/admin/free-shipping"))
    assert "default-channel $60.00 as everybody always $30.00 $75.00" in said
    assert "Basket of $24.00 Free shipping from $30.00. 80" in said
    assert "Your order ships free." in said


async def test_the_curve_takes_a_margin_and_is_asked_for_until_it_is_there(desk: Desk) -> None:
    path = "/admin/free-shipping/curve?channel=default-channel"
    assert "That takes your margin" in plain(await desk.look(path=path))
    take(desk.home, shop_of_sixty())
    await desk.press("/admin/settings/basics", margin="40", shipping_USD="5")
    for _ in range(120):
        said = plain(await desk.look(path=path))
        if "Working it out" not in said:
            break
    assert "default-channel: what it goes by" in said
    assert "Shipping of one order: $5.00" in said
    with desk.home.database.write() as connection:
        channels.save(connection, desk.home.shop_id, [], NOW)
    assert "channels are not read yet" in plain(await desk.look(path=path))


async def test_what_cannot_be_worked_out_is_said(desk: Desk) -> None:
    """The sentence of the refusal, and no page that failed."""
    said = curves.work_out(desk.home.database, desk.home.shop_id, "no-such-channel", NOW)
    assert said["sections"] == []
    assert "There is no channel “no-such-channel”" in said["says"]


def banner(desk: Desk, name: str, **params: Any) -> int:
    tactic = desk.home.house.tactics["banner"]
    with desk.home.database.write() as connection:
        made = campaigns.create(
            connection, desk.home.shop_id, name, tactic, tactic.params(**params), Limits(), desk.home.now
        )
    return made.campaign_id


async def test_content_by_place_with_what_shoppers_did(desk: Desk) -> None:
    assert "No banners yet" in plain(await desk.look(path="/admin/content"))
    number = banner(desk, "autumn", texts={"en": "New <in>", "pl": "Nowości"}, titles={"en": "Autumn"}, href="/sale")
    seen = [
        FrontEvent(bytes([n]) * 16, None, deed, content, None, desk.home.now, desk.home.now.date())
        for n, (deed, content) in enumerate(
            [(Deed.SEEN, str(number))] * 4 + [(Deed.CLICKED, str(number)), (Deed.SEEN, "offer")]
        )
    ]
    old = FrontEvent(b"o" * 16, None, Deed.SEEN, str(number), None, desk.home.now, (desk.home.now - days(60)).date())
    with desk.home.database.write() as connection:
        front_events.add(connection, desk.home.shop_id, [*seen, old])
    page = await desk.look(READER, "/admin/content")
    said = plain(page)
    assert "Announcement bar announcement" in said
    assert "autumn Off Promotion · Everybody" in said
    assert "Seen 4 Clicked 1 25" in said
    assert "Autumn New <in>" in said
    assert "Nowości" not in said
    assert "Leads to /sale" in said
    assert "Seen 1 Clicked 0 Dismissed 0" in said
    assert content_page.OFFER == OFFER


async def test_one_failure_is_tried_again_alone(desk: Desk) -> None:
    home = desk.home
    home.arrive("order_updated", b"{}")
    with home.database.write() as connection:
        [row] = inbox.take(connection, home.shop_id, home.now, 1)
        inbox.dead(connection, home.shop_id, row.row_id, "Unread.")
        for key in ("a", "b"):
            effects.ask(connection, home.shop_id, Wanted(key, EffectKind.VOUCHER, {}), home.now)
        leased = leases.lease(connection, home.shop_id, home.now, "me", days(1), 2)
        for effect in leased:
            leases.end(connection, effect, EffectStatus.DEAD, home.now, error="Refused.")
    form = {"way": "out", "number": str(leased[0].effect_id)}
    assert "1 failure tried again" in plain((await desk.press("/admin/letters/retry", EDITOR, **form)).text)
    said = plain(await desk.look(path="/admin/health"))
    assert "1 not understood" in said
    assert "1 given up" in said
    assert "Nothing had failed." in plain((await desk.press("/admin/letters/retry", EDITOR, **form)).text)
    assert (await desk.press("/admin/letters/retry", way="up", number="1")).status_code == 400
    assert "1 failure tried again" in plain(
        (await desk.press("/admin/letters/retry", way="in", number=str(row.row_id))).text
    )


async def test_health_says_what_it_predicts_by_and_which_versions(desk: Desk) -> None:
    said = plain(await desk.look(path="/admin/health"))
    assert "Saleor It takes our calls" in said
    assert "The model It is learnt once a day" in said
    assert "Saleor 3.24" in said
    take(desk.home, shop_of_sixty()[:5])
    learnt(desk.home)
    with desk.home.database.write() as connection:
        shops.rest(connection, desk.home.shop_id, NOW + days(1))
    said = plain(await desk.look(path="/admin/health"))
    assert "Resting" in said
    assert "It won." in said
    assert "How it is predicted" in said

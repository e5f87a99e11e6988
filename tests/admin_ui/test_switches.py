"""What the buttons do to the store."""

import html
import re

import pytest
from sqlalchemy import select

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.engine.port import LaneKind
from plugin.store import campaigns, channels, shops
from plugin.store.schema import campaign_versions
from tests.admin_ui.conftest import Desk

pytestmark = pytest.mark.anyio


def stored(desk: Desk, name: str = "win-back") -> Campaign:
    with desk.home.database.write() as connection:
        return campaigns.get(connection, desk.home.shop_id, name, desk.home.house.tactics)


def notice(page: str) -> str:
    found = re.search(r'<div id="notice" hx-swap-oob="innerHTML"><p class="done">(.*?)</p>', page)
    return html.unescape(found[1]) if found else ""


async def test_on_for_who_enters(desk: Desk) -> None:
    answer = await desk.press("/admin/campaigns/on", name="win-back", audience="entering", per_day="50")
    assert answer.status_code == 200, answer.text
    assert notice(answer.text) == "“win-back” is on, for who enters from now on."
    campaign = stored(desk)
    assert (campaign.status, campaign.inside_per_day, campaign.version) == (CampaignStatus.ON, 0, 1)
    assert f"tick:{desk.home.shop_id}" in {str(lane) for lane in desk.home.woken}
    with desk.home.database.read() as connection:
        edited = connection.execute(select(campaign_versions.c.edited_by).order_by(campaign_versions.c.id.desc()))
        assert edited.scalars().first() == "staff@example.com"


async def test_on_for_those_inside_too(desk: Desk) -> None:
    answer = await desk.press("/admin/campaigns/on", name="win-back", audience="inside", per_day=" 20 ")
    assert notice(answer.text) == "“win-back” is on, also for at most 20 a day of those inside already."
    assert stored(desk).inside_per_day == 20
    assert stored(desk).on
    paused = await desk.press("/admin/campaigns/pause", name="win-back")
    assert 'value="inside" checked' in paused.text
    assert 'value="entering" checked' in (await desk.look(path="/admin/campaigns"))  # of the other one
    await desk.press("/admin/campaigns/on", name="win-back", audience="entering", per_day="20")
    assert stored(desk).inside_per_day == 0


async def test_channels_are_read_before(desk: Desk) -> None:
    with desk.home.database.write() as connection:
        channels.save(connection, desk.home.shop_id, [], desk.home.now)
    await desk.press("/admin/campaigns/on", name="win-back")
    with desk.home.database.read() as connection:
        assert {channel.slug for channel in channels.of_shop(connection, desk.home.shop_id)}


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "many", "", "100001", "9" * 400, "²", "1e3"])
async def test_a_wrong_number_a_day_is_refused_in_the_dialog(desk: Desk, number: str) -> None:
    answer = await desk.press("/admin/campaigns/on", name="win-back", audience="inside", per_day=number)
    assert answer.status_code == 400
    assert "a whole number from 1 to 100,000" in answer.text
    assert answer.headers["hx-retarget"] == "dialog[open] .problem, #notice"
    assert stored(desk).status is CampaignStatus.DRAFT


@pytest.mark.parametrize(
    ("name", "status", "sentence"),
    [("nothing", 404, "no campaign"), ("", 400, "which campaign"), ("x' OR 1=1 --", 404, "no campaign")],
)
async def test_a_campaign_that_is_not_there(desk: Desk, name: str, status: int, sentence: str) -> None:
    for path in ("/admin/campaigns/on", "/admin/campaigns/pause"):
        answer = await desk.press(path, name=name)
        assert answer.status_code == status
        assert sentence in html.unescape(answer.text)


async def test_pause(desk: Desk) -> None:
    desk.home.switch_on("win-back")
    answer = await desk.press("/admin/campaigns/pause", name="win-back")
    assert notice(answer.text) == "“win-back” is paused. What was promised is kept."
    assert stored(desk).status is CampaignStatus.PAUSED


async def test_a_draft_cannot_be_paused(desk: Desk) -> None:
    answer = await desk.press("/admin/campaigns/pause", name="win-back")
    assert answer.status_code == 400
    assert "is draft" in answer.text


async def test_who_ended_is_not_offered_to_be_switched_on(desk: Desk) -> None:
    with desk.home.database.write() as connection:
        for name in ("win-back", "free-shipping"):
            found = campaigns.get(connection, desk.home.shop_id, name, desk.home.house.tactics)
            campaigns.change_status(connection, desk.home.shop_id, found, CampaignStatus.ENDED, "test", desk.home.now)
    page = await desk.look()
    assert "/admin/campaigns/" not in page
    assert (await desk.press("/admin/campaigns/on", name="win-back")).status_code == 400


async def test_stop_and_start(desk: Desk) -> None:
    def stopped() -> bool:
        with desk.home.database.read() as connection:
            return shops.get(connection, desk.home.shop_id).stopped

    answer = await desk.press("/admin/stop")
    assert notice(answer.text).startswith("Everything is stopped.")
    assert stopped()
    assert 'hx-post="/admin/start"' in answer.text
    assert 'hx-post="/admin/stop"' not in answer.text
    desk.home.woken.clear()
    answer = await desk.press("/admin/start")
    assert notice(answer.text) == "Everything goes on."
    assert not stopped()
    assert {lane.kind for lane in desk.home.woken} == set(LaneKind)


async def test_saleor_away_is_said_and_nothing_is_switched(desk: Desk) -> None:
    desk.home.sandbox.shop.apps.clear()  # our token is nobody's any more
    answer = await desk.press("/admin/campaigns/on", name="win-back")
    assert answer.status_code == 503
    assert stored(desk).status is CampaignStatus.DRAFT

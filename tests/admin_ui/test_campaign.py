"""One campaign: its form, what stands against it, and its switches."""

import html
import re
from datetime import date
from typing import Any

import anyio
import pytest

from admin_ui import words
from plugin.domain.campaigns import CampaignStatus
from plugin.domain.content import Place
from plugin.store import campaigns, rehearsals, segments
from plugin.store.rehearsals import Kind
from tests.admin_ui.conftest import READER, Desk
from tests.admin_ui.test_overview import plain, silent
from tests.admin_ui.test_switches import notice, stored
from tests.flow.conftest import Home
from tests.flow.post import Postbox, open_post
from tests.shop import days

pytestmark = pytest.mark.anyio


def path_of(desk: Desk, name: str = "win-back") -> str:
    return f"/admin/campaigns/{stored(desk, name).campaign_id}"


def typed(page: str) -> dict[str, Any]:
    """What a browser would send of the page's form."""
    form = page.split('<form id="settings"', 1)[1].split("</form>", 1)[0]
    form = re.sub(r"<template>.*?</template>", "", form, flags=re.DOTALL)
    sent: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        said = {name: html.unescape(value) for name, value in re.findall(r'(\S+?)="([^"]*)"', tag)}
        if said.get("type") not in {"checkbox", "radio"} or " checked" in tag:
            add(sent, said["name"], said.get("value", "").replace("\n", ""))  # browsers keep one line of it
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, flags=re.DOTALL):
        add(sent, name, html.unescape(text).replace("\n", "\r\n"))  # as browsers send lines
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, flags=re.DOTALL):
        chosen = re.findall(r'<option value="([^"]*)" selected', options) or re.findall(r'value="([^"]*)"', options)
        sent[name] = html.unescape(chosen[0])
    return sent


def add(sent: dict[str, Any], name: str, value: str) -> None:
    """Languages and their texts are rows of fields with one name."""
    if name.count(".") > 1 and name.endswith((".key", ".value")):
        sent.setdefault(name, []).append(value)
    else:
        sent[name] = value


async def test_what_is_not_changed_makes_no_version(desk: Desk) -> None:
    for name in ("win-back", "free-shipping", "abandoned-checkout"):
        path = path_of(desk, name)
        answer = await desk.press(f"{path}/save", **typed(await desk.look(path=path)))
        assert answer.status_code == 200
        assert notice(answer.text) == "Nothing has changed."
        assert stored(desk, name).version == 1


async def test_every_value_of_the_form_is_saved(desk: Desk) -> None:
    with desk.home.database.write() as connection:
        segments.save(
            connection, desk.home.shop_id, "tea", segments.named(connection, desk.home.shop_id)["repeat"], desk.home.now
        )
    path = path_of(desk)
    form = typed(await desk.look(path=path))
    form |= {
        "params.value": "12,5",
        "params.text": "Come back, {name}: {code}",
        "params.second_offer": "free_shipping",
        "around.audience": "segment:tea",
        "around.exclude": "segment:loyal",
        "around.starts_at.day": "2026-07-01",
        "around.starts_at.time": "09:30",
        "around.ends_at.day": "2026-08-01",
        "around.budgets/day/USD": "50",
        "around.control_share": "20",
        "around.pause_days": "30",
        "around.priority": "3",
        "around.reissue_after_cancel": "yes",
        "around.channels": "default-channel",
    }
    answer = await desk.press(f"{path}/save", **form)
    assert notice(answer.text) == "“win-back” is saved.", plain(answer.text)
    saved = stored(desk)
    assert (str(saved.params.value), saved.params.second_offer) == ("12.5", "free_shipping")
    assert saved.audience_said == {"segment": "tea"}
    assert saved.exclude_said == {"segment": "loyal"}
    assert (saved.control_share, saved.pause_days, saved.priority) == (0.2, 30, 3)
    assert {name: str(most) for name, most in saved.budgets.day.items()} == {"USD": "50"}
    assert saved.reissue_after_cancel
    assert saved.channels == ("default-channel",)
    assert saved.starts_at is not None
    assert saved.starts_at.isoformat() == "2026-07-01T09:30:00+00:00"
    assert saved.ends_at is not None
    assert saved.ends_at.isoformat() == "2026-08-01T23:59:59+00:00"
    said = plain(answer.text)
    assert "How much: 10 → 12.5" in said
    assert "Control group: 10 % → 20 %" in said.replace("\N{NO-BREAK SPACE}", " ")
    assert "Who it is for: nothing → in “tea”" in said
    assert typed(answer.text) == form | {"version": "2", "params.value": "12.5"}
    form = typed(answer.text) | {"around.budgets/day/USD": "", "around.audience": ""}
    await desk.press(f"{path}/save", **form)
    assert not stored(desk).budgets.any
    assert stored(desk).audience_said is None


async def test_waits_and_links_of_the_form_are_saved_and_checked(desk: Desk) -> None:
    path = path_of(desk, "abandoned-checkout")
    form = typed(await desk.look(path=path)) | {"params.remind_after": "6,5", "params.message_link": "/c/{checkout}"}
    answer = await desk.press(f"{path}/save", **form)
    assert notice(answer.text) == "“abandoned-checkout” is saved.", plain(answer.text)
    saved = stored(desk, "abandoned-checkout").params
    assert (str(saved.remind_after), saved.message_link) == ("6.5", "/c/{checkout}")
    answer = await desk.press(f"{path}/save", **typed(answer.text) | {"params.message_link": "/c"})
    assert "needs {checkout} in it" in plain(answer.text)
    assert stored(desk, "abandoned-checkout").version == 2


async def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(desk: Desk) -> None:
    path = path_of(desk)
    form = typed(await desk.look(path=path)) | {
        "params.value": "a lot",
        "params.valid_days": "0",
        "around.control_share": "95",
        "around.pause_days": "",
        "params.text": "<b>Mine</b> {code}",
    }
    answer = await desk.press(f"{path}/save", **form)
    assert stored(desk).version == 1
    assert typed(answer.text) == form
    said = plain(answer.text)
    for sentence in ("Must be a number.", "Must be 1 or more.", "Must be 90 or less."):
        assert sentence in said
    assert answer.text.count('aria-invalid="true"') == 4
    assert 'id="params-value" aria-describedby="params-value-error" aria-invalid="true"' in answer.text
    assert "<b>" not in answer.text
    assert '<details class="form-part" open>' in answer.text


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"params.value": "200"}, "A percentage must be above 0 and at most 100."),
        ({"params.text": "Hello"}, "The banner must hold {code}"),
        ({"around.starts_at.day": "2026-07-02", "around.ends_at.day": "2026-07-01"}, "must start before it ends"),
        ({"around.starts_at.time": "10:00"}, "is no date"),
        ({"params.offer": "amount"}, "Name the currency of the amount"),
        ({"around.budgets/total/USD": "-1"}, "must be a number above 0"),
        ({"around.audience": "segment:gone"}, "gone"),
    ],
)
async def test_what_does_not_fit_together_is_said_above_the_form(
    desk: Desk, change: dict[str, str], sentence: str
) -> None:
    path = path_of(desk)
    form = typed(await desk.look(path=path)) | change
    answer = await desk.press(f"{path}/save", **form)
    assert sentence in plain(answer.text)
    assert "What you typed is still here" in plain(answer.text)
    assert stored(desk).version == 1
    assert typed(answer.text) == form


async def test_the_second_of_two_is_told_and_keeps_what_they_typed(desk: Desk) -> None:
    path = path_of(desk)
    form = typed(await desk.look(path=path))
    await desk.press(f"{path}/save", **(form | {"params.value": "15"}))
    mine = form | {"params.value": "20"}
    answer = await desk.press(f"{path}/save", **mine)
    said = plain(answer.text)
    assert "Somebody else has changed this campaign meanwhile." in said
    assert "Version 2, staff@example.com" in said
    assert "How much: 10 → 15" in said
    assert str(stored(desk).params.value) == "15"
    again = typed(answer.text)
    assert again == mine | {"version": "2"}
    answer = await desk.press(f"{path}/save", **again)
    assert notice(answer.text) == "“win-back” is saved."
    assert str(stored(desk).params.value) == "20"


async def test_a_condition_that_the_form_cannot_say_stays_as_it_is(desk: Desk) -> None:
    said = {"all": [{"segment": "repeat"}, {"field": "country", "is": "PL"}]}
    with desk.home.database.write() as connection:
        found = campaigns.get(connection, desk.home.shop_id, "win-back", desk.home.house.tactics)
        limits = campaigns.Limits(audience=said)
        campaigns.edit(connection, desk.home.shop_id, found, found.params, limits, "test", desk.home.now)
    path = path_of(desk)
    page = await desk.look(path=path)
    assert "As it is: in “repeat” and Country is PL" in plain(page)
    await desk.press(f"{path}/save", **(typed(page) | {"params.value": "11"}))
    assert stored(desk).audience_said == said


async def test_thresholds_are_a_table_of_channels_and_segments(desk: Desk) -> None:
    path = path_of(desk, "free-shipping")
    form = typed(await desk.look(path=path)) | {
        "params.thresholds/default-channel/new": "60",
        "params.thresholds/default-channel/at_risk": "30,5",
    }
    form |= {"params.texts.key": "pl", "params.texts.value": "Darmowa dostawa od {threshold}."}
    answer = await desk.press(f"{path}/save", **form)
    params = stored(desk, "free-shipping").params
    assert {key: str(value) for key, value in params.thresholds["default-channel"].items()} == {
        "new": "60",
        "at_risk": "30.5",
    }
    assert params.texts == {"pl": "Darmowa dostawa od {threshold}."}
    said = plain(answer.text)
    assert "Free shipping from $60.00." in said
    assert "Free shipping from $30.50." in said


async def test_countries_of_a_channel_are_added_and_removed(desk: Desk) -> None:
    path = path_of(desk, "free-shipping")
    page = await desk.look(path=path)
    form = typed(page) | {
        "params.thresholds/default-channel/new": "60",
        "params.thresholds.channel": "default-channel",
        "params.thresholds.country": " pl ",
        "params.thresholds.country/new": "45,5",
    }
    assert "Add a country" in plain(page)
    await desk.press(f"{path}/save", **form)
    saved = stored(desk, "free-shipping").params.thresholds
    assert {key: {one: str(amount) for one, amount in said.items()} for key, said in saved.items()} == {
        "default-channel": {"new": "60"},
        "default-channel/PL": {"new": "45.5"},
    }
    page = await desk.look(path=path)
    rows = page.split('class="country-rows"', 1)[1].split("<template>", 1)[0]
    assert 'aria-label="default-channel/PL"' in rows
    assert 'value="45.5"' in rows
    assert "default-channel/PL" not in page.split('class="country-rows"', 1)[0].split("params-thresholds", 1)[1]
    odd = await desk.press(f"{path}/save", **(form | {"params.thresholds.country": ""}))
    assert "is no country: write its code in two capitals" in plain(odd.text)
    assert 'value="45.5"' in odd.text, "nothing that was typed is lost"
    empty = form | {"params.thresholds.country/new": "", "version": typed(await desk.look(path=path))["version"]}
    await desk.press(f"{path}/save", **empty)
    assert stored(desk, "free-shipping").params.thresholds["default-channel/PL"] == {}, "the shop's own rates"
    without = {key: said for key, said in form.items() if not key.startswith("params.thresholds.c")}
    await desk.press(f"{path}/save", **(without | {"version": typed(await desk.look(path=path))["version"]}))
    assert list(stored(desk, "free-shipping").params.thresholds) == ["default-channel"]


async def test_the_preview_is_of_what_is_typed(desk: Desk) -> None:
    path = path_of(desk)
    form = typed(await desk.look(path=path)) | {"params.text": "Hey {name}! {offer}: {code} ({until})"}
    said = plain((await desk.press(f"{path}/preview", **(form | {"params.value": "33"}))).text)
    assert "Hey Ann! 33 % off: K7WPX3TQ4MHR (2026-06-15)" in said
    assert "If that brought no order 15 % off" not in said
    more = form | {"params.second_offer": "percentage"}
    assert "If that brought no order 15 % off" in plain((await desk.press(f"{path}/preview", **more)).text)
    wrong = await desk.press(f"{path}/preview", **(form | {"params.text": "Hey"}))
    assert "The banner must hold {code}" in plain(wrong.text)
    assert stored(desk).version == 1


@pytest.fixture
def box(home: Home) -> Postbox:
    return open_post(home)


async def test_each_message_is_looked_at_and_sent_to_oneself_as_it_is_typed(box: Postbox, desk: Desk) -> None:
    path = path_of(desk, "abandoned-checkout")
    page = await desk.look(path=path)
    assert "You left something in your basket" in plain(page)
    form = typed(page)
    form = {name: value for name, value in form.items() if not name.startswith("params.offer_subjects")}
    form |= {"params.offer_subjects.key": ["en"], "params.offer_subjects.value": ["Only for you: {offer}"]}
    seen = html.unescape((await desk.press(f"{path}/preview", **form, letter="3")).text)
    assert "Only for you: 10 % off" in seen
    assert "SAMPLE234567" in seen
    assert ' style="' not in html.unescape(seen), "the page's policy takes none"
    sent = await desk.press(f"{path}/letter", **form, letter="3", letter_to="me@shop.example")
    assert "“Only for you: 10 % off” was sent to me@shop.example." in plain(sent.text)
    (letter,) = box.taken
    assert (letter.to, letter.subject) == ("me@shop.example", "[Test] Only for you: 10 % off")
    assert ' style="' in letter.html
    few = {name: value for name, value in form.items() if name != "params.with_offer"}
    assert "About free shipping" in plain((await desk.press(f"{path}/preview", **few, letter="3")).text)
    nowhere = await desk.press(f"{path}/letter", **form, letter_to="me")
    assert "is no e-mail address" in plain(nowhere.text)
    assert stored(desk, "abandoned-checkout").version == 1
    assert len(box.taken) == 1


async def test_who_may_only_look_sends_no_message(box: Postbox, desk: Desk) -> None:
    path = path_of(desk, "abandoned-checkout")
    page = await desk.look(READER, path=path)
    assert "You left something in your basket" in plain(page)
    assert "Send this message" not in page
    answer = await desk.press(f"{path}/letter", READER, letter_to="me@shop.example")
    assert (answer.status_code, box.taken) == (403, [])


async def test_switching_on_saves_what_was_typed(desk: Desk) -> None:
    path = path_of(desk)
    form = typed(await desk.look(path=path)) | {"params.value": "17", "audience": "inside", "per_day": "5"}
    answer = await desk.press(f"{path}/on", **form)
    assert notice(answer.text) == "“win-back” is on, also for at most 5 a day of those inside already."
    assert (str(stored(desk).params.value), stored(desk).status) == ("17", CampaignStatus.ON)
    wrong = typed(answer.text) | {"params.value": "no"}
    answer = await desk.press(f"{path}/pause", **wrong)
    assert typed(answer.text)["params.value"] == "no", "what was typed is not lost by the pause"
    assert stored(desk).status is CampaignStatus.PAUSED
    answer = await desk.press(f"{path}/on", **wrong)
    assert "Must be a number." in plain(answer.text)
    assert stored(desk).status is CampaignStatus.PAUSED


async def test_an_audience_of_nobody_is_asked_about_in_the_dialog(desk: Desk) -> None:
    path = path_of(desk)
    form = typed(await desk.look(path=path)) | {"around.audience": "segment:dormant"}
    answer = await desk.press(f"{path}/on", **form)
    assert answer.status_code == 400
    assert answer.headers["hx-retarget"] == "dialog[open] .problem, #notice"
    assert plain(answer.text).split() == [
        "Nobody",
        "is",
        "in",
        "the",
        "audience",
        "at",
        "present.",
        "That",
        "is",
        "meant",
    ]
    assert "retention campaign" not in answer.text
    form["version"] = "2"
    answer = await desk.press(f"{path}/on", **form, confirmed="yes")
    assert stored(desk).on
    assert "is on" in notice(answer.text)


async def test_ended_for_good(desk: Desk) -> None:
    path = path_of(desk)
    answer = await desk.press(f"{path}/end")
    assert notice(answer.text) == "“win-back” has ended. What was promised is kept."
    assert stored(desk).status is CampaignStatus.ENDED
    assert "<form" not in answer.text
    assert (await desk.press(f"{path}/on")).status_code == 400


async def test_who_may_only_look_sees_no_form(desk: Desk) -> None:
    path = path_of(desk)
    page = await desk.look(READER, path)
    assert "<form" not in page
    assert "<button" not in page
    assert "We miss you, Ann" in plain(page)
    for below in ("/outlook", "/results", "/tries/replay", "/tries/dry_run"):
        assert "<form" not in await desk.look(READER, path + below)


async def test_what_stands_against_it_is_said_before(desk: Desk) -> None:
    silent(desk.home, 80)
    said = plain(await desk.look(path=f"{path_of(desk)}/outlook"))
    assert "1 customer, and it is for everybody" in said
    assert "1 of them are inside already" in said
    assert "Nothing stands against switching it on." in said
    with desk.home.database.write() as connection:
        found = campaigns.get(connection, desk.home.shop_id, "win-back", desk.home.house.tactics)
        limits = campaigns.Limits(ends_at=desk.home.now.replace(year=2025))
        campaigns.edit(connection, desk.home.shop_id, found, found.params, limits, "test", desk.home.now)
    said = plain(await desk.look(path=f"{path_of(desk)}/outlook"))
    assert "Change this The end (Jun 1, 2025, 12:00 PM) is in the past" in said


async def test_what_it_gave_and_brought(desk: Desk) -> None:
    path = path_of(desk)
    assert "Nothing yet: it has never been on." in plain(await desk.look(path=f"{path}/results"))
    desk.home.switch_on("win-back")
    silent(desk.home, 80)
    desk.home.tick()
    desk.home.now += days(2)
    desk.home.tick()
    await desk.home.deliver()
    said = plain(await desk.look(path=f"{path}/results"))
    assert "Given 0" in said, "who was inside before is not meant"
    await desk.press(f"{path}/on")
    answer = await desk.press(f"{path}/try", to="u1@example.com")
    assert "Given. 10 % off with code" in plain(answer.text)
    assert "no customer" in plain((await desk.press(f"{path}/try", to="x@example.com")).text)


async def test_gallery_and_a_draft_from_it(desk: Desk) -> None:
    page = await desk.look(path="/admin/campaigns/new")
    for tactic in desk.home.house.tactics.values():
        assert tactic.title in page
        assert f'href="/admin/campaigns/new/{tactic.key}"' in page
        form = typed(await desk.look(path=f"/admin/campaigns/new/{tactic.key}"))
        assert form["name"]
    form = typed(await desk.look(path="/admin/campaigns/new/banner"))
    answer = await desk.press("/admin/campaigns/new/banner", **form)
    assert "A banner needs a text in one language at least." in plain(answer.text)
    assert typed(answer.text) == form
    form |= {"params.texts.key": "en", "params.texts.value": "New in", "name": "news"}
    seen = plain((await desk.press("/admin/campaigns/new/banner/preview", **form)).text)
    assert "en · Announcement, above everything New in" in seen
    answer = await desk.press("/admin/campaigns/new/banner", **form)
    assert answer.status_code == 204, plain(answer.text)
    made = stored(desk, "news")
    assert (made.params.texts, made.params.place) == ({"en": "New in"}, Place.ANNOUNCEMENT)
    assert f'"path": "/admin/campaigns/{made.campaign_id}"' in answer.headers["hx-trigger"]
    assert "There is a campaign “news” already" in plain((await desk.press("/admin/campaigns/new/banner", **form)).text)
    lost = typed(await desk.look(path="/admin/campaigns/new/on_entering"))
    answer = await desk.press("/admin/campaigns/new/on_entering", **lost)
    assert "needs an audience that names a segment" in plain(answer.text)
    answer = await desk.press("/admin/campaigns/new/on_entering", **(lost | {"around.audience": "segment:dormant"}))
    assert answer.status_code == 204
    assert (await desk.ask("/admin/campaigns/new/nothing", desk.headers(READER))).status_code == 404


async def test_a_day_is_picked_and_months_are_named(desk: Desk) -> None:
    path = "/admin/campaigns/new/expiring_offer"
    page = await desk.look(path=path)
    assert 'type="date" name="params.day"' in page
    form = typed(page) | {"name": "black", "params.day": "2026-12-01", "params.currency": "USD"}
    answer = await desk.press(path, **(form | {"params.day": "soon"}))
    assert "must be a day, as 2026-12-01" in plain(answer.text)
    assert (await desk.press(path, **form)).status_code == 204
    assert stored(desk, "black").params.day == date(2026, 12, 1)

    path = "/admin/campaigns/new/gift_with_purchase"
    page = await desk.look(path=path)
    assert "Add a month" in plain(page)
    form = typed(page) | {"name": "monthly", "params.currency": "USD"}
    form |= {"params.gifts.key/0": "2026-12", "params.gifts.value/0": "scarf"}
    assert "until 2026-12-31" in plain((await desk.press(f"{path}/preview", **form)).text)
    assert (await desk.press(path, **form)).status_code == 204
    made = stored(desk, "monthly")
    assert (made.params.gifts, made.pause_days) == ({"2026-12": "scarf"}, 0)


async def test_a_dry_run_is_worked_out_beside_and_kept(desk: Desk) -> None:
    silent(desk.home, 80)
    path = f"{path_of(desk)}/tries/dry_run"
    assert "Work it out" in plain(await desk.look(path=path))
    answer = await desk.press(path)
    assert "Starting" in plain(answer.text)
    assert "is being worked out" in plain((await desk.press(f"{path_of(desk, 'free-shipping')}/tries/dry_run")).text)
    for _ in range(600):
        page = await desk.look(path=path)
        if "every 1s" not in page:
            break
        await anyio.sleep(0.1)
    said = plain(page)
    assert "Inside now 1" in said
    assert "Would get it 1" in said or "Control group 1" in said
    assert "Worked out" in said
    form = typed(await desk.look(path=path_of(desk))) | {"params.value": "12"}
    await desk.press(f"{path_of(desk)}/save", **form)
    assert "Worked out" not in plain(await desk.look(path=path)), "it says nothing of an edited campaign"


async def test_a_rehearsal_that_nobody_is_at_any_more(desk: Desk) -> None:
    campaign = stored(desk)
    with desk.home.database.write() as connection:
        rehearsals.begin(
            connection, desk.home.shop_id, campaign.campaign_id, Kind.REPLAY, campaign.version, "ann", desk.home.now
        )
    path = f"{path_of(desk)}/tries/replay"
    assert "every 1s" in await desk.look(path=path)
    desk.home.now += days(0.01)
    page = await desk.look(path=path)
    assert "It ended before it was done" in plain(page)
    assert "every 1s" not in page


async def test_a_campaign_of_another_shop_is_not_there(desk: Desk) -> None:
    other = desk.home.install("http://elsewhere.test/graphql/")
    with desk.home.database.read() as connection:
        theirs = campaigns.of_shop(connection, other, desk.home.house.tactics)[0].campaign_id
    for below in ("", "/counts", "/outlook", "/results", "/tries/replay"):
        answer = await desk.ask(f"/admin/campaigns/{theirs}{below}", desk.headers(READER))
        assert answer.status_code == 404
    assert (await desk.press(f"/admin/campaigns/{theirs}/on")).status_code == 404
    assert (await desk.press(f"/admin/campaigns/{theirs}/tries/replay")).status_code == 404


@pytest.mark.parametrize(
    ("value", "when", "said"),
    [(True, (), True), (False, (), False), (0, (), True), ("", (), False), ("mail", (), True), ("a", ("b",), False)],
)
def test_a_field_means_something_beside_what_it_needs(value: object, when: tuple[str, ...], said: bool) -> None:
    assert words.says_something({"needs": "other", "when": when}, {"other": value}) is said

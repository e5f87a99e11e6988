"""The settings: what is said is kept, with who; what cannot be is told beside its field, and nothing is written."""

import re
from decimal import Decimal

import pytest

from plugin.domain.voices import Voice
from plugin.store import campaigns, setting_edits, shops, storefront_keys, suppressions
from plugin.store.shops import Shop
from plugin.store.suppressions import subjects_of
from tests.admin_ui.conftest import EDITOR, READER, Desk
from tests.admin_ui.test_overview import plain
from tests.bodies import account_body
from tests.shop import account

pytestmark = pytest.mark.anyio

PATH = "/admin/settings"
BOTH = ["MANAGE_USERS", "MANAGE_DISCOUNTS"]


def shop(desk: Desk) -> Shop:
    with desk.home.database.read() as connection:
        return shops.get(connection, desk.home.shop_id)


def guardrails_as_shown(page: str) -> dict[str, str]:
    """The form as a browser would send it."""
    section = page.split('id="guardrails"')[1].split("</section>", maxsplit=1)[0]
    return dict(re.findall(r'<input type="\w+" id="\w+" name="(\w+)" value="([^"]*)"', section))


async def test_who_may_only_look_sees_all_and_no_form_that_works(desk: Desk) -> None:
    page = await desk.look(["MANAGE_ORDERS"], PATH)
    assert "Suppression list" in page
    assert not re.search(r'<button[^>]*type="submit"[^>]*>\s*Save', page)
    assert not re.search(r"<input(?![^>]* disabled)[^>]* name=\"gifts\"", page)


async def test_three_questions_fill_every_default(desk: Desk) -> None:
    answer = await desk.press(f"{PATH}/basics", margin="42.5", shipping_USD="4,90", voice="playful")
    assert "Saved. It holds from now on." in plain(answer.text)
    now = shop(desk)
    assert now.guardrails.default_margin == Decimal("0.425")
    assert now.shipping_costs == {"USD": Decimal("4.90")}
    assert (now.voice, now.asked_at) == (Voice.PLAYFUL, desk.home.now)
    with desk.home.database.read() as connection:
        draft = campaigns.glance(connection, desk.home.shop_id, "win-back", desk.home.house.tactics)
        who = setting_edits.latest(connection, desk.home.shop_id)
    assert draft.params.text.startswith("Long time no see")
    assert who["basics"].who == who["guardrails"].who != ""
    assert f"Last changed by {who['basics'].who}" in plain(await desk.look(path=PATH))


async def test_what_the_merchant_wrote_and_what_is_on_keeps_its_words(desk: Desk) -> None:
    with desk.home.database.write() as connection:
        found = campaigns.get(connection, desk.home.shop_id, "win-back", desk.home.house.tactics)
        own = type(found.params)(text="Ours: {offer}, {code}.")
        limits = campaigns.limits_of(found)
        campaigns.edit(connection, desk.home.shop_id, found, own, limits, "test", desk.home.now)
    desk.home.switch_on("free-shipping")
    await desk.press(f"{PATH}/basics", voice="warm")
    with desk.home.database.read() as connection:
        for name, text in (
            ("win-back", "Ours: {offer}, {code}."),
            ("free-shipping", "Free shipping from {threshold}."),
        ):
            kept = campaigns.glance(connection, desk.home.shop_id, name, desk.home.house.tactics)
            assert kept.params.text == text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("margin", "0", "The margin is a per cent above 0"),
        ("margin", "101", "The margin is a per cent above 0"),
        ("margin", "NaN", "The margin is a per cent above 0"),
        ("shipping_USD", "-1", "an amount above 0"),
        ("shipping_USD", "much", "an amount above 0"),
        ("voice", "rude", "Choose one of the voices."),
    ],
)
async def test_answers_that_cannot_be(desk: Desk, field: str, value: str, sentence: str) -> None:
    before = shop(desk)
    for path in (f"{PATH}/basics", "/admin/questions"):
        answer = await desk.press(path, EDITOR, **{"margin": "40", field: value})
        assert sentence in plain(answer.text)
        assert f'value="{value}"' in answer.text or field == "voice"
    assert shop(desk) == before


async def test_a_margin_below_the_floor_is_told(desk: Desk) -> None:
    form = guardrails_as_shown(await desk.look(path=PATH))
    await desk.press(f"{PATH}/guardrails", EDITOR, **{**form, "margin_floor": "30"})
    answer = await desk.press(f"{PATH}/basics", margin="20")
    assert "The margin that must be left is above the margin there is" in plain(answer.text)
    assert shop(desk).guardrails.default_margin is None


async def test_guardrails_are_sent_as_they_are_shown(desk: Desk) -> None:
    before = shop(desk).guardrails
    form = guardrails_as_shown(await desk.look(path=PATH))
    assert (form["buy_anyway"], form["gifts"], form["quiet_from"]) == ("60", "2", "")
    assert "Saved." in plain((await desk.press(f"{PATH}/guardrails", EDITOR, **form)).text)
    assert shop(desk).guardrails == before
    changed = {"buy_anyway": "", "gifts": "3", "quiet_from": "22:00", "quiet_to": "07:30", "ceiling_USD": "25"}
    await desk.press(f"{PATH}/guardrails", EDITOR, **{**form, **changed, "day_USD": "50.5", "explore_share": "2.5"})
    now = shop(desk).guardrails
    assert (now.buy_anyway, now.gifts, now.quiet_from, now.quiet_to) == (None, 3, "22:00", "07:30")
    assert (now.ceiling, now.budgets.day) == ({"USD": Decimal(25)}, {"USD": Decimal("50.5")})
    assert now.explore_share == 0.025
    assert guardrails_as_shown(await desk.look(path=PATH))["explore_share"] == "2.5"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("gifts", "0", "Write a number from 1 to"),
        ("gifts", "1.5", "Write a whole number."),
        ("days_between", "", "This has to be filled in."),
        ("dnd_days", "366", "Write a number from 0 to 365."),
        ("buy_anyway", "120", "Write a number from 0 to 100."),
        ("buy_anyway", "1e999999999", "Write a number from 0 to 100."),
        ("quiet_from", "25:00", "Write a time of day, as 22:00."),
        ("quiet_from", "22:00", "Quiet hours need both ends"),
        ("ceiling_USD", "-3", "Write an amount, or leave it empty for no limit."),
    ],
)
async def test_guardrails_that_cannot_be(desk: Desk, field: str, value: str, sentence: str) -> None:
    before = shop(desk).guardrails
    form = guardrails_as_shown(await desk.look(path=PATH))
    answer = await desk.press(f"{PATH}/guardrails", EDITOR, **{**form, field: value})
    assert sentence in plain(answer.text)
    assert f'name="{field}" value="{value}"' in answer.text
    assert shop(desk).guardrails == before


async def test_time_zone_and_storefronts(desk: Desk) -> None:
    origins = "https://shop.example\r\nhttp://localhost:3000"
    answer = await desk.press(f"{PATH}/place", time_zone="Europe/Warsaw", origins=origins)
    assert "Everybody is measured again within minutes." in plain(answer.text)
    now = shop(desk)
    assert (now.time_zone, now.origins) == ("Europe/Warsaw", ("https://shop.example", "http://localhost:3000"))
    assert now.rhythm_at is None
    for wrong, sentence in (
        ({"time_zone": "Europe/Atlantis"}, "“Europe/Atlantis” is no time zone"),
        ({"origins": "https://shop.example/path"}, "“https://shop.example/path” is no origin"),
    ):
        said = await desk.press(f"{PATH}/place", EDITOR, **{"time_zone": "Europe/Warsaw", "origins": "", **wrong})
        assert sentence in plain(said.text)
    assert shop(desk) == now


async def test_life_cycle(desk: Desk) -> None:
    await desk.press(f"{PATH}/limits", at_risk_days="60", dormant_days="120", loyal_from="4", horizon_days="")
    limits = shop(desk).limits
    assert (limits.at_risk_days, limits.dormant_days, limits.loyal_from, limits.horizon_days) == (60, 120, 4, None)
    for wrong, sentence in (
        ({"dormant_days": "60"}, "Dormant comes after at risk"),
        ({"loyal_from": "1"}, "Write a whole number from 2 to 3650"),
        ({"at_risk_days": "soon"}, "Write a whole number from 1 to 3650"),
    ):
        form = {"at_risk_days": "60", "dormant_days": "120", "loyal_from": "4", **wrong}
        assert sentence in plain((await desk.press(f"{PATH}/limits", EDITOR, **form)).text)
    assert shop(desk).limits == limits


async def test_a_key_is_shown_once(desk: Desk) -> None:
    answer = await desk.press(f"{PATH}/keys", name="<b>Server</b>")
    [key] = re.findall(r'value="(retention_[\w-]+)" readonly', answer.text)
    with desk.home.database.read() as connection:
        assert storefront_keys.digests(connection, desk.home.shop_id) == {storefront_keys.digest(key)}
        [listed] = storefront_keys.listed(connection, desk.home.shop_id)
    page = await desk.look(path=PATH)
    assert key not in page
    assert "<b>" not in page
    assert "&lt;b&gt;Server&lt;/b&gt;" in page
    assert "is revoked" in plain((await desk.press(f"{PATH}/keys/revoke", key=str(listed.key_id))).text)
    assert (await desk.press(f"{PATH}/keys/revoke", key=str(listed.key_id))).status_code == 404
    assert (await desk.press(f"{PATH}/keys/revoke", key="²")).status_code == 404
    assert (await desk.press(f"{PATH}/keys", name="x" * 61)).status_code == 400


async def test_test_mode(desk: Desk) -> None:
    assert "The test mode is on." in plain((await desk.press(f"{PATH}/test-mode", on="yes")).text)
    assert shop(desk).test_mode
    await desk.press(f"{PATH}/test-mode", on="no")
    assert not shop(desk).test_mode


async def test_the_suppression_list(desk: Desk) -> None:
    desk.home.take("customer_updated", account_body(account("U1", "ann@example.com")))
    answer = await desk.press(f"{PATH}/suppress", READER, whom=" Ann@Example.com ", why="complaint", days="30")
    assert "On the list" in plain(answer.text)
    with desk.home.database.read() as connection:
        [entry] = suppressions.listed(connection, desk.home.shop_id, 10)
    pepper = desk.home.house.keyring.decrypt(shop(desk).pepper)
    assert entry.subject in subjects_of(pepper, 0, "ann@example.com")
    page = await desk.look(READER, PATH)
    assert "Complained" in page
    assert "ann@example.com" not in page
    for wrong, sentence in (
        ({"whom": ""}, "Write one e-mail address"),
        ({"whom": "a@b.c d@e.f"}, "Write one e-mail address"),
        ({"whom": "99999"}, "There is no customer “99999”"),
        ({"whom": "a@b.c", "days": "0"}, "Write a whole number from 1 to 3650"),
    ):
        assert sentence in plain((await desk.press(f"{PATH}/suppress", READER, **wrong)).text)
    off = await desk.press(f"{PATH}/unsuppress", READER, subject=entry.subject.hex())
    assert "Off the list." in plain(off.text)
    assert "was off the list already" in plain((await desk.press(f"{PATH}/unsuppress", READER, subject="xyz")).text)


async def test_stop_and_start_from_here(desk: Desk) -> None:
    assert "Everything is stopped." in plain((await desk.press(f"{PATH}/stop", BOTH)).text)
    assert shop(desk).stopped
    assert "Everything goes on." in plain((await desk.press(f"{PATH}/start", BOTH)).text)
    assert not shop(desk).stopped

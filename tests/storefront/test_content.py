"""What is shown in the places of a storefront, asked over HTTP."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.effects import Slot
from plugin.domain.guardrails import Guardrails
from plugin.domain.tactic import read_params
from plugin.store import campaigns, shops
from plugin.store.campaigns import Limits
from plugin.store.database import Database
from plugin.storefront.refs import read_ref
from plugin.tactics.banner import TACTIC
from plugin.tactics.free_shipping import TACTIC as FREE
from tests.saleor.signing import NOW
from tests.shop import days
from tests.storefront.stage import Stage

pytestmark = pytest.mark.anyio
GUESTS = {"field": "guest", "is": True}
SIGNED_IN = {"not": GUESTS}


@pytest.fixture
def stage(database: Database) -> Stage:
    made = Stage(database)
    made.house = replace(made.house, tactics={FREE.key: FREE, TACTIC.key: TACTIC})
    made.open()
    with database.write() as connection:
        shops.set_guardrails(connection, made.shop_id, Guardrails(promotion_share=1.0), "test", NOW)
    return made


def banner(stage: Stage, name: str, text: str = "Sale", limits: Mapping[str, Any] | None = None, **said: Any) -> None:
    params = read_params(TACTIC, {"texts": {"en": text}, **said})
    with stage.database.write() as connection:
        around = Limits(control_share=0.0, **(limits or {}))
        made = campaigns.create(connection, stage.shop_id, name, TACTIC, params, around, NOW)
        campaigns.change_status(connection, stage.shop_id, made, CampaignStatus.ON, "test", NOW)


def audience(said: Mapping[str, Any]) -> dict[str, Any]:
    return {"audience": dict(said)}


async def ask(stage: Stage, user: str | None = None, slot: Any = "announcement", **more: Any) -> dict[str, Any]:
    """Place → what is shown there."""
    answer = await stage.get("content", user=user, slot=slot, **{"channel": "us", **more})
    assert answer.status_code in {200, 204}, answer.text
    return dict(answer.json()["slots"]) if answer.content else {}


async def test_a_banner_in_its_place_and_language(stage: Stage) -> None:
    banner(
        stage,
        "new",
        texts={"en": "New in", "pl": "Nowości"},
        place="home",
        href="/new",
        links={"en": "Look"},
        kind="story",
    )
    assert await ask(stage) == {}
    found = (await ask(stage, slot=["announcement", "home"]))["home"]
    assert read_ref(stage.house.keyring, stage.shop_id, found.pop("ref")) == found["id"]
    assert found == {
        "id": found["id"],
        "kind": "story",
        "title": "",
        "text": "New in",
        "href": "/new",
        "link": "Look",
        "image": None,
        "dismissible": True,
        "code": None,
        "until": None,
    }
    assert (await ask(stage, slot="home", lang="pl"))["home"]["text"] == "Nowości"
    assert (await ask(stage, slot="home", lang="fr"))["home"]["text"] == "New in"


async def test_it_is_for_whom_its_campaign_is(stage: Stage) -> None:
    stage.customer()
    banner(stage, "guests", "Hello, guest", audience(GUESTS), place="home")
    banner(stage, "ours", "Hello again", audience(SIGNED_IN))
    assert {place: said["text"] for place, said in (await ask(stage, slot=["home", "announcement"])).items()} == {
        "home": "Hello, guest"
    }
    mine = await ask(stage, "U1", slot=["home", "announcement"])
    assert {place: said["text"] for place, said in mine.items()} == {"announcement": "Hello again"}


@pytest.mark.parametrize(
    ("why", "limits"),
    [
        ("it has not begun", {"starts_at": NOW + days(1)}),
        ("it is over", {"ends_at": NOW - days(1)}),
        ("it is for another channel", {"channels": ("pl",)}),
    ],
)
async def test_it_is_not_shown_when(stage: Stage, why: str, limits: Mapping[str, Any]) -> None:
    banner(stage, "sale", limits=limits)
    assert await ask(stage) == {}, why


async def test_the_switch_that_stops_everything_stops_it(stage: Stage) -> None:
    banner(stage, "sale")
    assert await ask(stage)
    with stage.database.write() as connection:
        shops.set_stopped(connection, stage.shop_id, stopped=True)
    assert await ask(stage) == {}


async def test_what_was_put_away_stays_away_and_another_comes(stage: Stage) -> None:
    stage.customer()
    banner(stage, "first", "First", {"priority": 5})
    banner(stage, "second", "Second")
    first = (await ask(stage, "U1"))["announcement"]
    assert first["text"] == "First"
    told = await stage.tell({"type": "dismissed", "ref": first["ref"], "at": stage.now.isoformat()}, user="U1")
    assert told.status_code == 204
    assert (await ask(stage, "U1"))["announcement"]["text"] == "Second"
    assert (await ask(stage))["announcement"]["text"] == "First", "another's word is nobody else's"


async def test_it_is_seen_so_often_and_no_more(stage: Stage) -> None:
    stage.customer()
    banner(stage, "sale", times=1, days=7)
    found = (await ask(stage, "U1"))["announcement"]
    await stage.tell({"type": "seen", "ref": found["ref"], "at": stage.now.isoformat()}, user="U1")
    assert await ask(stage, "U1") == {}
    stage.now += days(8)
    assert await ask(stage, "U1")


async def test_a_shoppers_own_code_goes_first_as_long_as_it_lives(stage: Stage) -> None:
    until = (NOW + days(3)).isoformat()
    stage.customer(shown={Slot.BANNER: {"code": "ABC", "until": until}})
    banner(stage, "sale", "Sale", {"priority": 100})
    banner(stage, "home", "At home", place="home")
    mine = await ask(stage, "U1", slot=["announcement", "home", "basket"])
    assert {place: (said["kind"], said["code"]) for place, said in mine.items()} == {
        "announcement": ("offer", "ABC"),
        "home": ("promotion", None),
        "basket": ("offer", "ABC"),
    }
    assert "ABC" not in str(await ask(stage))
    stage.now += days(4)
    assert (await ask(stage, "U1"))["announcement"]["text"] == "Sale"


async def test_what_everyone_sees_may_be_kept_and_a_shoppers_own_may_not(stage: Stage) -> None:
    stage.customer()
    banner(stage, "sale")
    everyones = await stage.get("content", slot="announcement", channel="us")
    own = await stage.get("content", user="U1", slot="announcement", channel="us")
    assert everyones.headers["Cache-Control"] == "public, max-age=60"
    assert own.headers["Cache-Control"] == "private, no-store"


async def test_scripts_in_texts_are_texts(stage: Stage) -> None:
    banner(stage, "bad", "<script>alert(1)</script>")
    assert (await ask(stage))["announcement"]["text"] == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"slot": "footer", "channel": "us"}, 400),
        ({"channel": "us"}, 400),
        ({"slot": "home", "channel": "nowhere"}, 404),
        ({"slot": "home", "channel": "us", "shop": "https://other.example/graphql/"}, 404),
    ],
)
async def test_what_is_not_there_is_a_problem(stage: Stage, asked: Mapping[str, Any], status: int) -> None:
    answer = await stage.get("content", **asked)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_recommendations_may_be_asked_for_and_are_empty(stage: Stage) -> None:
    assert (await stage.get("content", slot="recommendations", channel="us")).status_code == 204
    banner(stage, "sale")
    assert set(await ask(stage, slot=["recommendations", "announcement"])) == {"announcement"}


async def test_the_same_content_has_the_same_tag(stage: Stage) -> None:
    banner(stage, "sale")
    asked = {"slot": "announcement", "channel": "us"}
    first = await stage.get("content", **asked)
    assert (await stage.get("content", headers={"If-None-Match": first.headers["ETag"]}, **asked)).status_code == 304

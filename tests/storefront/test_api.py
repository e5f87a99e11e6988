"""What shoppers' pages are told, and what they are not."""

import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from plugin.domain.effects import Slot
from plugin.domain.segments import Segment
from plugin.errors import TryLater
from plugin.flow import fronts
from plugin.store import channels, shops
from plugin.store.database import Database
from plugin.store.schema import metadata
from plugin.store.shops import ShopStatus
from plugin.storefront import routes
from plugin.storefront.allowance import Allowance
from plugin.storefront.refs import read_ref
from tests.saleor.signing import NOW
from tests.shop import days
from tests.storefront.stage import ORIGIN, PLN, Stage

pytestmark = pytest.mark.anyio

RULES = {"us": {"regular": 40, "loyal": 25, "new": 150}}


async def test_everyone_is_told_what_the_channels_own_rates_keep(stage: Stage) -> None:
    stage.rules(RULES, text="Only {left} to go, free from {threshold}.")
    answer = await stage.get("free-shipping", channel="us", subtotal="70.005")
    said = answer.json()
    assert read_ref(stage.house.keyring, stage.shop_id, said.pop("ref")) == "free_shipping"
    assert said == {
        "threshold": "100.00",
        "currency": "USD",
        "left": "29.99",
        "share": 0.7001,
        "earned": False,
        "text": "Only 29.99 USD to go, free from 100.00 USD.",
        "tokens": "Only {left} to go, free from {threshold}.",
        "personal": False,
    }
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["Vary"] == "Origin, Authorization, X-Retention-User"
    assert "Set-Cookie" not in answer.headers


async def test_it_is_told_in_the_shoppers_language_and_in_words_of_its_own_once_it_is_earned(stage: Stage) -> None:
    stage.rules(
        RULES, text="From {threshold}", texts={"pl": "Od {threshold}"}, earned="Yours", earned_texts={"pl": "Twoja"}
    )
    said = [
        (await stage.get("free-shipping", channel="us", subtotal=subtotal, lang=language)).json()["text"]
        for subtotal in ("0", "100")
        for language in ("en", "pl", "pl-PL", "fr")
    ]
    assert said == ["From 100.00 USD", *["Od 100.00 USD"] * 2, "From 100.00 USD", "Yours", *["Twoja"] * 2, "Yours"]


async def test_the_signed_in_are_told_their_own_and_nobody_keeps_it(both: Stage) -> None:
    both.rules(RULES)
    both.customer(Segment.LOYAL)
    answer = await both.get("free-shipping", user="U1", channel="us", subtotal="25")
    assert answer.json()["threshold"] == "25.00"
    assert (answer.json()["earned"], answer.json()["left"], answer.json()["share"]) == (True, "0.00", 1.0)
    assert answer.json()["personal"] is True
    assert answer.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    ("segment", "user", "threshold"),
    [
        (Segment.REGULAR, "U1", "40.00"),
        (Segment.AT_RISK, "U1", "100.00"),  # left out of the rules: the shop's own rates
        (Segment.NEW, "U1", "100.00"),  # what everyone gets is better
        (Segment.LOYAL, "U9", "100.00"),  # signed in, and not known here yet
    ],
)
async def test_the_better_of_the_personal_and_the_default(
    stage: Stage, segment: Segment, user: str, threshold: str
) -> None:
    stage.rules(RULES)
    stage.customer(segment)
    said = await stage.free_shipping(user)
    assert said["threshold"] == threshold
    assert said["personal"] is (threshold != "100.00")


async def test_where_nothing_is_said_nothing_is_shown(stage: Stage) -> None:
    answer = await stage.get("free-shipping", channel="pl")
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.parametrize("stopped", [True, False])
async def test_the_switch_that_stops_everything_stops_thresholds(stage: Stage, stopped: bool) -> None:
    stage.rules(RULES)
    stage.customer(Segment.LOYAL)
    with stage.database.write() as connection:
        shops.set_stopped(connection, stage.shop_id, stopped)
    assert (await stage.free_shipping())["personal"] is not stopped
    assert bool(await stage.offered(subtotal=30)) is not stopped


@pytest.mark.parametrize(
    "subtotal", ["-1", "NaN", "inf", "1e3", "1e999999999", "", "12,5", "1000000001", "٣", "0x10", " 1", "1" * 500]
)
async def test_an_absurd_basket_is_a_problem_and_never_a_crash(stage: Stage, subtotal: str) -> None:
    answer = await stage.get("free-shipping", channel="us", subtotal=subtotal)
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["title"] == "Bad Request"
    assert "subtotal" in answer.json()["detail"]


@pytest.mark.parametrize("subtotal", ["0", "1000000000", "99.995", "0.000001"])
async def test_a_basket_may_be_anything_that_is_one(stage: Stage, subtotal: str) -> None:
    assert (await stage.get("free-shipping", channel="us", subtotal=subtotal)).status_code == 200


async def test_a_basket_is_as_full_as_its_rounded_sum(stage: Stage) -> None:
    assert (await stage.free_shipping(None, "99.995"))["earned"] is True
    assert (await stage.free_shipping(None, "99.994"))["earned"] is False


async def test_texts_stay_text(stage: Stage) -> None:
    stage.rules(RULES, text="<b>{threshold}</b> {0.__class__} {unknown}")
    stage.customer(Segment.LOYAL)
    assert (await stage.free_shipping())["text"] == "<b>25.00 USD</b> {0.__class__} {unknown}"


async def test_a_forged_or_foreign_token_and_a_shop_that_is_not_there_look_the_same(stage: Stage) -> None:
    stage.rules(RULES)
    stage.customer(Segment.LOYAL)
    wrong = {
        "forged": stage.token("U1")[:-6] + "AAAAAA",
        "another shop's": stage.token("U1", name="other"),
        "another issuer": stage.token("U1", iss="https://other.example/graphql/"),
        "the Dashboard's": stage.token("U1", type="thirdparty"),
        "a refresh token": stage.token("U1", type="refresh"),
        "expired": stage.token("U1", exp=(NOW - timedelta(minutes=1)).timestamp()),
        "nonsense": "x.y.z",
        "empty": "",
    }
    for path in ("free-shipping", "banner"):
        refused = [await _with(stage, path, given) for given in wrong.values()]
        refused.append(await _with(stage, path, stage.token("U1"), shop="https://nobody.example/graphql/"))
        refused.append(await _with(stage, path, "x.y.z", shop="https://nobody.example/graphql/"))
        assert {answer.status_code for answer in refused} == {401}
        assert len({(answer.text, tuple(sorted(answer.headers.items()))) for answer in refused}) == 1
        assert refused[0].headers["WWW-Authenticate"] == "Bearer"
        assert refused[0].headers["Cache-Control"] == "private, no-store"


async def _with(stage: Stage, path: str, given: str, **params: Any) -> Any:
    return await stage.get(path, headers={"Authorization": f"Bearer {given}"}, channel="us", **params)


@pytest.mark.parametrize("status", [ShopStatus.DEACTIVATED, ShopStatus.UNINSTALLED, ShopStatus.REFUSED])
async def test_a_shop_that_rests_is_not_there(stage: Stage, status: ShopStatus) -> None:
    unknown = await stage.get("free-shipping", shop="https://nobody.example/graphql/", channel="us")
    with stage.database.write() as connection:
        shops.set_status(connection, stage.shop_id, status, NOW)
    resting = await stage.get("free-shipping", channel="us")
    assert (resting.status_code, resting.text) == (unknown.status_code, unknown.text)
    assert resting.status_code == 404


@pytest.mark.parametrize("shop", ["", "\x00", "x" * 5_000, "https://acme.saleor.cloud/graphql", "' OR 1=1 --", "%00"])
@pytest.mark.parametrize("channel", ["us", "\x00", "x" * 5_000])
async def test_whatever_is_named_that_is_not_there_is_a_problem(both: Stage, shop: str, channel: str) -> None:
    answers = [
        await both.get("free-shipping", shop=shop, channel=channel),
        await both.get("banner", shop=shop),
        await both.get("free-shipping", channel=channel + "x"),
        await both.tell(shop=shop),
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


async def test_a_token_told_again_is_the_same_customers_and_no_more(stage: Stage) -> None:
    """Replayed, it answers as before until it runs out; in another shop it is worth nothing."""
    stage.rules(RULES)
    stage.customer(Segment.LOYAL)
    given = {"Authorization": f"Bearer {stage.token('U1')}"}
    for later, status in ((0, 200), (4, 200), (6, 401)):
        stage.now = NOW + timedelta(minutes=later)
        answer = await stage.get("free-shipping", headers=given, channel="us")
        assert answer.status_code == status


async def test_with_a_database_that_hangs_the_page_is_asked_to_come_back_soon(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "SECONDS", 0.05)
    hung = threading.Event()

    def hang(*_: object) -> None:
        hung.wait(30)

    monkeypatch.setattr(fronts, "_front", hang)
    monkeypatch.setattr(fronts, "_glance", hang)
    for asked in (stage.get("free-shipping", channel="us"), stage.get("banner", user="U1"), stage.tell(stage.event())):
        began = time.monotonic()
        answer = await asked
        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert time.monotonic() - began < 5
    hung.set()


async def test_with_a_database_that_is_gone_every_answer_is_a_problem(tmp_path: Path) -> None:
    """A real one: nobody listens at its address any more."""
    database = Database(f"sqlite:///{tmp_path / 'retention.db'}", pool_size=4)
    with database.write() as connection:
        metadata.create_all(connection)
    stage = Stage(database)
    stage.house = replace(stage.house, database=Database("postgresql://nobody@127.0.0.1:1/gone"))
    stage.open()
    for answer in (
        await stage.get("free-shipping", channel="us"),
        await stage.get("banner", user="U1"),
        await stage.tell(stage.event()),
    ):
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert "127.0.0.1" not in answer.text
    database.close()


async def test_a_channel_that_is_not_there_looks_like_a_shop_that_is_not_there(stage: Stage) -> None:
    nowhere = await stage.get("free-shipping", channel="nowhere")
    unknown = await stage.get("free-shipping", shop="x", channel="us")
    assert nowhere.text == unknown.text
    assert nowhere.status_code == 404


async def test_browsers_of_the_shops_own_origins_alone_may_read(stage: Stage) -> None:
    for origin, allowed in ((ORIGIN, True), ("https://tea.example.evil.example", False), ("null", False), ("*", False)):
        answer = await stage.get("free-shipping", channel="us", headers={"Origin": origin})
        assert answer.status_code == 200
        assert answer.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
        assert "Access-Control-Allow-Credentials" not in answer.headers
        asked = await stage.preflight(origin)
        assert asked.status_code == 204
        assert asked.headers.get("Access-Control-Allow-Headers") == (
            "authorization, if-none-match" if allowed else None
        )
    assert (await stage.preflight(ORIGIN, shop="x")).headers == (await stage.preflight("https://x.example")).headers


async def test_problems_can_be_read_by_the_shops_pages_too(stage: Stage) -> None:
    answer = await stage.get("free-shipping", channel="us", subtotal="x", headers={"Origin": ORIGIN})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize("allowance", [Allowance(per_address=2), Allowance(per_shop=2)])
async def test_who_asks_too_often_is_told_to_wait(stage: Stage, allowance: Allowance) -> None:
    stage.allowance = allowance
    stage.open()
    assert [(await stage.get("free-shipping", channel="us")).status_code for _ in range(3)] == [200, 200, 429]
    refused = await stage.get("free-shipping", channel="us")
    assert refused.headers["Retry-After"] == "60"
    assert refused.json()["status"] == 429


async def test_without_a_database_the_page_is_asked_to_come_back(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise TryLater("The database did not answer: secret details")

    monkeypatch.setattr(fronts, "_front", gone)
    answer = await stage.get("free-shipping", channel="us")
    assert answer.status_code == 503
    assert "secret" not in answer.text
    assert answer.headers["Retry-After"] == "5"


async def test_what_is_read_of_a_shop_is_believed_for_seconds(stage: Stage) -> None:
    stage.tick = 0.0
    with stage.database.write() as connection:
        channels.save(connection, stage.shop_id, [PLN], NOW)
    assert (await stage.get("free-shipping", channel="us")).status_code == 404
    stage.rules(RULES)
    assert (await stage.get("free-shipping", channel="pl")).status_code == 204
    stage.rules({"pl": {"regular": 20}})
    stage.customer()
    assert await stage.free_shipping(channel="pl") == {}
    stage.ticks += fronts.SECONDS
    assert (await stage.free_shipping(channel="pl"))["threshold"] == "20.00"


CODE = {"code": "ABCD23456789", "until": (NOW + days(3)).isoformat()}


@pytest.mark.parametrize(
    ("data", "later", "status"),
    [(CODE, 0, 200), (CODE, 2.99, 200), (CODE, 3, 204), (None, 0, 204)],
)
async def test_a_banner_is_shown_to_its_customer_until_it_ends(
    stage: Stage, data: dict[str, str] | None, later: float, status: int
) -> None:
    stage.customer(shown={Slot.BANNER: data} if data else None)
    stage.customer(user_id="U2", email="bob@tea.example")
    stage.now = NOW + days(later)
    answer = await stage.get("banner", user="U1")
    assert answer.status_code == status
    assert answer.headers["Cache-Control"] == "private, no-store"
    if status == 200:
        said = answer.json()
        assert read_ref(stage.house.keyring, stage.shop_id, said.pop("ref")) == "offer"
        assert said == {"text": "Seen", **CODE}
    assert (await stage.get("banner", user="U2")).status_code == 204
    assert (await stage.get("banner")).status_code == 401

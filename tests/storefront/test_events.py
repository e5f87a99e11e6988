"""What shoppers' pages tell: what is kept, and what is left out without a word."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from plugin import metrics
from plugin.domain.deeds import Deed
from plugin.errors import NotVerified, Rejected, TryLater
from plugin.flow import front_events as flow
from plugin.flow.front_events import Told
from plugin.secrets import Keyring
from plugin.store import front_events, shops
from plugin.store.front_events import Count, Seen
from plugin.store.schema import customers as customers_table
from plugin.store.schema import front_events as table
from plugin.storefront import refs
from plugin.storefront.allowance import Allowance
from plugin.storefront.events import is_bot, read_letter, sort_out
from plugin.storefront.refs import read_ref, sign_ref
from tests.saleor.signing import API, NOW
from tests.shop import days
from tests.storefront.stage import ORIGIN, Stage

pytestmark = pytest.mark.anyio

VIEW = {"type": "product_viewed", "product": "UHJvZHVjdDox", "at": NOW.isoformat()}


def kept(stage: Stage) -> list[tuple[str, str | None, str | None, int | None]]:
    with stage.database.read() as connection:
        rows = connection.execute(select(table).order_by(table.c.at, table.c.deed))
        return [(row.deed, row.content, row.product, row.customer_id) for row in rows]


async def test_what_a_signed_in_shopper_did_is_kept_with_them(both: Stage) -> None:
    ann = both.customer()
    answer = await both.tell(both.event(), both.event("clicked"), VIEW, user="U1", headers={"Origin": ORIGIN})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert kept(both) == [
        ("clicked", "banner-7", None, ann),
        ("product_viewed", None, "UHJvZHVjdDox", ann),
        ("seen", "banner-7", None, ann),
    ]
    with both.database.read() as connection:
        assert front_events.seen(connection, both.shop_id, ann, NOW) == [
            Seen("banner-7", Deed.CLICKED, NOW),
            Seen("banner-7", Deed.SEEN, NOW),
        ]
        assert front_events.seen(connection, both.shop_id, ann, NOW + days(1)) == []
        assert front_events.counts(connection, both.shop_id, NOW.date()) == [
            Count(NOW.date(), "banner-7", Deed.CLICKED, 1),
            Count(NOW.date(), "banner-7", Deed.SEEN, 1),
        ]


async def test_a_beacon_sets_no_header_so_its_token_is_in_the_body(stage: Stage) -> None:
    ann = stage.customer()
    answer = await stage.tell(
        stage.event(), token=stage.token("U1"), headers={"Content-Type": "text/plain;charset=UTF-8", "Origin": ORIGIN}
    )
    assert answer.status_code == 204
    assert kept(stage) == [("seen", "banner-7", None, ann)]


@pytest.mark.parametrize(
    ("user", "said"),
    [(None, {}), ("U9", {}), ("U1", {"objects": True}), ("U1", {"opted_out": True})],
    ids=["a guest", "not known here", "does not want to be measured", "has opted out"],
)
async def test_of_others_nothing_personal_is_kept(both: Stage, user: str | None, said: dict[str, bool]) -> None:
    both.customer()
    if said:
        with both.database.write() as connection:
            connection.execute(customers_table.update().values(said))
    assert (await both.tell(both.event(), user=user)).status_code == 204
    assert kept(both) == [("seen", "banner-7", None, None)]


@pytest.mark.parametrize("consent", [False, None, "true", 1, {}])
async def test_without_consent_nothing_is_kept(stage: Stage, consent: Any) -> None:
    stage.customer()
    assert (await stage.tell(stage.event(), user="U1", consent=consent)).status_code == 204
    assert kept(stage) == []


async def test_the_same_event_told_again_is_kept_and_counted_once(both: Stage) -> None:
    both.customer()
    event = both.event()
    for _ in range(2):
        assert (await both.tell(event, event, user="U1")).status_code == 204
    await both.tell({**event, "at": (NOW - timedelta(seconds=1)).isoformat()}, user="U1")
    assert len(kept(both)) == 2
    with both.database.read() as connection:
        assert [count.times for count in front_events.counts(connection, both.shop_id, NOW.date())] == [2]


async def test_many_at_once_are_kept_in_few_transactions(both: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    both.customer()
    rounds = list[int]()

    def watched(house: Any, shop_id: int, calls: Any, real: Callable[..., None] = flow.write) -> None:
        rounds.append(len(calls))
        real(house, shop_id, calls)

    monkeypatch.setattr(flow, "write", watched)
    told = [
        both.tell(both.event(at=(NOW - timedelta(seconds=number)).isoformat()), user="U1" if number % 2 else None)
        for number in range(40)
    ]
    assert {answer.status_code for answer in await asyncio.gather(*told)} == {204}
    assert len(kept(both)) == sum(rounds) == 40
    assert len(rounds) < 40


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"type": "bought"}, "unknown"),
        ({"type": None}, "unknown"),
        ({"type": ["seen"]}, "unknown"),
        ({"type": "product_viewed"}, "unknown"),
        ({"type": "product_viewed", "product": "<script>"}, "unknown"),
        ({"type": "basket_added", "product": 7}, "unknown"),
        ({"type": "basket_added", "product": "A" * 101}, "unknown"),
        ({"ref": "forged"}, "ref"),
        ({"ref": None}, "ref"),
        ({"ref": "x" * 10_000}, "ref"),
        ({"at": (NOW + timedelta(minutes=2)).isoformat()}, "time"),
        ({"at": (NOW - timedelta(hours=25)).isoformat()}, "time"),
        ({"at": "2026-03-01T12:00:00"}, "time"),  # of no zone
        ({"at": "0001-01-01T00:00:00+14:00"}, "time"),
        ({"at": "9999-12-31T23:59:59-14:00"}, "time"),
        ({"at": 1772366400}, "time"),
        ({"at": "yesterday"}, "time"),
    ],
)
async def test_a_wrong_event_is_left_out_and_the_others_are_kept(
    stage: Stage, change: dict[str, Any], why: str
) -> None:
    before = dropped(why)
    answer = await stage.tell({**stage.event(), **change}, stage.event("dismissed"), None, "seen", 3)
    assert answer.status_code == 204
    assert [row[0] for row in kept(stage)] == ["dismissed"]
    assert dropped(why) - before == (4 if why == "unknown" else 1)


def dropped(why: str) -> float:
    return metrics.registry.get_sample_value("retention_front_events_total", {"result": why}) or 0.0


async def test_a_reference_is_of_one_shop_and_has_an_end(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = stage.house.keyring
    foreign = {
        "another shop's": sign_ref(keyring, stage.shop_id + 1, "banner-7"),
        "another key's": sign_ref(Keyring(["x" * 32]), stage.shop_id, "banner-7"),
        "another purpose": keyring.sign("offer", [stage.shop_id, "banner-7"]),
        "another shape": keyring.sign(refs.PURPOSE, "banner-7"),
    }
    for ref in foreign.values():
        assert read_ref(keyring, stage.shop_id, ref) is None
        assert (await stage.tell({**stage.event(), "ref": ref})).status_code == 204
    good = sign_ref(keyring, stage.shop_id, "banner-7")
    assert read_ref(keyring, stage.shop_id, good) == "banner-7"
    assert read_ref(Keyring(["n" * 32, "k" * 32]), stage.shop_id, good) == "banner-7"
    monkeypatch.setattr(refs, "LIFE", timedelta(seconds=-1))
    assert read_ref(keyring, stage.shop_id, good) is None
    assert kept(stage) == []


@pytest.mark.parametrize(
    ("agent", "bot"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36", False),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Cubot Version/26.0", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True),
        ("Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)", True),
        ("facebookexternalhit/1.1", True),
        ("Mozilla/5.0 (compatible; Yahoo! Slurp)", True),
        ("", True),
    ],
)
async def test_bots_that_say_so_are_not_counted(stage: Stage, agent: str, bot: bool) -> None:
    assert is_bot(agent) is bot
    assert (await stage.tell(stage.event(), headers={"User-Agent": agent})).status_code == 204
    assert bool(kept(stage)) is not bot


TOO_MANY = [VIEW] * 51
SHAPES: dict[str, tuple[bytes, int]] = {
    "nothing": (b"", 400),
    "not JSON": (b"{", 400),
    "deep": (b"[" * 20_000, 400),
    "a list": (b"[]", 400),
    "without events": (json.dumps({"shop": API}).encode(), 400),
    "without a shop": (b'{"events": []}', 400),
    "events that are none": (json.dumps({"shop": API, "events": {}}).encode(), 400),
    "a token that is none": (json.dumps({"shop": API, "events": [], "token": 1}).encode(), 400),
    "fifty-one": (json.dumps({"shop": API, "consent": True, "events": TOO_MANY}).encode(), 400),
    "thousands": (json.dumps({"shop": API, "consent": True, "events": [VIEW] * 5_000}).encode(), 413),
    "an unknown shop": (json.dumps({"shop": "https://x.example/graphql/", "events": []}).encode(), 404),
    "a shop with half a letter": (b'{"shop": "\\ud800\\u0000", "events": []}', 404),
    "not UTF-8": (b'{"shop": "\xff", "events": []}', 400),
}


@pytest.mark.parametrize("named", SHAPES)
async def test_what_is_no_call_is_a_problem(stage: Stage, named: str) -> None:
    raw, status = SHAPES[named]
    answer = await stage.tell(raw=raw)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert kept(stage) == []


async def test_a_wrong_token_is_refused_wherever_it_stands(stage: Stage) -> None:
    forged = stage.token("U1")[:-6] + "AAAAAA"
    in_header = await stage.tell(stage.event(), headers={"Authorization": f"Bearer {forged}"})
    in_body = await stage.tell(stage.event(), token=forged)
    nowhere = await stage.tell(stage.event(), token=forged, shop="https://x.example/graphql/")
    assert {answer.status_code for answer in (in_header, in_body, nowhere)} == {401}
    assert in_header.text == in_body.text == nowhere.text
    assert kept(stage) == []


async def test_the_address_and_the_body_name_the_same_shop(stage: Stage) -> None:
    assert (await stage.tell(stage.event(), address="https://x.example/graphql/")).status_code == 400
    assert (await stage.tell(stage.event(), address=API)).status_code == 204


async def test_pages_of_other_origins_tell_nothing(stage: Stage) -> None:
    for origin in ("https://evil.example", "null"):
        answer = await stage.tell(stage.event(), headers={"Origin": origin})
        assert answer.status_code == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert kept(stage) == []
    assert (await stage.tell(stage.event())).status_code == 204  # a server has no origin


async def test_a_browser_may_ask_first_where_the_address_names_the_shop(stage: Stage) -> None:
    asked = await stage.preflight(ORIGIN, path="events")
    assert asked.headers["Access-Control-Allow-Methods"] == "POST"
    assert asked.headers["Access-Control-Allow-Headers"] == "authorization, content-type"
    assert "Access-Control-Allow-Origin" not in (await stage.preflight("https://evil.example", path="events")).headers
    assert "Access-Control-Allow-Origin" not in (await stage.preflight(ORIGIN, shop="", path="events")).headers


@pytest.mark.parametrize("allowance", [Allowance(per_address=2), Allowance(per_shop=2)])
async def test_who_tells_too_much_is_told_to_wait(stage: Stage, allowance: Allowance) -> None:
    stage.allowance = allowance
    stage.open()
    assert [(await stage.tell()).status_code for _ in range(3)] == [204, 204, 429]


async def test_what_cannot_be_written_is_told_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise TryLater("The database did not answer: secret details")

    with monkeypatch.context() as broken:
        broken.setattr(flow, "write", gone)
        answer = await stage.tell(stage.event())
        assert answer.status_code == 503
        assert "secret" not in answer.text
    assert (await stage.tell(stage.event())).status_code == 204


async def test_a_shop_erased_a_moment_ago_is_no_error_of_others(both: Stage) -> None:
    both.tick = 0.0
    assert (await both.tell(both.event())).status_code == 204
    with both.database.write() as connection:
        shops.delete(connection, both.shop_id)
    assert (await both.tell(both.event("clicked"))).status_code == 503


@pytest.mark.parametrize("zone", [UTC, ZoneInfo("Asia/Tokyo")])
def test_days_are_the_shops(zone: tzinfo) -> None:
    at = datetime(2026, 3, 1, 20, tzinfo=UTC)
    found = sort_out([{**VIEW, "at": at.isoformat()}], lambda _: None, at, zone)
    assert found.told == [Told(Deed.PRODUCT_VIEWED, None, "UHJvZHVjdDox", at, at.astimezone(zone).date())]
    assert found.dropped == {}


def test_a_letter_is_read_as_it_is() -> None:
    letter = read_letter(json.dumps({"shop": "s", "events": [1], "consent": True, "token": "t", "more": 1}).encode())
    assert (letter.shop, letter.consent, letter.token, letter.events) == ("s", True, "t", [1])
    with pytest.raises(Rejected):
        read_letter(b"1")


def test_a_reference_names_nobody() -> None:
    keyring = Keyring(["k" * 32])
    with pytest.raises(NotVerified):
        keyring.unsign("another", sign_ref(keyring, 1, "banner-7"), refs.LIFE)
    assert sign_ref(keyring, 1, "a") == sign_ref(keyring, 1, "a")

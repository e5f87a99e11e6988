"""A storefront's server that asks for its shoppers, and the fixed shoppers of the test mode."""

from typing import Any

import pytest
from sqlalchemy import func, select

from plugin.domain.effects import Slot
from plugin.domain.segments import Segment
from plugin.flow import fronts
from plugin.store import shops, storefront_keys
from plugin.store.schema import metadata
from plugin.storefront.allowance import Allowance
from tests.store.test_tenants import make_shop
from tests.storefront.stage import ORIGIN, Stage

pytestmark = pytest.mark.anyio

RULES = {"us": {"loyal": 25}}


async def test_a_server_is_answered_as_its_shopper_would_be(both: Stage) -> None:
    both.rules(RULES)
    both.customer(Segment.LOYAL, shown={Slot.BANNER: {"code": "ABC"}})
    key = both.key()
    for path in ("free-shipping", "banner"):
        own = await both.get(path, user="U1", channel="us")
        asked = await both.by_server(path, key, channel="us")
        assert (asked.status_code, asked.text) == (own.status_code, own.text) == (200, own.text)
        assert asked.headers == own.headers
    assert both.seen()["us"]["amount"] == "25.00"  # what was shown is a promise, whoever fetched it
    told = await both.tell(
        both.event(),
        headers={"Authorization": f"Retention-Key {key}", "X-Retention-User": "U1", "User-Agent": "undici"},
    )
    assert told.status_code == 204


async def test_an_unknown_user_and_none_get_what_everyone_gets(stage: Stage) -> None:
    stage.rules(RULES)
    key = stage.key()
    assert (await stage.by_server("free-shipping", key, "U9", channel="us")).json()["personal"] is False
    assert (await stage.by_server("free-shipping", key, None, channel="us")).json()["personal"] is False
    assert (await stage.by_server("banner", key, "U9")).status_code == 204
    assert (await stage.by_server("banner", key, None)).status_code == 401


async def test_a_wrong_key_is_refused_as_a_wrong_token_is(stage: Stage) -> None:
    stage.customer(Segment.LOYAL)
    key = stage.key()
    with stage.database.write() as connection:
        other = make_shop(connection, "two")
        theirs = storefront_keys.new_key()
        storefront_keys.add(connection, other, theirs, "", "test", stage.now)
    wrong = await stage.get("banner", headers={"Authorization": "Bearer x.y.z"})
    refused = [
        await stage.by_server("banner", ""),
        await stage.by_server("banner", key[:-1]),
        await stage.by_server("banner", theirs),
        await stage.by_server("banner", key, shop="https://nobody.example/graphql/"),
        await stage.by_server("banner", key, "no user"),
        await stage.by_server("banner", key, "U" * 101),
        await stage.get("banner", headers={"Authorization": f"Bearer {key}", "X-Retention-User": "U1"}),
        await stage.get("banner", headers={"X-Retention-User": "U1"}),
    ]
    assert {(answer.status_code, answer.text) for answer in refused} == {(wrong.status_code, wrong.text)}
    assert wrong.status_code == 401


@pytest.mark.parametrize("origin", [ORIGIN, "https://evil.example", "null"])
async def test_a_key_is_never_taken_from_a_page(stage: Stage, origin: str) -> None:
    for key in (stage.key(), "wrong"):
        answer = await stage.by_server("banner", key, headers={"Origin": origin})
        assert answer.status_code == 403
        assert "belongs on a server" in answer.json()["detail"]
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_key_that_is_revoked_is_a_wrong_one_within_seconds(stage: Stage) -> None:
    old, new = stage.key(), stage.key()
    stage.tick = 0.0
    assert (await stage.by_server("banner", old)).status_code == 204
    with stage.database.write() as connection:
        first = storefront_keys.listed(connection, stage.shop_id)[0]
        assert storefront_keys.revoke(connection, stage.shop_id, first.key_id)
    stage.ticks += fronts.SECONDS
    assert (await stage.by_server("banner", old)).status_code == 401
    assert (await stage.by_server("banner", new)).status_code == 204


async def test_only_who_has_no_key_is_counted_by_the_address(stage: Stage) -> None:
    stage.allowance = Allowance(per_address=2)
    stage.open()
    key = stage.key()
    assert [(await stage.by_server("banner", key)).status_code for _ in range(5)] == [204] * 5
    assert [(await stage.by_server("banner", "wrong")).status_code for _ in range(3)] == [401, 401, 429]
    stage.allowance = Allowance(per_shop=2)
    stage.open()
    assert [(await stage.by_server("banner", key)).status_code for _ in range(3)] == [204, 204, 429]


def switch(stage: Stage, *, on: bool) -> None:
    with stage.database.write() as connection:
        shops.set_test_mode(connection, stage.shop_id, on)


async def ask(stage: Stage, path: str, shopper: str, **params: Any) -> Any:
    return await stage.get(path, headers={"Authorization": f"Bearer test:{shopper}"}, **params)


@pytest.mark.parametrize(
    ("shopper", "threshold", "banner"),
    [("new", "60.00", 204), ("regular", "50.00", 204), ("loyal", "30.00", 204), ("at_risk", "40.00", 200)],
)
async def test_a_fixed_shopper_is_always_answered_the_same(
    stage: Stage, shopper: str, threshold: str, banner: int
) -> None:
    switch(stage, on=True)
    stage.rules({"us": {shopper: 7}}, text="The merchant's own text.")
    answer = await ask(stage, "free-shipping", shopper, channel="us", subtotal="15")
    assert answer.json() | {"left": "", "share": 0} == {
        "threshold": threshold,
        "currency": "USD",
        "left": "",
        "share": 0,
        "earned": False,
        "text": f"Free shipping from {threshold} USD.",
        "tokens": "Free shipping from {threshold}.",
        "personal": True,
        "ref": "test",
        "test": True,
    }
    assert (await ask(stage, "free-shipping", shopper, channel="pl")).json()["currency"] == "PLN"
    assert (await ask(stage, "free-shipping", shopper, channel="x")).status_code == 404
    assert answer.headers["Cache-Control"] == "private, no-store"
    shown = await ask(stage, "banner", shopper)
    assert shown.status_code == banner
    assert banner == 204 or (shown.json()["test"], shown.json()["code"]) == (True, "TEST-WELCOME-BACK")


async def test_a_fixed_shopper_writes_nothing(stage: Stage) -> None:
    switch(stage, on=True)
    stage.rules(RULES)
    before = rows(stage)
    await ask(stage, "free-shipping", "loyal", channel="us")
    assert (await stage.tell(stage.event(), token="test:loyal")).status_code == 204
    assert rows(stage) == before


def rows(stage: Stage) -> dict[str, int]:
    with stage.database.read() as connection:
        return {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }


@pytest.mark.parametrize(("on", "shopper"), [(False, "loyal"), (True, "vip"), (True, ""), (True, "dormant")])
async def test_elsewhere_they_are_wrong_tokens(stage: Stage, on: bool, shopper: str) -> None:
    switch(stage, on=on)
    answer = await ask(stage, "banner", shopper)
    wrong = await stage.get("banner", headers={"Authorization": "Bearer x.y.z"})
    assert (answer.status_code, answer.text) == (401, wrong.text)

"""The way in: what is taken, what is refused and with which answer."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from pytest_httpx import HTTPXMock

from plugin.store import shops
from plugin.store.shops import ShopStatus
from tests.saleor.signing import API, NOW, jwks, kid_of, sign
from tests.webhooks.conftest import BODY, OTHER, House
from webhooks.door import LARGEST_BODY

pytestmark = [
    pytest.mark.anyio,
    # what goes to the app under test is not what pytest-httpx stands in for
    pytest.mark.httpx_mock(should_mock=lambda request: request.url.host != "retention.example"),
]
JWKS_URL = "https://acme.saleor.cloud/.well-known/jwks.json"


async def test_a_webhook_is_durable_when_it_is_answered(house: House) -> None:
    answer = await house.post()
    assert (answer.status_code, answer.json()) == (200, {})
    [row] = house.inbox()
    assert (row["shop_id"], row["event"], row["body"], row["status"]) == (house.shop_id, "order_created", BODY, "open")
    assert (row["received_at"], row["due_at"], row["attempts"]) == (NOW, NOW, 0)
    assert house.woken == [{house.shop_id}]


async def test_two_deliveries_of_one_event_are_one_row_and_two_events_are_two(house: House) -> None:
    bodies = [BODY, BODY, BODY.replace(b"12:00:00", b"12:00:01"), BODY]
    answers = await asyncio.gather(*(house.post(body) for body in bodies), house.post(Saleor_Event="order_updated"))
    assert {answer.status_code for answer in answers} == {200}
    assert len(house.inbox()) == 3
    await house.post()
    assert len(house.inbox()) == 3


async def test_the_same_body_from_two_shops_is_two_rows(house: House) -> None:
    await house.post()
    assert (await house.post(Saleor_Api_Url=OTHER, Saleor_Signature=sign(BODY, "other"))).status_code == 200
    assert len({row["shop_id"] for row in house.inbox()}) == 2


REFUSED: dict[str, tuple[dict[str, str | None], int, str]] = {
    "unknown shop": ({"Saleor_Api_Url": "https://nowhere.example/graphql/"}, 404, "has not installed"),
    "a shop that is being installed": ({"Saleor_Api_Url": "https://coming.example/graphql/"}, 503, "not installed yet"),
    "no host": ({"Saleor_Api_Url": "http://[::1"}, 404, "has not installed"),
    "no shop": ({"Saleor_Api_Url": None}, 404, "has not installed"),
    "no signature": ({"Saleor_Signature": None}, 401, "not signed"),
    "empty signature": ({"Saleor_Signature": ""}, 401, "not signed"),
    "forged signature": ({"Saleor_Signature": sign(BODY)[:-10] + "AAAAAAAAAA"}, 401, "not of this body"),
    "signature of another body": ({"Saleor_Signature": sign(BODY + b" ")}, 401, "not of this body"),
    "another shop's key": ({"Saleor_Signature": sign(BODY, "other", {"kid": kid_of("acme")})}, 401, "not of this body"),
    "this shop's key for another": ({"Saleor_Api_Url": OTHER}, 401, "does not have"),
    "alg none": ({"Saleor_Signature": sign(BODY, header={"alg": "none"})}, 401, "RS256"),
    "HS256": ({"Saleor_Signature": sign(BODY, header={"alg": "HS256"})}, 401, "RS256"),
    "no event": ({"Saleor_Event": None}, 400, "Saleor-Event"),
    "an event that is none": ({"Saleor_Event": "order created"}, 400, "Saleor-Event"),
    "an event in capitals": ({"Saleor_Event": "ORDER_CREATED"}, 400, "Saleor-Event"),
    "a long event": ({"Saleor_Event": "x" * 61}, 400, "Saleor-Event"),
}


@pytest.mark.parametrize(("changes", "status", "says"), REFUSED.values(), ids=REFUSED)
async def test_a_refusal_has_a_status_and_a_sentence(
    house: House, httpx_mock: HTTPXMock, changes: dict[str, str | None], status: int, says: str
) -> None:
    httpx_mock.add_response(url="https://other.example/.well-known/jwks.json", json=jwks("other"), is_optional=True)
    answer = await house.post(BODY, **changes)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]
    assert house.inbox() == []
    assert house.woken == []


async def test_an_unknown_key_is_refused_after_one_look(house: House, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=JWKS_URL, json=jwks())
    for _ in range(3):
        answer = await house.post(Saleor_Signature=sign(BODY, "stranger"))
        assert answer.status_code == 401
    assert len(httpx_mock.get_requests()) == 1
    assert (await house.post()).status_code == 200


async def test_a_rotated_key_is_found_and_kept(house: House, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=JWKS_URL, json=jwks("acme", "rotated"))
    assert (await house.post(Saleor_Signature=sign(BODY, "rotated"))).status_code == 200
    with house.db.read() as conn:
        assert shops.get(conn, house.shop_id).jwks == jwks("acme", "rotated")


async def test_keys_that_cannot_be_fetched_are_our_trouble(house: House, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=JWKS_URL, status_code=500)
    answer = await house.post(Saleor_Signature=sign(BODY, "rotated"))
    assert answer.status_code == 503, "Saleor tries again after a 503, and never after a 401"


@pytest.mark.parametrize(
    ("status", "answered"),
    [(ShopStatus.ACTIVE, 200), (ShopStatus.DEACTIVATED, 200), (ShopStatus.REFUSED, 200), (ShopStatus.UNINSTALLED, 404)],
)
async def test_what_a_resting_shop_sends_is_kept(house: House, status: ShopStatus, answered: int) -> None:
    with house.db.write() as conn:
        shops.set_status(conn, house.shop_id, status, NOW)
    assert (await house.post()).status_code == answered


async def test_an_unknown_event_is_kept_for_a_person_to_see(house: House) -> None:
    assert (await house.post(Saleor_Event="gift_card_sent")).status_code == 200
    assert [row["event"] for row in house.inbox()] == ["gift_card_sent"]


async def test_broken_json_that_is_signed_is_kept_too(house: House) -> None:
    assert (await house.post(b"{")).status_code == 200
    assert [row["body"] for row in house.inbox()] == [b"{"]


async def test_a_body_of_one_mebibyte_is_taken_and_one_byte_more_is_not(house: House) -> None:
    assert (await house.post(b"x" * LARGEST_BODY)).status_code == 200
    answer = await house.post(b"x" * (LARGEST_BODY + 1))
    assert answer.status_code == 413
    assert str(LARGEST_BODY) in answer.json()["error"]["message"]
    assert len(house.inbox()) == 1


async def test_a_body_is_counted_while_it_comes(house: House) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 100_000
            yield b"x" * 100_000

    headers = {"Saleor-Event": "order_created", "Saleor-Api-Url": API, "Saleor-Signature": sign(b"")}
    answer = await house.client.post("/api/webhooks/orders", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert sent < 2 * LARGEST_BODY


async def test_a_body_in_parts_is_one_body(house: House) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for n in range(0, len(BODY), 7):
            yield BODY[n : n + 7]

    headers = {"Saleor-Event": "order_created", "Saleor-Api-Url": API, "Saleor-Signature": sign(BODY)}
    assert (await house.client.post("/api/webhooks/orders", content=parts(), headers=headers)).status_code == 200
    assert [row["body"] for row in house.inbox()] == [BODY]


async def test_a_shop_is_read_once_in_five_seconds(house: House) -> None:
    await house.post()
    with house.db.write() as conn:
        shops.set_status(conn, house.shop_id, ShopStatus.UNINSTALLED, NOW)
    assert (await house.post()).status_code == 200
    house.clock.seconds += 5
    assert (await house.post()).status_code == 404


PATHS = ["/api/webhooks/orders/", "/api/register/", "/api/manifest/"]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_no_slash_is_redirected(house: House, path: str, method: str) -> None:
    assert (await house.client.request(method, path)).status_code in {404, 405}


@pytest.mark.parametrize("path", ["/api/webhooks/orders", "/api/register"])
async def test_only_a_post_comes_in(house: House, path: str) -> None:
    assert (await house.client.get(path)).status_code == 405


async def test_the_manifest_is_served(house: House) -> None:
    answer = await house.client.get("/api/manifest", headers={"Saleor-Schema-Version": "3.23"})
    assert answer.json()["tokenTargetUrl"] == "https://retention.example/api/register"


async def test_the_pages_that_the_manifest_names_are_there(house: House) -> None:
    manifest = (await house.client.get("/api/manifest")).json()
    for key in ("homepageUrl", "supportUrl", "dataPrivacyUrl"):
        page, _, part = manifest[key].partition("#")
        answer = await house.client.get(page)
        assert answer.status_code == 200
        assert not part or f'id="{part}"' in answer.text


TOLD = {"data": {"app": {"id": "QXBwOjk="}, "shop": {"name": "new", "version": "3.24.0"}}}
NEW = "https://1.1.1.1/graphql/"


async def register(house: House, body: bytes = b'{"auth_token": "secret"}', api_url: str = NEW) -> httpx.Response:
    return await house.client.post("/api/register", content=body, headers={"Saleor-Api-Url": api_url})


async def test_a_shop_registers_and_its_webhooks_are_taken_at_once(house: House, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=NEW, json=TOLD)
    httpx_mock.add_response(url="https://1.1.1.1/.well-known/jwks.json", json=jwks("new"))
    signature = sign(BODY, "new")
    assert (await house.post(Saleor_Api_Url=NEW, Saleor_Signature=signature)).status_code == 404
    assert (await register(house)).status_code == 200
    assert (await house.post(Saleor_Api_Url=NEW, Saleor_Signature=signature)).status_code == 200


NOT_REGISTERED: dict[str, tuple[bytes, str, int, str]] = {
    "broken JSON": (b"{", NEW, 400, "not JSON"),
    "no token": (b"{}", NEW, 400, "auth_token"),
    "wrong type": (b'{"auth_token": [1]}', NEW, 400, "auth_token"),
    "too large": (b" " * 10_001, NEW, 413, "10000"),
    "no address": (b'{"auth_token": "x"}', "", 400, "Saleor-Api-Url"),
    "outside of the allow-list": (b'{"auth_token": "x"}', "https://forbidden.example/graphql/", 403, "may not install"),
    "private address": (b'{"auth_token": "x"}', "https://127.0.0.1/graphql/", 403, "private network"),
}


@pytest.mark.parametrize(("body", "api_url", "status", "says"), NOT_REGISTERED.values(), ids=NOT_REGISTERED)
async def test_a_registration_is_refused_with_a_sentence(
    house: House, body: bytes, api_url: str, status: int, says: str
) -> None:
    answer = await register(house, body, api_url)
    assert answer.status_code == status
    assert says in answer.json()["error"]["message"]


async def test_a_token_that_does_not_open_its_api_is_refused(house: House, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=NEW, status_code=401)
    answer = await register(house)
    assert (answer.status_code, "does not open" in answer.json()["error"]["message"]) == (403, True)


async def test_a_shop_that_does_not_answer_can_try_again(house: House, httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=NEW, json=TOLD)
    httpx_mock.add_exception(httpx.ReadTimeout("too slow"))
    answer = await register(house)
    assert (answer.status_code, "too slow" in answer.json()["error"]["message"]) == (503, True)

"""What proves something and what does not."""

import hmac
import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm
from pytest_httpx import HTTPXMock

from plugin.errors import NotVerified, TryLater
from plugin.saleor.auth import read_signature, verify_dashboard_token, verify_shopper_token, verify_webhook
from plugin.saleor.jwks import SECONDS_BETWEEN_FETCHES, Keys, fetch_jwks, read_jwks
from tests.saleor.signing import API, NOW, Tenant, encoded, jwks, kid_of, private_key, public_jwk, sign, token

pytestmark = pytest.mark.anyio
BODY = '{"issuedAt": "2026-03-01T12:00:00+00:00", "name": "Zoë"}'.encode()
JWKS_URL = "https://acme.saleor.cloud/.well-known/jwks.json"
PAYLOADS = Path(__file__).parents[1] / "payloads"


class Clock:
    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Saved(list[tuple[int, Mapping[str, Any]]]):
    async def __call__(self, shop_id: int, keys: Mapping[str, Any]) -> None:
        self.append((shop_id, keys))


def keys(clock: Clock | None = None, saved: Saved | None = None) -> Keys:
    return Keys(httpx.AsyncClient(), Saved() if saved is None else saved, clock or Clock())


def hs256_with_the_public_key(body: bytes) -> str:
    """The classic confusion: the public key, which everybody has, used as an HMAC secret."""
    pem = private_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    header = encoded({"alg": "HS256", "b64": False, "crit": ["b64"], "kid": kid_of("acme"), "typ": "JWT"})
    return f"{header}..{encoded(hmac.digest(pem, header.encode() + b'.' + body, 'sha256'))}"


def without_signature(_: bytes) -> str:
    return encoded({"alg": "none", "b64": False, "crit": ["b64"], "kid": kid_of("acme")}) + ".."


FORGED: dict[str, Callable[[bytes], str]] = {
    "none at all": lambda _: "",
    "not a JWS": lambda _: "signature",
    "an attached payload": lambda body: sign(body).replace("..", f".{encoded(body)}."),
    "four parts": lambda body: sign(body) + ".x",
    "no value": without_signature,
    "alg none with a value": lambda body: sign(body, header={"alg": "none"}),
    "HS256 with the public key": hs256_with_the_public_key,
    "another RSA algorithm": lambda body: sign(body, header={"alg": "RS512"}),
    "b64 left out": lambda body: sign(body, header={"b64": None}),
    "b64 true": lambda body: sign(body, header={"b64": True}),
    "crit empty": lambda body: sign(body, header={"crit": []}),
    "crit with more": lambda body: sign(body, header={"crit": ["b64", "exp"]}),
    "no kid": lambda body: sign(body, header={"kid": None}),
    "kid is a number": lambda body: sign(body, header={"kid": 7}),
    "header not base64": lambda body: "!!" + sign(body)[2:],
    "header not JSON": lambda body: encoded(b"{") + sign(body)[sign(body).index("..") :],
    "header a list": lambda body: encoded(b"[]") + sign(body)[sign(body).index("..") :],
    "header nested": lambda _: encoded(b"[" * 700) + "..AAAA",
    "header long": lambda _: encoded(b" " * 2000 + b"{}") + "..AAAA",
    "another body": lambda body: sign(body + b" "),
    "another shop's key under this kid": lambda body: sign(body, "other", {"kid": kid_of("acme")}),
    "value cut off": lambda body: sign(body)[:-20],
    "value not base64": lambda body: sign(body)[:-4] + "!!!!",
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
async def test_a_forged_webhook_is_refused(forge: Callable[[bytes], str]) -> None:
    with pytest.raises(NotVerified):
        await verify(forge(BODY))


async def verify(signature: str, body: bytes = BODY) -> None:
    signed = read_signature(signature)
    verify_webhook(signed, body, await keys().key(Tenant(), signed.kid))


async def test_the_shops_own_webhook_is_taken() -> None:
    await verify(sign(BODY))


async def test_signatures_of_a_real_saleor_are_taken() -> None:
    recorded = json.loads((PAYLOADS / "signatures.json").read_text("utf-8"))
    assert len(recorded["signatures"]) >= 5
    for event, signature in recorded["signatures"].items():
        body = (PAYLOADS / f"{event}.json").read_bytes()
        signed = read_signature(signature)
        key = await keys().key(Tenant(jwks=recorded["jwks"]), signed.kid)
        verify_webhook(signed, body, key)
        with pytest.raises(NotVerified):
            verify_webhook(signed, body + b"\n", key)


async def test_an_unknown_key_is_looked_up_once_and_kept(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=JWKS_URL, json=jwks("acme", "new"))
    saved = Saved()
    held = keys(saved=saved)
    for _ in range(3):
        assert await held.key(Tenant(), kid_of("new")) is not None
        assert await held.key(Tenant(), kid_of("acme")) is not None
    assert saved == [(1, jwks("acme", "new"))]
    assert len(httpx_mock.get_requests()) == 1


async def test_a_key_that_the_shop_does_not_have_is_refused_and_asked_for_once_a_minute(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=JWKS_URL, json=jwks("acme"), is_reusable=True)
    clock = Clock()
    held = keys(clock)
    for _ in range(3):
        with pytest.raises(NotVerified, match="does not have"):
            await held.key(Tenant(), "unknown")
    with pytest.raises(TryLater, match="just now") as later:
        await held.key(Tenant(), "rotated since")
    assert later.value.after == SECONDS_BETWEEN_FETCHES
    assert len(httpx_mock.get_requests()) == 1
    clock.seconds += SECONDS_BETWEEN_FETCHES
    with pytest.raises(NotVerified):
        await held.key(Tenant(), "rotated since")
    assert len(httpx_mock.get_requests()) == 2
    assert await held.key(Tenant(), kid_of("acme")) is not None


async def test_one_shops_flood_does_not_slow_down_anothers_key(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=JWKS_URL, json=jwks("acme"))
    httpx_mock.add_response(url="https://other.example/.well-known/jwks.json", json=jwks("new"))
    held = keys()
    with pytest.raises(NotVerified):
        await held.key(Tenant(), "unknown")
    assert await held.key(Tenant(2, "https://other.example/graphql/"), kid_of("new")) is not None


async def test_a_shops_key_is_no_other_shops() -> None:
    held = keys()
    assert held.at_hand(Tenant(), kid_of("acme")) is not None
    assert held.at_hand(Tenant(2, jwks=jwks("other")), kid_of("acme")) is None


async def test_after_a_reinstall_the_stored_keys_count() -> None:
    held = keys()
    assert held.at_hand(Tenant(), kid_of("acme")) is not None
    assert held.at_hand(Tenant(jwks=jwks("new")), kid_of("acme")) is None
    assert held.at_hand(Tenant(jwks=jwks("new")), kid_of("new")) is not None


BROKEN: dict[str, dict[str, Any]] = {
    "an error": {"status_code": 500},
    "a redirect": {"status_code": 302, "headers": {"Location": "https://evil.example/"}},
    "HTML": {"html": "<p>hello"},
    "a list": {"json": []},
    "no keys": {"json": {"keys": []}},
    "something else": {"json": {"keys": "none"}},
    "far too much": {"content": b" " * 70_000},
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
async def test_keys_that_cannot_be_had_are_asked_for_later(httpx_mock: HTTPXMock, answer: dict[str, Any]) -> None:
    httpx_mock.add_response(url=JWKS_URL, **answer)
    held = keys()
    with pytest.raises(TryLater, match=JWKS_URL):
        await held.key(Tenant(), "unknown")
    assert await held.key(Tenant(), kid_of("acme")) is not None, "the keys at hand stay"


async def test_a_shop_that_does_not_answer_is_asked_later(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_exception(httpx.ConnectTimeout("too slow"))
    async with httpx.AsyncClient() as http:
        with pytest.raises(TryLater, match="too slow"):
            await fetch_jwks(http, API)


@pytest.mark.parametrize(
    "entry",
    [
        "text",
        {},
        public_jwk(kty="EC"),
        public_jwk(use="enc"),
        public_jwk(alg="RS512"),
        public_jwk(kid=None),
        public_jwk(n="!"),
        public_jwk(n=7),
        public_jwk(e="AA"),
        {"kty": "oct", "k": "c2VjcmV0", "kid": "x"},
    ],
)
def test_what_is_no_key_for_rs256_is_passed_over(entry: Any) -> None:
    assert list(read_jwks({"keys": [entry, public_jwk("new")]})) == [kid_of("new")]


def test_a_short_key_proves_nothing() -> None:
    short = RSAAlgorithm.to_jwk(private_key("short", 1024).public_key(), as_dict=True)
    assert read_jwks({"keys": [{**short, "kid": "short"}]}) == {}


async def test_the_dashboards_token_says_who_looks() -> None:
    user = await verify_dashboard_token(token(), Tenant(), keys(), NOW)
    assert (user.user_id, user.email) == ("VXNlcjox", "staff@example.com")
    assert user.permissions == {"MANAGE_ORDERS"}
    assert user.user_permissions == {"MANAGE_ORDERS", "MANAGE_STAFF"}


async def test_a_shoppers_token_says_who_asks() -> None:
    theirs = token(type="access", is_staff=False, app=None, permissions=None)
    assert (await verify_shopper_token(theirs, Tenant(), keys(), NOW)).user_id == "VXNlcjox"


def tampered(text: str) -> str:
    head, _, value = text.split(".")
    return f"{head}.{token(user_id='VXNlcjoy').split('.')[1]}.{value}"


NO_DASHBOARD: dict[str, str] = {
    "nothing": "",
    "not a token": "x.y",
    "empty parts": "..",
    "not base64": "!.!.!",
    "far too long": token() + "x" * 20_000,
    "alg none": token(header={"alg": "none"}),
    "HS256": token(header={"alg": "HS256"}),
    "crit": token(header={"crit": ["b64"]}),
    "another shop's key": token("other", header={"kid": kid_of("acme")}),
    "changed claims": tampered(token()),
    "another shop": token(iss="https://other.example/graphql/"),
    "a shopper's": token(type="access"),
    "a refresh token": token(type="refresh"),
    "another app": token(app="QXBwOjI="),
    "no app": token(app=None),
    "not staff": token(is_staff=False),
    "staff by word": token(is_staff="true"),
    "run out": token(exp=(NOW - timedelta(seconds=11)).timestamp()),
    "no end": token(exp=None),
    "end by word": token(exp="tomorrow"),
    "nobody": token(user_id=None),
    "a number": token(user_id=7),
}


@pytest.mark.parametrize("text", NO_DASHBOARD.values(), ids=NO_DASHBOARD)
async def test_what_is_no_dashboard_token(text: str) -> None:
    with pytest.raises(NotVerified):
        await verify_dashboard_token(text, Tenant(), keys(), NOW)


async def test_clocks_may_differ_a_little() -> None:
    text = token(exp=(NOW - timedelta(seconds=9)).timestamp())
    assert (await verify_dashboard_token(text, Tenant(), keys(), NOW)).user_id


async def test_the_dashboards_token_is_no_shoppers() -> None:
    with pytest.raises(NotVerified):
        await verify_shopper_token(token(), Tenant(), keys(), NOW)

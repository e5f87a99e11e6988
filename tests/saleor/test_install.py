"""Who may install, and what is asked of them first."""

from typing import Any

import httpx
import pytest
from pytest_httpx import HTTPXMock

from plugin.errors import NotAllowed, Rejected, RetentionError, TryLater
from plugin.saleor.install import Gate, Registration, check_address, check_version, is_public, register
from tests.saleor.signing import API, jwks

pytestmark = pytest.mark.anyio
JWKS_URL = "https://acme.saleor.cloud/.well-known/jwks.json"
BODY = b'{"auth_token": "secret"}'
TOLD = {"data": {"app": {"id": "QXBwOjE="}, "shop": {"name": "Acme", "version": "3.23.4"}}}
OPEN = Gate(lambda host: host == "acme.saleor.cloud", allow_private=True)


async def registered(body: bytes = BODY, api_url: str = API, gate: Gate = OPEN) -> Registration:
    async with httpx.AsyncClient() as http:
        return await register(body, api_url, gate, http)


async def test_a_shop_proves_itself_with_the_token_it_hands_over(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=API, json=TOLD, match_headers={"Authorization": "Bearer secret"})
    httpx_mock.add_response(url=JWKS_URL, json=jwks())
    assert await registered() == Registration(API, "QXBwOjE=", "secret", jwks(), "Acme", "3.23.4")


def test_a_registration_does_not_show_its_token() -> None:
    assert "secret" not in repr(Registration(API, "QXBwOjE=", "secret", jwks(), "Acme", "3.23.4"))


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"{}", b'{"auth_token": 7}', b'{"auth_token": ""}', b'{"auth_token": "\xc3\xab"}', b"\xff"],
)
async def test_a_request_without_a_token_is_refused(body: bytes) -> None:
    with pytest.raises(Rejected, match="register"):
        await registered(body)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ({"json": {"data": {"app": None, "shop": None}}}, NotAllowed),
        (
            {"json": {"errors": [{"message": "No", "extensions": {"exception": {"code": "PermissionDenied"}}}]}},
            NotAllowed,
        ),
        (
            {"json": {"errors": [{"message": "No", "extensions": {"exception": {"code": "InvalidTokenError"}}}]}},
            NotAllowed,
        ),
        ({"status_code": 401}, NotAllowed),
        ({"json": {"data": {"app": {"id": "QXBwOjE="}, "shop": {"name": "Old", "version": "3.22.9"}}}}, Rejected),
    ],
)
async def test_a_token_that_does_not_open_the_api_is_refused(
    httpx_mock: HTTPXMock, answer: dict[str, Any], error: type[RetentionError]
) -> None:
    httpx_mock.add_response(url=API, is_reusable=True, **answer)
    with pytest.raises(error):
        await registered()


async def test_a_shop_that_redirects_is_not_followed(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=API, status_code=302, headers={"Location": "http://10.0.0.1/"})
    with pytest.raises(NotAllowed):
        await registered()
    assert len(httpx_mock.get_requests()) == 1


async def test_a_shop_without_keys_cannot_be_installed_now(httpx_mock: HTTPXMock) -> None:
    httpx_mock.add_response(url=API, json=TOLD)
    httpx_mock.add_response(url=JWKS_URL, status_code=502)
    with pytest.raises(TryLater, match="502"):
        await registered()


NO_ADDRESS = [
    "",
    "acme.saleor.cloud",
    "ftp://acme.saleor.cloud/graphql/",
    "https:///graphql/",
    "https://user:pass@acme.saleor.cloud/graphql/",
    "https://acme.saleor.cloud/graphql/?x=1",
    "https://acme.saleor.cloud/graphql/#x",
    "https://acme.saleor.cloud:port/graphql/",
    "https://acme.saleor.cloud:99999/graphql/",
    "https://acme.saleor.cloud/ graphql/",
    "https://acme.saleor.cloud\\@evil.example/graphql/",
    "https://[::1/graphql/",
    "https://acme.saleor.cloud/" + "x" * 300,
    "https://zoë.example/graphql/",
]


@pytest.mark.parametrize("api_url", NO_ADDRESS)
async def test_what_is_no_address_is_refused(api_url: str) -> None:
    with pytest.raises(Rejected, match="Saleor-Api-Url"):
        await check_address(api_url, OPEN)


async def test_plain_http_needs_leave() -> None:
    url = "http://acme.saleor.cloud/graphql/"
    await check_address(url, OPEN)
    with pytest.raises(Rejected, match="begins with https"):
        await check_address(url, Gate(OPEN.is_allowed, allow_private=False))


@pytest.mark.parametrize(
    ("api_url", "asked"),
    [
        (API, "acme.saleor.cloud"),
        ("https://ACME.saleor.cloud:443/graphql/", "acme.saleor.cloud"),
        ("https://acme.saleor.cloud:8443/graphql/", "acme.saleor.cloud:8443"),
        ("http://localhost:8000/graphql/", "localhost:8000"),
        ("http://localhost/graphql/", "localhost"),
        ("https://acme.saleor.cloud.evil.example/graphql/", "acme.saleor.cloud.evil.example"),
    ],
)
async def test_hosts_outside_of_the_allow_list_are_refused(api_url: str, asked: str) -> None:
    with pytest.raises(NotAllowed, match=f"Shops at {asked} may not"):
        await check_address(api_url, Gate(lambda _: False, allow_private=True))


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.1.2.3", "192.168.0.1", "169.254.169.254", "[::1]", "[::ffff:10.0.0.1]", "[fd00::1]"],
)
async def test_private_addresses_are_refused_unless_allowed(host: str) -> None:
    url = f"https://{host}/graphql/"
    await check_address(url, Gate(lambda _: True, allow_private=True))
    with pytest.raises(NotAllowed, match="private network"):
        await check_address(url, Gate(lambda _: True, allow_private=False))


async def test_a_host_that_nobody_knows_can_be_tried_later() -> None:
    with pytest.raises(TryLater, match=r"nowhere\.invalid"):
        await check_address("https://nowhere.invalid/graphql/", Gate(lambda _: True, allow_private=False))


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True),
        ("2606:4700::1111", True),
        ("0.0.0.0", False),  # noqa: S104  an address to refuse, none to listen on
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fe80::1%eth0", False),
        ("::", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:1.1.1.1", True),
        ("2002:7f00:1::", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::101:101", True),
    ],
)
def test_what_is_out_there(address: str, public: bool) -> None:
    assert is_public(address) is public


@pytest.mark.parametrize("version", ["3.22.20", "2.99", "", "3", "new", "3.x"])
def test_saleor_before_3_23_is_refused(version: str) -> None:
    with pytest.raises(Rejected, match=r"needs Saleor 3\.23 or newer"):
        check_version(version)


@pytest.mark.parametrize("version", ["3.23.0", "3.24.0-a.0", "3.100", "4.0.1"])
def test_saleor_from_3_23_on_is_taken(version: str) -> None:
    check_version(version)

"""The token handshake: Saleor hands over a token, and nothing about that request is signed.

Anybody can call it and name any host. So the address must be of an allowed host that is not inside our
own network, and the token must open the API that it came with.
"""

import asyncio
import ipaddress
import json
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx

from plugin.errors import GiveUp, NotAllowed, Rejected, TryLater
from plugin.saleor.client import Saleor
from plugin.saleor.jwks import fetch_jwks

LEAST_VERSION = (3, 23)
LONGEST_URL = 255
LONGEST_TOKEN = 1_000
STANDARD_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Registration:
    """A shop that has proven itself, ready to be kept."""

    api_url: str
    app_id: str
    #: As Saleor gave it: to be encrypted before it is kept.
    token: str = field(repr=False)
    jwks: Mapping[str, Any] = field(repr=False)
    name: str
    saleor_version: str


@dataclass(frozen=True, slots=True)
class Gate:
    """Which addresses may install."""

    #: Asked with the host, and its port unless that is the scheme's own.
    is_allowed: Callable[[str], bool]
    #: Plain http and addresses of our own network, for shops on the same machine.
    allow_private: bool


async def register(body: bytes, api_url: str, gate: Gate, http: httpx.AsyncClient) -> Registration:
    """`api_url` is the header Saleor-Api-Url.

    Raises `Rejected` (also `NotAllowed`) with a sentence for the merchant, `TryLater` when the shop does
    not answer.
    """
    token = _token(body)
    await check_address(api_url, gate)
    try:
        told = await Saleor(api_url, token, http).call("Registration")
    except GiveUp as error:
        raise NotAllowed(f"The token does not open {api_url}: {error}") from error
    app, shop = told.get("app"), told.get("shop") or {}
    if not app:
        raise NotAllowed(f"The token does not open {api_url} for an app; install the app again.")
    version = shop.get("version") or ""
    check_version(version)
    return Registration(
        api_url=api_url,
        app_id=app["id"],
        token=token,
        jwks=await fetch_jwks(http, api_url),
        name=(shop.get("name") or "")[:LONGEST_URL],
        saleor_version=version,
    )


def _token(body: bytes) -> str:
    try:
        told = json.loads(body)
    except ValueError:
        raise Rejected("The request to register is not JSON.") from None
    token = told.get("auth_token") if isinstance(told, dict) else None
    if not isinstance(token, str) or not 0 < len(token) <= LONGEST_TOKEN or not token.isascii():
        raise Rejected("The request to register holds no auth_token.")
    return token


def check_version(version: str) -> None:
    numbers = [int(part) for part in version.split(".")[:2] if part.isdecimal()]
    if tuple(numbers) < LEAST_VERSION or len(numbers) < 2:
        raise Rejected(
            f"This app needs Saleor {'.'.join(map(str, LEAST_VERSION))} or newer; "
            f"this shop runs {version or 'a version it does not name'}."
        )


async def check_address(api_url: str, gate: Gate) -> None:
    """Raises `Rejected` for what is no API address and `NotAllowed` for one that may not install here."""
    url = _read_url(api_url, gate)
    host = url.hostname or ""
    port = url.port or STANDARD_PORTS[url.scheme]
    named = host if port == STANDARD_PORTS[url.scheme] else f"{host}:{port}"
    if not gate.is_allowed(named):
        raise NotAllowed(f"Shops at {named} may not install this app; its operator names those that may.")
    if gate.allow_private:
        return
    for address in await _addresses(host, port):
        if not is_public(address):
            raise NotAllowed(f"{named} is an address of a private network, and this app does not call those.")


def _read_url(api_url: str, gate: Gate) -> SplitResult:
    try:
        url = urlsplit(api_url)
        url.port  # noqa: B018  raises where the port is none
    except ValueError:
        raise Rejected("The header Saleor-Api-Url is not an address.") from None
    schemes = {"https", "http"} if gate.allow_private else {"https"}
    if not api_url or len(api_url) > LONGEST_URL or url.scheme not in schemes or not url.hostname:
        raise Rejected(f"The header Saleor-Api-Url must be an address that begins with {' or '.join(sorted(schemes))}.")
    plain = api_url.isascii() and api_url.isprintable() and " " not in api_url and "\\" not in api_url
    if not plain or url.username is not None or url.query or url.fragment:
        raise Rejected("The header Saleor-Api-Url must be the bare address of Saleor's API.")
    return url


async def _addresses(host: str, port: int) -> list[str]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise TryLater(f"The host {host} is not known here.") from None
    return [str(entry[4][0]) for entry in found]


def is_public(address: str) -> bool:
    """Whether this is an address out there, also when it hides an IPv4 address in an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    inner = ip
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _nat64(ip) or ip
    return inner.is_global and not inner.is_multicast


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in ipaddress.IPv6Network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None

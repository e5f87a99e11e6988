"""Who knocks: the shop that a webhook names, its signature, and its body, read no further than allowed."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from starlette.types import Receive, Scope

from plugin.errors import NotFound, NotVerified, Rejected, TooLarge, TryLater
from plugin.saleor.auth import read_signature, verify_webhook
from plugin.saleor.jwks import Keys
from plugin.store.shops import Shop, ShopStatus

#: Saleor's payloads are some kilobytes; an import of fifty orders stays below this.
LARGEST_BODY = 1024 * 1024
#: Until a shop that is being installed is there.
INSTALL_SECONDS = 10.0
#: How long a shop is believed to be as it was read.
SHOP_SECONDS = 5.0
#: Names that are looked up in vain are kept too; so many in all, then it begins anew.
MOST_SHOPS = 10_000


class Gone(Exception):
    """Whoever called is not there any more; no answer reaches anybody."""


class Shops:
    """The shops by API URL, as they were a few seconds ago: no read of the database for most webhooks."""

    def __init__(
        self, find: Callable[[str], Coroutine[Any, Any, Shop | None]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._find = find
        self._clock = clock
        self._read: dict[str, tuple[float, asyncio.Task[Shop | None]]] = {}

    async def named(self, api_url: str) -> Shop | None:
        now = self._clock()
        known = self._read.get(api_url)
        if known is None or known[0] <= now or (known[1].done() and known[1].exception() is not None):
            if len(self._read) >= MOST_SHOPS:
                self._read.clear()
            known = (now + SHOP_SECONDS, asyncio.create_task(self._find(api_url)))
            self._read[api_url] = known
        reading = known[1]
        return reading.result() if reading.done() else await asyncio.shield(reading)

    def forget(self, api_url: str) -> None:
        """It has changed just now."""
        self._read.pop(api_url, None)


@dataclass(frozen=True, slots=True)
class Knock:
    """A webhook whose sender is proven."""

    shop: Shop
    event: str
    body: bytes


class Door:
    def __init__(self, shops: Shops, keys: Keys, may_install: Callable[[str], bool]) -> None:
        """may_install: whether the shop at this host is one of ours, installed or about to be."""
        self.shops = shops
        self._keys = keys
        self._may_install = may_install

    async def verified(self, scope: Scope, receive: Receive) -> Knock:
        """The webhook of this request, verified over its raw body.

        Raises `NotFound` for a shop that is not installed, `NotVerified`, `TooLarge`, another `Rejected`
        for headers that are no webhook's, `TryLater` where the trouble is ours, `Gone`.
        """
        event = api_url = signature = length = b""
        for name, value in scope["headers"]:
            if name == b"saleor-event":
                event = value
            elif name == b"saleor-api-url":
                api_url = value
            elif name == b"saleor-signature":
                signature = value
            elif name == b"content-length":
                length = value
        if length.isdigit() and int(length) > LARGEST_BODY:
            raise TooLarge(f"A webhook's body may have {LARGEST_BODY} bytes.")
        body = await read_body(receive)
        shop = await self.shops.named(_latin(api_url))
        if shop is None and self._may_install(_host(api_url)):
            # Saleor sends events as soon as it has the webhooks, a moment before the handshake; a 404 it never repeats.
            raise TryLater("The shop is not installed yet.", INSTALL_SECONDS)
        if shop is None or shop.status is ShopStatus.UNINSTALLED:
            raise NotFound("The shop that the header Saleor-Api-Url names has not installed this app.")
        await self._verify(shop, _latin(signature), body)
        return Knock(shop, event_name(event), body)

    async def _verify(self, shop: Shop, signature: str, body: bytes) -> None:
        if not signature:
            raise NotVerified("The webhook is not signed: the header Saleor-Signature is missing.")
        signed = read_signature(signature)
        key = self._keys.at_hand(shop, signed.kid) or await self._keys.key(shop, signed.kid)
        verify_webhook(signed, body, key)


def _host(api_url: bytes) -> str:
    try:
        return urlsplit(_latin(api_url)).netloc
    except ValueError:
        return ""


def _latin(value: bytes) -> str:
    return value.decode("latin-1")


@lru_cache(maxsize=256)
def event_name(value: bytes) -> str:
    """`order_created`, as Saleor names it in the header."""
    name = _latin(value)
    if not 0 < len(name) <= 60 or not name.replace("_", "").isalnum() or not name.isascii() or name != name.lower():
        raise Rejected("The header Saleor-Event does not name an event.")
    return name


async def read_body(receive: Receive, largest: int = LARGEST_BODY) -> bytes:
    """The body, counted while it comes: what a header says of its length is not believed."""
    parts: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        part = message.get("body", b"")
        size += len(part)
        if size > largest:
            raise TooLarge(f"A webhook's body may have {largest} bytes.")
        parts.append(part)
        more = message.get("more_body", False)
    return parts[0] if len(parts) == 1 else b"".join(parts)

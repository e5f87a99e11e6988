"""The public keys of each shop, and what happens when a message names one that we do not have.

The keys come from the origin that the shop was installed with, never from a message.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.exceptions import InvalidKeyError

from plugin.domain.phrases import phrase
from plugin.errors import NotVerified, TryLater, sentence_of

#: At most one fetch a shop in so many seconds, whatever arrives.
SECONDS_BETWEEN_FETCHES = 60.0
FETCH_SECONDS = 10.0
LONGEST_JWKS = 65_536
LEAST_KEY_BITS = 2048


class Tenant(Protocol):
    """What is needed of an installed shop to tell its signatures from others."""

    @property
    def shop_id(self) -> int: ...
    @property
    def api_url(self) -> str: ...
    @property
    def app_id(self) -> str: ...
    @property
    def jwks(self) -> Mapping[str, Any]: ...


class _Known:
    """What we know of one shop's keys."""

    def __init__(self, source: Mapping[str, Any]) -> None:
        #: The stored set that these keys were read from; another one (a reinstall) is read anew.
        self.source = source
        self.keys = read_jwks(source)
        #: Looked for in the last fetch, and not in it.
        self.absent: set[str] = set()
        self.fetched_at: float | None = None
        self.fetching = asyncio.Lock()


class Keys:
    """All shops' keys, in memory. `save` keeps a newly fetched set for the other processes."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        save: Callable[[int, Mapping[str, Any]], Awaitable[None]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._save = save
        self._clock = clock
        self._known: dict[int, _Known] = {}

    def at_hand(self, shop: Tenant, kid: str) -> RSAPublicKey | None:
        """The key, without asking anybody."""
        known = self._known.get(shop.shop_id)
        if known is None or (known.source is not shop.jwks and known.source != shop.jwks):
            known = self._known[shop.shop_id] = _Known(shop.jwks)
        return known.keys.get(kid)

    async def key(self, shop: Tenant, kid: str) -> RSAPublicKey:
        """The key of that name; a name we do not know is looked up at the shop, once.

        Raises `NotVerified` when the shop does not have it either, `TryLater` when it cannot be asked now.
        """
        found = self.at_hand(shop, kid)
        if found is not None:
            return found
        known = self._known[shop.shop_id]
        async with known.fetching:
            if kid not in known.keys and kid not in known.absent:
                await self._refetch(known, shop)
        if kid not in known.keys:
            known.absent.add(kid)
            raise NotVerified(phrase("The signature names a key that this shop does not have."))
        return known.keys[kid]

    async def _refetch(self, known: _Known, shop: Tenant) -> None:
        now = self._clock()
        if known.fetched_at is not None and now - known.fetched_at < SECONDS_BETWEEN_FETCHES:
            wait = SECONDS_BETWEEN_FETCHES - (now - known.fetched_at)
            raise TryLater(
                phrase("The signature names an unknown key, and the shop's keys were asked for just now."), wait
            )
        known.fetched_at = now
        jwks = await fetch_jwks(self._http, shop.api_url)
        known.keys = read_jwks(jwks)
        known.absent.clear()
        await self._save(shop.shop_id, jwks)


def jwks_url(api_url: str) -> str:
    parts = urlsplit(api_url)
    return f"{parts.scheme}://{parts.netloc}/.well-known/jwks.json"


async def fetch_jwks(http: httpx.AsyncClient, api_url: str) -> Mapping[str, Any]:
    """The keys that the shop at this address publishes. Raises `TryLater` when they cannot be had."""
    url = jwks_url(api_url)
    body = b""
    try:
        async with http.stream("GET", url, timeout=FETCH_SECONDS, follow_redirects=False) as answer:
            if answer.status_code != 200:
                raise TryLater(
                    phrase("{url} answered {status} instead of the shop's keys.", url=url, status=answer.status_code)
                )
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LONGEST_JWKS:
                    raise TryLater(phrase("{url} answered more than a set of keys.", url=url))
        jwks = json.loads(body)
    except httpx.HTTPError as error:
        raise TryLater(phrase("{url} could not be reached: {error}.", url=url, error=sentence_of(error))) from error
    except ValueError as error:
        raise TryLater(phrase("{url} does not answer JSON.", url=url)) from error
    if not isinstance(jwks, dict) or not read_jwks(jwks):
        raise TryLater(phrase("{url} holds no key for RS256.", url=url))
    return jwks


def read_jwks(jwks: Mapping[str, Any]) -> dict[str, RSAPublicKey]:
    """The keys that can verify RS256, by name; all others are passed over."""
    listed = jwks.get("keys")
    found = {}
    for entry in listed if isinstance(listed, list) else ():
        key = _public_key(entry) if isinstance(entry, dict) else None
        if key is not None:
            found[entry["kid"]] = key
    return found


def _public_key(entry: Mapping[str, Any]) -> RSAPublicKey | None:
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    if not isinstance(entry.get("kid"), str):
        return None
    try:
        # The public part alone, even where a careless server publishes more.
        key = RSAAlgorithm.from_jwk({name: entry[name] for name in ("kty", "n", "e")})
    except (InvalidKeyError, KeyError, ValueError, TypeError):
        return None
    return key if isinstance(key, RSAPublicKey) and key.key_size >= LEAST_KEY_BITS else None

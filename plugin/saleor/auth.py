"""Who signed this: webhooks over their raw body, and the tokens of the Dashboard and of shoppers.

RS256 is pinned, whatever a header says, and the keys are always those of a shop that is installed.
Every refusal is `NotVerified`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_decode

from plugin.domain.phrases import phrase
from plugin.errors import NotVerified
from plugin.saleor.jwks import Keys, Tenant

RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)
#: Of our clock against the shop's.
LEEWAY = timedelta(seconds=10)
#: No header or token of Saleor's comes near these; what is longer is not read.
LONGEST_HEADER = 1_000
LONGEST_TOKEN = 16_000


@dataclass(frozen=True, slots=True)
class DashboardUser:
    user_id: str
    email: str
    #: What this person may do through this app: what both of them may.
    permissions: frozenset[str]
    #: What this person may do in the Dashboard.
    user_permissions: frozenset[str]


@dataclass(frozen=True, slots=True)
class ShopperToken:
    user_id: str


@dataclass(frozen=True, slots=True)
class Signature:
    kid: str
    header: bytes
    value: bytes


def read_signature(text: str) -> Signature:
    """The parts of the header Saleor-Signature: a JWS whose payload, the raw body, is left out."""
    header, _, rest = text.partition("..")
    if not header or not rest or "." in rest:
        raise NotVerified("The webhook's signature is missing or is not a detached JWS.")
    return Signature(_detached_kid(header), header.encode(), _decoded(rest, "signature"))


def verify_webhook(signature: Signature, body: bytes, key: RSAPublicKey) -> None:
    if not RS256.verify(b"%b.%b" % (signature.header, body), key, signature.value):
        raise NotVerified("The webhook's signature is not of this body and this shop's key.")


@lru_cache(maxsize=1024)
def _detached_kid(text: str) -> str:
    """The key's name from a protected header; a shop's is the same text on every webhook."""
    header = _header(text)
    if header.get("b64") is not False or header.get("crit") != ["b64"]:
        raise NotVerified("The webhook's signature is not over its raw body (b64, crit).")
    return _kid(header)


def _header(text: str) -> Mapping[str, Any]:
    if len(text) > LONGEST_HEADER:
        raise NotVerified("The signature's header is too long.")
    try:
        header = json.loads(_decoded(text, "header"))
    except (ValueError, RecursionError):
        raise NotVerified("The signature's header is not JSON.") from None
    if not isinstance(header, dict) or header.get("alg") != "RS256":
        raise NotVerified("Only signatures by RS256 are taken.")
    return header


def _kid(header: Mapping[str, Any]) -> str:
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise NotVerified("The signature does not name its key.")
    return kid


def _decoded(text: str, part: str) -> bytes:
    try:
        return base64url_decode(text)
    except ValueError:
        raise NotVerified(phrase("The {part} of the signature is not base64url.", part=part)) from None


async def verify_dashboard_token(token: str, shop: Tenant, keys: Keys, now: datetime) -> DashboardUser:
    """Who looks at our page inside the Dashboard of this shop."""
    claims = await _claims(token, shop, keys, now, "thirdparty")
    if claims.get("app") != shop.app_id:
        raise NotVerified(phrase("This token was made for another app."))
    if claims.get("is_staff") is not True:
        raise NotVerified(phrase("This token is not of somebody who works at this shop."))
    return DashboardUser(
        user_id=_text(claims, "user_id"),
        email=_text(claims, "email"),
        permissions=_names(claims, "permissions"),
        user_permissions=_names(claims, "user_permissions"),
    )


async def verify_shopper_token(token: str, shop: Tenant, keys: Keys, now: datetime) -> ShopperToken:
    """Which signed-in customer of this shop asks."""
    return ShopperToken(_text(await _claims(token, shop, keys, now, "access"), "user_id"))


async def _claims(token: str, shop: Tenant, keys: Keys, now: datetime, kind: str) -> Mapping[str, Any]:
    """The claims of a token that this shop signed, for us, not too long ago: the signature comes first."""
    parts = token.split(".")
    if len(parts) != 3 or not all(parts) or len(token) > LONGEST_TOKEN:
        raise NotVerified(phrase("The token is missing or is not a JWT."))
    header = _header(parts[0])
    if "crit" in header:
        raise NotVerified(phrase("The token asks for extensions that nobody here knows."))
    key = await keys.key(shop, _kid(header))
    if not RS256.verify(f"{parts[0]}.{parts[1]}".encode(), key, _decoded(parts[2], "signature")):
        raise NotVerified(phrase("The token was not signed by this shop."))
    try:
        claims = json.loads(_decoded(parts[1], "payload"))
    except ValueError:
        raise NotVerified(phrase("The token's claims are not JSON.")) from None
    if not isinstance(claims, dict) or claims.get("iss") != shop.api_url or claims.get("type") != kind:
        raise NotVerified(phrase("The token is of another shop or another kind."))
    expires = claims.get("exp")
    if not isinstance(expires, int | float) or now.timestamp() >= expires + LEEWAY.total_seconds():
        raise NotVerified(phrase("The token has run out: sign in again."))
    return claims


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise NotVerified(phrase("The token does not say its {name}.", name=name))
    return value


def _names(claims: Mapping[str, Any], name: str) -> frozenset[str]:
    value: Sequence[Any] = claims.get(name) or ()
    return frozenset(item for item in value if isinstance(item, str))

"""A shop's keys, and what it signs with them: webhooks and tokens in Saleor's format."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

API = "https://acme.saleor.cloud/graphql/"
APP_ID = "QXBwOjE="
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)


@cache
def private_key(name: str = "acme", bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def encoded(data: bytes | Mapping[str, Any]) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def public_jwk(name: str = "acme", **changes: Any) -> dict[str, Any]:
    jwk = RSAAlgorithm.to_jwk(private_key(name).public_key(), as_dict=True)
    return {
        **{part: jwk[part] for part in ("kty", "n", "e")},
        "kid": kid_of(name),
        "use": "sig",
        "alg": "RS256",
    } | changes


def kid_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def jwks(*names: str) -> dict[str, Any]:
    return {"keys": [public_jwk(name) for name in names or ("acme",)]}


def sign(body: bytes, name: str = "acme", header: Mapping[str, Any] | None = None) -> str:
    """The header Saleor-Signature."""
    usual = {"alg": "RS256", "b64": False, "crit": ["b64"], "kid": kid_of(name), "typ": "JWT"}
    protected = encoded(usual | dict(header or {}))
    value = RS256.sign(protected.encode() + b"." + body, private_key(name))
    return f"{protected}..{encoded(value)}"


def token(name: str = "acme", header: Mapping[str, Any] | None = None, **claims: Any) -> str:
    """The Dashboard's token, but for what is changed; a claim of None is left out."""
    usual = {
        "iat": NOW.timestamp(),
        "owner": "saleor",
        "iss": API,
        "exp": (NOW + timedelta(minutes=5)).timestamp(),
        "token": "x",
        "email": "staff@example.com",
        "type": "thirdparty",
        "user_id": "VXNlcjox",
        "is_staff": True,
        "app": APP_ID,
        "permissions": ["MANAGE_ORDERS"],
        "user_permissions": ["MANAGE_ORDERS", "MANAGE_STAFF"],
    }
    said = {key: value for key, value in (usual | claims).items() if value is not None}
    front = encoded({"alg": "RS256", "kid": kid_of(name), "typ": "JWT"} | dict(header or {})) + "." + encoded(said)
    return f"{front}.{encoded(RS256.sign(front.encode(), private_key(name)))}"


@dataclass(frozen=True)
class Tenant:
    shop_id: int = 1
    api_url: str = API
    app_id: str = APP_ID
    jwks: Mapping[str, Any] = field(default_factory=jwks)

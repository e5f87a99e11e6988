"""The shop's RSA key: signatures of webhooks, tokens of people, and the JWKS that lets others check both."""

import base64
import datetime as dt
import hashlib
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def _b64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Keys:
    """One RS256 key. Webhooks carry a detached JWS with an unencoded payload (RFC 7797)."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        numbers = self._key.public_key().public_numbers()
        e = _b64url(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8, "big"))
        n = _b64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big"))
        thumbprint = json.dumps({"e": e, "kty": "RSA", "n": n}, separators=(",", ":")).encode()
        self.kid = _b64url(hashlib.sha256(thumbprint).digest())
        self.jwks = {"keys": [{"kty": "RSA", "key_ops": ["verify"], "n": n, "e": e, "use": "sig", "kid": self.kid}]}
        header = {"alg": "RS256", "b64": False, "crit": ["b64"], "kid": self.kid, "typ": "JWT"}
        self._protected = _b64url(json.dumps(header, separators=(",", ":")).encode())

    def sign(self, body: bytes) -> str:
        signed = self._protected.encode() + b"." + body
        signature = self._key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
        return f"{self._protected}..{_b64url(signature)}"

    def token(self, claims: dict[str, Any], now: dt.datetime, lifetime: dt.timedelta) -> str:
        times = {"iat": now, "exp": now + lifetime}
        return jwt.encode({**times, **claims}, self._key, algorithm="RS256", headers={"kid": self.kid})

    def read_token(self, token: str, issuer: str) -> dict[str, Any]:
        """The claims of a token of ours; jwt.PyJWTError for any other."""
        return jwt.decode(
            token,
            self._key.public_key(),
            algorithms=["RS256"],
            issuer=issuer,
            options={"verify_aud": False, "require": ["exp"]},
        )

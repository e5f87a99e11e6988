"""Signed webhooks, each one different, as the bytes of whole HTTP requests."""

import base64
import json
import random
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

API_URL = "https://bench.example/graphql/"
APP_ID = "QXBwOjE="
KID = "bench"
KEY_BITS = 2048
CUSTOMERS = 2_000
LENGTH = struct.Struct("<I")


@dataclass(frozen=True, slots=True)
class Pen:
    """The key of a shop that exists for this benchmark only."""

    key: rsa.RSAPrivateKey

    @property
    def jwks(self) -> Mapping[str, Any]:
        public = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": KID, "use": "sig", "alg": "RS256"}]}

    def sign(self, body: bytes) -> str:
        header = {"alg": "RS256", "b64": False, "crit": ["b64"], "kid": KID, "typ": "JWT"}
        protected = _encoded(json.dumps(header, separators=(",", ":")).encode())
        value = RSAAlgorithm(RSAAlgorithm.SHA256).sign(f"{protected}.".encode() + body, self.key)
        return f"{protected}..{_encoded(value)}"

    def token(self, user_id: str, expires: datetime, **others: Any) -> str:
        """A shopper's access token, or somebody else's by other claims."""
        claims = {"iss": API_URL, "type": "access", "user_id": user_id, "exp": expires.timestamp(), **others}
        parts = [json.dumps(part).encode() for part in ({"alg": "RS256", "kid": KID, "typ": "JWT"}, claims)]
        front = ".".join(map(_encoded, parts))
        return f"{front}.{_encoded(RSAAlgorithm(RSAAlgorithm.SHA256).sign(front.encode(), self.key))}"


def new_pen() -> Pen:
    return Pen(rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def write_letters(path: Path, count: int, pen: Pen) -> None:
    """So many requests in a file, each with its length before it."""
    write_requests(path, (webhook(body(number), pen) for number in range(count)))


def write_requests(path: Path, requests: Iterable[bytes]) -> None:
    with path.open("wb") as file:
        for request in requests:
            file.write(LENGTH.pack(len(request)) + request)


def read_letters(path: Path) -> Iterator[bytes]:
    data = path.read_bytes()
    at = 0
    while at < len(data):
        (length,) = LENGTH.unpack_from(data, at)
        yield data[at + LENGTH.size : at + LENGTH.size + length]
        at += LENGTH.size + length


def webhook(body: bytes, pen: Pen, path: str = "/api/webhooks/orders", event: str = "order_updated") -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\n"
        "Host: bench.example\r\n"
        "User-Agent: Saleor/3.24\r\n"
        "Accept-Encoding: gzip, deflate\r\n"
        "Accept: */*\r\n"
        "Content-Type: application/json\r\n"
        f"Saleor-Event: {event}\r\n"
        "Saleor-Domain: bench.example\r\n"
        f"Saleor-Api-Url: {API_URL}\r\n"
        f"Saleor-Signature: {pen.sign(body)}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def body(number: int, user_id: str | None = None, placed: datetime | None = None) -> bytes:
    """An order of one to five lines, of one of some thousand customers and within the last year if not said else."""
    chance = random.Random(number)
    user_id = user_id or _encoded(f"User:{chance.randrange(CUSTOMERS)}".encode())
    lines = [_line(number, position, chance) for position in range(chance.randint(1, 5))]
    total = round(sum(line["totalPrice"]["gross"]["amount"] for line in lines), 2)
    placed = placed or datetime.now(UTC) - timedelta(days=chance.randrange(2, 365), seconds=number)
    address = {"country": {"code": "US"}}
    order = {
        "id": _encoded(f"Order:{number:032d}".encode()),
        "number": str(number),
        "status": "FULFILLED",
        "created": placed.isoformat(),
        "updatedAt": (placed + timedelta(days=1)).isoformat(),
        "userEmail": f"{user_id}@bench.example",
        "user": {"id": user_id},
        "voucherCode": None,
        "languageCodeEnum": "EN",
        "channel": {"slug": "default-channel"},
        "total": {"gross": {"amount": total, "currency": "USD"}},
        "shippingPrice": {"gross": {"amount": 0.0}},
        "totalRefunded": {"amount": 0.0},
        "billingAddress": address,
        "shippingAddress": address,
        "lines": lines,
        "fulfillments": [],
    }
    return json.dumps({"issuedAt": datetime.now(UTC).isoformat(), "order": order}).encode()


def _line(number: int, position: int, chance: random.Random) -> dict[str, Any]:
    product = chance.randrange(500)
    return {
        "id": _encoded(f"OrderLine:{number:028d}{position:04d}".encode()),
        "quantity": chance.randint(1, 3),
        "productName": f"Product {product}",
        "productSku": f"sku-{product}",
        "productVariantId": _encoded(f"ProductVariant:{product}".encode()),
        "totalPrice": {"gross": {"amount": round(chance.uniform(1, 80), 2)}},
        "variant": {
            "product": {"id": _encoded(f"Product:{product}".encode()), "productType": {"slug": f"kind-{product % 7}"}}
        },
    }

"""What a caller is told, as plain ASGI messages: building response objects costs more than the work."""

import json
from collections.abc import Mapping

from starlette.types import Send

from plugin.errors import RetentionError, TooLarge, TryLater

DONE = b"{}"
JSON = (b"content-type", b"application/json")

_OK_HEADERS = [JSON, (b"content-length", b"2")]
_OK_BODY = {"type": "http.response.body", "body": DONE}


async def say_ok(send: Send) -> None:
    # A new message each time: middleware adds its headers to it.
    await send({"type": "http.response.start", "status": 200, "headers": _OK_HEADERS.copy()})
    await send(_OK_BODY)


async def say(send: Send, status: int, told: object, headers: Mapping[bytes, bytes] | None = None) -> None:
    body = json.dumps(told).encode()
    named = [JSON, (b"content-length", str(len(body)).encode()), *(headers or {}).items()]
    await send({"type": "http.response.start", "status": status, "headers": named})
    await send({"type": "http.response.body", "body": body})


async def say_error(send: Send, error: RetentionError) -> None:
    """The sentence, in the shape that Saleor shows to the merchant."""
    headers = {}
    if isinstance(error, TryLater):
        headers[b"retry-after"] = str(max(1, round(error.after or 1))).encode()
    if isinstance(error, TooLarge):
        headers[b"connection"] = b"close"  # the rest of the body is not read
    await say(send, error.status, {"error": {"message": str(error)}}, headers)

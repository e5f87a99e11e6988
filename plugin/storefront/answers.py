"""Answers to shoppers' pages: JSON, problem details (RFC 9457), and to whom a browser may show them."""

import hashlib
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

from starlette.responses import JSONResponse, Response

from plugin.flow.fronts import Front

#: What everyone gets may be kept by browsers and caches for so many seconds.
DEFAULT_SECONDS = 60
DESCRIBED_SECONDS = 3600
#: Browsers ask again whether they may ask after so many seconds.
PREFLIGHT_SECONDS = 600
#: A shopper's own is for no cache, not the browser's either: a voucher code would outlive the sign-out there.
NOT_KEPT = "private, no-store"
VARY = "Origin, Authorization, X-Retention-User"
#: What pages may send with which method.
HEADERS = {"GET": "authorization, if-none-match", "POST": "authorization, content-type"}


def answer(
    content: Mapping[str, Any] | None,
    front: Front,
    origin: str | None,
    *,
    personal: bool,
    if_none_match: str | None = None,
) -> Response:
    """None: there is nothing to show. if_none_match: as that header has it."""
    headers = {
        "Cache-Control": NOT_KEPT if personal else f"public, max-age={DEFAULT_SECONDS}",
        **_open_to(front, origin),
    }
    if content is None:
        return Response(status_code=204, headers=headers)
    return fresh(JSONResponse(content, headers=headers), if_none_match)


def fresh(said: Response, if_none_match: str | None) -> Response:
    """The answer with its tag, a strong one; 304 without its body for who has it already."""
    body = bytes(said.body)
    said.headers["ETag"] = tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    if if_none_match is None or not _is_among(tag, if_none_match):
        return said
    kept = {name: value for name, value in said.headers.items() if name not in {"content-length", "content-type"}}
    return Response(status_code=304, headers=kept)


@cache
def openapi() -> bytes:
    """The description of all this, for programs."""
    return (files("plugin.storefront") / "openapi.json").read_bytes()


def described(if_none_match: str | None) -> Response:
    """Anybody's pages may read it."""
    headers = {"Cache-Control": f"public, max-age={DESCRIBED_SECONDS}", "Access-Control-Allow-Origin": "*"}
    return fresh(Response(openapi(), headers=headers, media_type="application/json"), if_none_match)


def _is_among(tag: str, if_none_match: str) -> bool:
    """Compared weakly, as RFC 9110 asks: a proxy that packs the answer makes the tag a weak one."""
    named = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return tag in named or "*" in named


def problem(
    status: HTTPStatus, detail: str, front: Front | None, origin: str | None, headers: Mapping[str, str] | None = None
) -> Response:
    content = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return JSONResponse(
        content,
        status,
        {"Cache-Control": NOT_KEPT, **_open_to(front, origin), **(headers or {})},
        media_type="application/problem+json",
    )


def nothing(front: Front, origin: str | None) -> Response:
    """What was told is taken."""
    return Response(status_code=204, headers={"Cache-Control": NOT_KEPT, **_open_to(front, origin)})


def preflight(front: Front | None, origin: str | None, method: str = "GET") -> Response:
    """The same for a shop that is not there and for an origin that is not the shop's: no permission."""
    allowed = _open_to(front, origin)
    if "Access-Control-Allow-Origin" in allowed:
        allowed |= {
            "Access-Control-Allow-Methods": method,
            "Access-Control-Allow-Headers": HEADERS[method],
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        }
    return Response(status_code=204, headers=allowed)


def _open_to(front: Front | None, origin: str | None) -> dict[str, str]:
    headers = {"Vary": VARY}
    if front is not None and origin is not None and origin in front.shop.origins:
        headers |= {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": "ETag, Retry-After"}
    return headers

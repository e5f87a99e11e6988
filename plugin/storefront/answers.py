"""Answers to shoppers' pages: JSON, problem details (RFC 9457), and to whom a browser may show them."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

from plugin.flow.fronts import Front

#: What everyone gets may be kept by browsers and caches for so many seconds.
DEFAULT_SECONDS = 60
#: Browsers ask again whether they may ask after so many seconds.
PREFLIGHT_SECONDS = 600
NOT_KEPT = "private, no-store"


def answer(content: Mapping[str, Any] | None, front: Front, origin: str | None, *, personal: bool) -> Response:
    """None: there is nothing to show."""
    headers = {
        "Cache-Control": NOT_KEPT if personal else f"public, max-age={DEFAULT_SECONDS}",
        **_open_to(front, origin),
    }
    return Response(status_code=204, headers=headers) if content is None else JSONResponse(content, headers=headers)


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


def preflight(front: Front | None, origin: str | None) -> Response:
    """The same for a shop that is not there and for an origin that is not the shop's: no permission."""
    allowed = _open_to(front, origin)
    if "Access-Control-Allow-Origin" in allowed:
        allowed |= {
            "Access-Control-Allow-Methods": "GET",
            "Access-Control-Allow-Headers": "authorization",
            "Access-Control-Max-Age": str(PREFLIGHT_SECONDS),
        }
    return Response(status_code=204, headers=allowed)


def _open_to(front: Front | None, origin: str | None) -> dict[str, str]:
    headers = {"Vary": "Origin, Authorization"}
    if front is not None and origin is not None and origin in front.shop.origins:
        headers["Access-Control-Allow-Origin"] = origin
    return headers

"""The script for storefronts: GET /storefront/v1/retention.js; see docs/storefront.md."""

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

SOURCE = Path(__file__).parent / "retention.js"
ADDRESS = "/storefront/v1/retention.js"
#: Lines that browsers need not read: comments on lines of their own, and nothing. What stands in a line stays.
UNREAD = re.compile(r"^\s*(//.*|/\*\*.*\*/)?$\n", re.MULTILINE)
#: A new version is everywhere after so many seconds.
SECONDS = 300
YEAR = 365 * 24 * 3600
#: Of any shop's page: it holds nothing of anybody, and a module is asked for with an origin.
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Location",
    "Cross-Origin-Resource-Policy": "cross-origin",
}


@dataclass(frozen=True, slots=True)
class Script:
    plain: bytes
    zipped: bytes
    digest: str

    @property
    def address(self) -> str:
        """Where this version is for ever."""
        return ADDRESS.replace(".js", f".{self.digest}.js")


def read_script() -> Script:
    text = UNREAD.sub("", SOURCE.read_text(encoding="utf-8"))
    plain = re.sub(r"^ +", "", text, flags=re.MULTILINE).encode()
    return Script(plain, gzip.compress(plain, 9, mtime=0), sha256(plain).hexdigest()[:16])


def routes() -> Sequence[BaseRoute]:
    script = read_script()

    async def newest(request: Request) -> Response:
        return _give(script, request, f"public, max-age={SECONDS}, stale-while-revalidate=86400")

    async def version(request: Request) -> Response:
        if request.path_params["digest"] == script.digest:
            return _give(script, request, f"public, max-age={YEAR}, immutable")
        # A page that names an older version goes on with the newest; one that insists on it (integrity) without.
        return RedirectResponse(ADDRESS, headers={**OPEN, "Cache-Control": f"public, max-age={SECONDS}"})

    return [
        Route(ADDRESS, newest, methods=["GET"]),
        Route(ADDRESS.replace(".js", ".{digest:str}.js"), version, methods=["GET"]),
    ]


def _give(script: Script, request: Request, keep: str) -> Response:
    zipped = re.search(r"\bgzip\b", request.headers.get("accept-encoding", "")) is not None
    etag = f'"{script.digest}-gzip"' if zipped else f'"{script.digest}"'
    headers = {
        **OPEN,
        "Cache-Control": keep,
        "ETag": etag,
        "Vary": "Accept-Encoding",
        "Content-Location": script.address,
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return Response(script.zipped if zipped else script.plain, headers=headers, media_type="text/javascript")

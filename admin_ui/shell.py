"""The frame of every page: without data, so without a token; and the files that browsers keep."""

import gzip
import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

import plugin.report
from admin_ui.answers import HERE, render
from admin_ui.language import language_of
from admin_ui.page import Page

STATIC = HERE / "static"
#: The report's charts and the library that draws them: the same for the page in the Dashboard.
CHARTS = Path(plugin.report.__file__).parent / "static"
_FILES = sorted(chain(STATIC.iterdir(), CHARTS.glob("*.js")))
#: Changes with every file: what is under it can be kept for ever.
VERSION = hashlib.blake2b(
    b"".join(path.name.encode() + path.read_bytes() for path in _FILES), digest_size=6
).hexdigest()
#: What all pages share, then those of some: asked for as one file.
SHEETS = ("tokens.css", "admin.css", "campaigns.css", "customers.css", "numbers.css")
SHEET = "all.css"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".woff2": "font/woff2", ".png": "image/png"}
#: What is text is made small, once.
_TEXTS = frozenset({".css", ".js"})
FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=3600"

#: No inline script or style, nothing from elsewhere, no form that the browser sends by itself (without the token).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors {ancestors}"
)


class Static(StaticFiles):
    """What pages need from memory, everything else from the disk."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        found = _held().get((str(self.directory), path))
        if found is None or scope["method"] not in {"GET", "HEAD"}:
            return await super().get_response(path, scope)
        plain, small = found
        zipped = small is not None and "gzip" in Headers(scope=scope).get("accept-encoding", "")
        headers = {"Cache-Control": _kept(scope)}
        headers |= {"Vary": "Accept-Encoding"} if small is not None else {}
        headers |= {"Content-Encoding": "gzip"} if zipped else {}
        return Response(small if zipped else plain, media_type=_TYPES[Path(path).suffix], headers=headers)

    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = _kept(scope)
        return response


def _kept(scope: Scope) -> str:
    return FOR_EVER if scope.get("path_params", {}).get("version") == VERSION else FOR_A_WHILE


@cache
def _held() -> Mapping[tuple[str, str], tuple[bytes, bytes | None]]:
    """Folder and name → as it is, and made small."""
    found = {(str(path.parent), path.name): path.read_bytes() for path in _FILES if path.suffix in _TYPES}
    found[str(STATIC), SHEET] = b"\n".join(found[str(STATIC), name] for name in SHEETS)
    return {key: (body, _small(body) if Path(key[1]).suffix in _TEXTS else None) for key, body in found.items()}


def _small(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


def files() -> list[BaseRoute]:
    """A version's files for ever, and those of another one, or of none, for a while."""
    _held()  # read and made small now, so that nobody waits for it
    ours, charts = Static(directory=STATIC), Static(directory=CHARTS)
    return [
        Mount("/static/v-{version}/charts", charts),
        Mount("/static/v-{version}", ours),
        Mount("/static", ours),
    ]


class Shell:
    """The frames, with the navigation in those that are no widgets."""

    def __init__(self, pages: Sequence[Page], frame_ancestors: Sequence[str]) -> None:
        self._tabs = [page for page in pages if page.title]
        self._headers = {
            "Content-Security-Policy": POLICY.format(ancestors=" ".join(frame_ancestors)),
            "Cache-Control": "no-cache",
            "Referrer-Policy": "strict-origin-when-cross-origin",
        }

    def of(self, page: Page) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            # Relative, so that it holds under whatever path the app is published.
            root = "../" * (request.url.path.count("/", len(request.scope.get("root_path", ""))) - 1)
            body = render(
                "shell.html",
                language_of(request.headers.get("accept-language", "")),
                theme="dark" if "dark" in request.query_params.get("theme", "").lower() else "light",
                sheet=SHEET,
                static=f"{root}static/v-{VERSION}",
                tabs=[] if page.widget else self._tabs,
                page=page,
            )
            return HTMLResponse(body, headers=self._headers)

        return endpoint

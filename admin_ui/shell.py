"""The frame of every page: without data, so without a token; and the files that browsers keep."""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from admin_ui.answers import HERE, render

STATIC = HERE / "static"
#: Changes with every file: what is under it can be kept for ever.
VERSION = hashlib.blake2b(
    b"".join(path.name.encode() + path.read_bytes() for path in sorted(STATIC.iterdir())), digest_size=6
).hexdigest()
FOR_EVER = "public, max-age=31536000, immutable"
FOR_A_WHILE = "public, max-age=3600"

#: No inline script or style, nothing from elsewhere, no form that the browser sends by itself (without the token).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors {ancestors}"
)


class Static(StaticFiles):
    def file_response(self, full_path: Any, stat_result: Any, scope: Scope, status_code: int = 200) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        kept = scope.get("path_params", {}).get("version") == VERSION
        response.headers["Cache-Control"] = FOR_EVER if kept else FOR_A_WHILE
        return response


def routes(pages: Mapping[str, str], frame_ancestors: Sequence[str]) -> list[BaseRoute]:
    """pages: a page's path → the path of its content."""
    headers = {
        "Content-Security-Policy": POLICY.format(ancestors=" ".join(frame_ancestors)),
        "Cache-Control": "no-cache",
        "Referrer-Policy": "strict-origin-when-cross-origin",
    }

    def shell(path: str) -> Callable[[Request], Awaitable[Response]]:
        # Relative, so that it holds under whatever path the app is published.
        root = "../" * (path.count("/") - 1)

        async def endpoint(request: Request) -> Response:
            theme = "dark" if "dark" in request.query_params.get("theme", "").lower() else "light"
            page = render("shell.html", theme=theme, static=f"{root}static/v-{VERSION}", content=pages[path])
            return HTMLResponse(page, headers=headers)

        return endpoint

    static = Static(directory=STATIC)
    return [
        *(Route(path, shell(path), methods=["GET"]) for path in pages),
        Mount("/static/v-{version}", static),
        Mount("/static", static),
    ]

"""Pages for people: an index, a frame like the Dashboard's, a small shop. Plain files; data come by fetch."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

HERE = Path(__file__).parent / "static"

#: path → file; the Dashboard's own install link leads to its frame
_PAGES = {
    "/": "index.html",
    "/dashboard/": "dashboard.html",
    "/dashboard/extensions/app/install": "dashboard.html",
    "/shop/": "shop.html",
}


def page_routes() -> list[BaseRoute]:
    return [
        *(Route(path, _page(name)) for path, name in _PAGES.items()),
        Mount("/static", StaticFiles(directory=HERE)),
    ]


def _page(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(_request: Request) -> Response:
        return FileResponse(HERE / name, headers={"Cache-Control": "no-store"})

    return endpoint

"""Everything under /admin, and the files it needs."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from admin_ui import shell
from admin_ui.answers import compile_first
from admin_ui.door import Door
from admin_ui.page import Action, Page
from admin_ui.pages import PAGES
from plugin.flow.house import House
from plugin.saleor.jwks import Keys

#: No page holds a secret beside what a stranger could have put there: each is asked for with the Dashboard's token.
SMALL = [Middleware(GZipMiddleware, minimum_size=1000, compresslevel=5)]
#: What whoever opens the app first sees.
FIRST = ("shell", "page", "parts", "basics", "overview")


def routes(house: House, keys: Keys, frame_ancestors: Sequence[str] = ("*",)) -> list[BaseRoute]:
    """frame_ancestors: who may frame the pages.

    Everybody, unless the operator knows the Dashboards: Saleor tells no app where a shop's Dashboard is.
    Nothing is lost by it: the page holds no data until the Dashboard around it has handed it a token,
    and no cookie speaks for anybody.
    """
    compile_first(*FIRST)
    door = Door(house, keys)
    frame = shell.Shell(PAGES, frame_ancestors)
    return [*shell.files(), *(route for page in PAGES for route in _of(page, house, door, frame))]


def _of(page: Page, house: House, door: Door, frame: shell.Shell) -> list[BaseRoute]:
    found: list[BaseRoute] = []
    for path, answer in page.parts.items():
        found.append(Route(path, door.reading(partial(answer, house)), methods=["GET"], middleware=SMALL))
    for path, action in page.actions.items():
        does = action if isinstance(action, Action) else Action(action)
        endpoint = door.changing(partial(does.answer, house), does.permissions)
        found.append(Route(path, endpoint, methods=["POST"], middleware=SMALL))
    for path, answer in page.shows.items():
        content = door.reading(partial(answer, house))
        found.append(Route(path, _shell_or_content(frame.of(page), content), methods=["GET"], middleware=SMALL))
    return found


def _shell_or_content(
    frame: Callable[[Request], Awaitable[Response]], content: Callable[[Request], Awaitable[Response]]
) -> Callable[[Request], Awaitable[Response]]:
    """A browser that opens the address gets the frame; the frame asks the same address for its content."""

    async def endpoint(request: Request) -> Response:
        answer = await (content if request.headers.get("hx-request") == "true" else frame)(request)
        answer.headers["Vary"] = "HX-Request"
        return answer

    return endpoint

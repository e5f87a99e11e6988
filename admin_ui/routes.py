"""Everything under /admin, and the files it needs."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from admin_ui import overview, shell, switches
from admin_ui.door import Door, Visit
from plugin.flow.house import House
from plugin.saleor.jwks import Keys

#: A page's path → its content. The second is the extension in the Dashboard's navigation.
PAGES = {"/admin": "/admin/overview", "/admin/customers": "/admin/overview"}

Page = Callable[[House, Visit], Awaitable[Response]]


def routes(house: House, keys: Keys, frame_ancestors: Sequence[str] = ("*",)) -> list[BaseRoute]:
    """frame_ancestors: who may frame the pages.

    Everybody, unless the operator knows the Dashboards: Saleor tells no app where a shop's Dashboard is.
    Nothing is lost by it: the page holds no data until the Dashboard around it has handed it a token,
    and no cookie speaks for anybody.
    """
    door = Door(house, keys)

    def read(path: str, page: Page) -> BaseRoute:
        return _route(path, "GET", door.reading(partial(page, house)))

    def change(path: str, page: Page) -> BaseRoute:
        return _route(path, "POST", door.changing(partial(page, house)))

    return [
        *shell.routes(PAGES, frame_ancestors),
        read("/admin/overview", overview.show),
        change("/admin/campaigns/on", switches.switch_on),
        change("/admin/campaigns/pause", switches.pause),
        change("/admin/stop", switches.stop),
        change("/admin/start", switches.start),
        change("/admin/letters/retry", switches.try_again),
    ]


def _route(path: str, method: str, endpoint: Callable[[Request], Awaitable[Response]]) -> BaseRoute:
    return Route(path, endpoint, methods=[method])

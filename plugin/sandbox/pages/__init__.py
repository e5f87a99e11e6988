"""Pages for people."""

from starlette.routing import BaseRoute


def page_routes() -> list[BaseRoute]:
    return []

"""The server under load, a process of its own: `python -m plugin.bench.server KIND`, settings in the environment.

nothing: reads the body and answers 200. idle: the app, whose engine is never woken. draining: the app as it is.
beside: that, and in the same process an address at which nothing is done.
"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Iterable
from datetime import timedelta

from starlette.types import ASGIApp, Receive, Scope, Send

from plugin.commands.serve import listen
from plugin.engine.port import Lane
from plugin.logs import set_up_logs
from plugin.main import assemble, build_house, create_app, open_database
from plugin.settings import Settings, load_settings

NOTHING = "/nothing"
_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [(b"content-type", b"application/json"), (b"content-length", b"2")],
}
_BODY = {"type": "http.response.body", "body": b"{}"}


async def nothing(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    while (await receive()).get("more_body"):
        pass
    await send(_START)
    await send(_BODY)


class Idle:
    """An engine that nobody can wake."""

    def __init__(self) -> None:
        self._over = asyncio.Event()

    def wake(self, lanes: Iterable[Lane]) -> None:
        pass

    def every(self, period: timedelta, name: str, job: Callable[[], Awaitable[None]]) -> None:
        pass

    async def run(self) -> None:
        await self._over.wait()

    async def stop(self) -> None:
        self._over.set()

    @property
    def running(self) -> bool:
        return not self._over.is_set()


class Beside:
    """The app, and one address that it does not see."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (nothing if scope.get("path") == NOTHING else self._app)(scope, receive, send)


def app_of(kind: str, settings: Settings) -> ASGIApp:
    match kind:
        case "nothing":
            return nothing
        case "idle":
            import httpx

            from plugin.entrance import open_entrance

            engine, http = Idle(), httpx.AsyncClient()
            house = build_house(settings, open_database(settings), http, engine.wake)
            entrance = open_entrance(settings, house, http)
            return assemble(settings, house, engine, http, entrance)
        case "draining":
            return create_app(settings, apart=True)
        case "beside":
            return Beside(create_app(settings, apart=True))
        case _:
            sys.exit(f"{kind} is neither nothing, idle, draining nor beside.")


def main(kind: str) -> None:
    settings = load_settings(os.environ)
    set_up_logs(settings.log_level, settings.log_format)
    listen(app_of(kind, settings), settings, settings.host, settings.port)


if __name__ == "__main__":
    main(*sys.argv[1:])

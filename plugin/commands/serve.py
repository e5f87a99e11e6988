"""`retention serve` and `retention worker`: the processes that stay."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable
from types import FrameType

import click
from starlette.applications import Starlette
from starlette.types import ASGIApp

from plugin.engine.memory import settle_memory
from plugin.logs import set_up_logs
from plugin.settings import Settings, load_settings

#: Requests that are under way at SIGTERM get so long; the engine then has its own grace.
DRAIN_CONNECTIONS_SECONDS = 4
#: Of workers, in the system's own scale to 19.
NICENESS = 5


@click.command()
def serve() -> None:
    """Serve the app; on SQLite with a worker of its own beside it. SIGTERM ends it within 20 seconds."""
    from plugin.main import create_app

    settings = load_settings(os.environ)
    set_up_logs(settings.log_level, settings.log_format)
    listen(create_app(settings, apart=True), settings, settings.host, settings.port)


@click.command()
def worker() -> None:
    """Work off what came in, on PostgreSQL. SIGTERM ends it within 20 seconds."""
    from plugin.main import create_worker

    settings = load_settings(os.environ)
    set_up_logs(settings.log_level, settings.log_format)
    stand_back()
    app = create_worker(settings)
    if settings.worker_port is not None:
        listen(app, settings, settings.host, settings.worker_port)
    else:
        stay(app)


def stand_back() -> None:
    """What shoppers wait for goes first, where a worker shares a machine with it that has fewer cores than work."""
    os.nice(NICENESS)


def listen(app: ASGIApp, settings: Settings, host: str, port: int) -> None:
    import uvicorn

    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=DRAIN_CONNECTIONS_SECONDS,
    )
    server = uvicorn.Server(config)
    settle_memory()
    # Uvicorn raises the signal again once it has ended in good order: that is an end without an error.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _nothing_more_to_do)
    server.run()
    if not server.started:
        sys.exit(1)


def _nothing_more_to_do(_: int, __: FrameType | None) -> None:
    pass


def stay(app: Starlette, orders: Callable[[], Awaitable[None]] | None = None) -> None:
    """Until SIGTERM, SIGINT or the end of `orders`."""
    import asyncio

    import structlog
    import uvloop

    log = structlog.get_logger(__name__)

    async def until_told() -> None:
        told = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        async with app.router.lifespan_context(app):
            settle_memory()
            log.info("worker started")
            waiting = [asyncio.ensure_future(one()) for one in (told.wait, orders) if one is not None]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            log.info("worker stops")

    uvloop.run(until_told())

"""The composition root: settings → database, house, engine, routes → app. Imported by commands and tests alone."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

import httpx
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware

from plugin import metrics
from plugin.domain.messages import Medium
from plugin.engine.in_process import InProcess
from plugin.engine.port import Engine, Lane, parse_lane
from plugin.errors import SettingsError
from plugin.express import Express
from plugin.extensions import load_tactics
from plugin.flow.apart import end_all
from plugin.flow.chores import chores
from plugin.flow.deliver import take_over
from plugin.flow.house import House, Keep
from plugin.flow.lanes import drain_with
from plugin.headers import SecurityHeaders
from plugin.health import Health
from plugin.messaging.choose import senders_of
from plugin.messaging.port import Sender
from plugin.saleor.bucket import Budget
from plugin.saleor.client import Saleor
from plugin.secrets import Keyring
from plugin.settings import Settings
from plugin.store import wakes
from plugin.store.database import BUSY_SECONDS, Database
from plugin.store.migrate import is_current, migrate
from plugin.store.shops import Shop

if TYPE_CHECKING:
    from plugin.entrance import Entrance

log = structlog.get_logger(__name__)

Wake = Callable[[Iterable[Lane]], None]
#: How often an engine on PostgreSQL looks for wake-ups that a command left.
LETTERS_PERIOD = timedelta(seconds=5)


def create_app(settings: Settings, *, apart: bool = False) -> Starlette:
    """The web process; on SQLite with the workers inside, or `apart` in another process that reads the same settings."""
    from plugin.entrance import open_entrance  # the routes and pages of the way in: no command needs them

    database = open_database(settings)
    http = httpx.AsyncClient()
    engine: Engine
    elsewhere = None
    if database.sqlite and not apart:
        house, engine = build_workshop(settings, database, http)
    else:
        if database.sqlite:
            from plugin.engine.apart import Apart

            engine = beside = Apart([sys.executable, "-m", "plugin.workshop"])
            elsewhere = beside.counted
        else:
            from plugin.engine.waking import WakingOnly

            require_queue(settings)
            engine = WakingOnly(settings.database_url)
        house = build_house(settings, database, http, engine.wake)
    return assemble(settings, house, engine, http, open_entrance(settings, house, http), elsewhere)


def create_worker(settings: Settings) -> Starlette:
    """A worker process on PostgreSQL: the engine, and health to look at where it has a port."""
    if settings.database_url.startswith("sqlite:"):
        raise SettingsError(
            "A worker needs PostgreSQL: on SQLite `retention serve` starts one of its own, so there is nothing to start."
        )
    database = open_database(settings)
    require_queue(settings)
    http = httpx.AsyncClient()
    house, engine = build_workshop(settings, database, http)
    return assemble(settings, house, engine, http)


def open_database(settings: Settings, busy_seconds: float = BUSY_SECONDS) -> Database:
    """Open and up to date. Raises `SettingsError` on PostgreSQL when somebody has to migrate first."""
    database = Database(settings.database_url, pool_size=settings.database_connections, busy_seconds=busy_seconds)
    if is_current(database):
        return database
    if not database.sqlite:
        database.close()
        raise SettingsError("The database's tables are not those of this version: run `retention migrate`, then start.")
    migrate(database)
    return database


def require_queue(settings: Settings) -> None:
    from plugin.engine.install import is_installed

    if not is_installed(settings.database_url):
        raise SettingsError("The engine's tables are not those of this version: run `retention migrate`, then start.")


def build_house(settings: Settings, database: Database, http: httpx.AsyncClient, wake: Wake | None = None) -> House:
    """Without `wake`, as in a command, wake-ups are left in the database for the process that drains."""
    keyring = Keyring([key.get_secret_value() for key in settings.secret_keys])

    @cache
    def budget(_: int) -> Budget:
        return Budget(settings.requests_per_minute)

    def connect(shop: Shop) -> Saleor:
        return Saleor(shop.api_url, keyring.decrypt(shop.token), http, budget=budget(shop.shop_id))

    def leave(lanes: Iterable[Lane]) -> None:
        with database.write() as connection:
            wakes.leave(connection, map(str, lanes), now())

    return House(
        database,
        keyring,
        load_tactics(),
        connect,
        wake or leave,
        now,
        timedelta(days=settings.grace_days),
        settings.read_history,
        keep(settings),
        open_senders(settings, http),
        settings.public_url,
    )


def open_senders(settings: Settings, http: httpx.AsyncClient) -> dict[Medium, Sender]:
    urls = {Medium.MAIL: settings.mail_url, Medium.SMS: settings.sms_url, Medium.PUSH: settings.push_url}
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else None
    return senders_of(urls, http, secret, check_domains=settings.check_mail_domains)


def build_workshop(settings: Settings, database: Database, http: httpx.AsyncClient) -> tuple[House, Engine]:
    """A house with the engine that drains its lanes and does its chores."""
    engine: Engine

    def wake(lanes: Iterable[Lane]) -> None:
        engine.wake(lanes)

    house = build_house(settings, database, http, wake)
    sizes = {"receivers": settings.receivers, "others": settings.deliverers}

    def letters() -> list[Lane]:
        with database.read() as connection:
            if not wakes.waiting(connection):
                return []
        with database.write() as connection:
            return [parse_lane(name) for name in wakes.take(connection)]

    async def open_letters() -> None:
        engine.wake(await asyncio.to_thread(letters))

    if database.sqlite:
        take_over(house)
        engine = InProcess(drain_with(house), **sizes, letters=letters)
    else:
        from plugin.engine.on_postgres import OnPostgres

        engine = OnPostgres(
            settings.database_url, drain_with(house), **sizes, dead_after=float(settings.dead_worker_seconds)
        )
        engine.every(LETTERS_PERIOD, "letters", open_letters)
    for chore in chores(house, keep(settings)):
        engine.every(chore.period, chore.name, chore.job)
    return house, engine


def keep(settings: Settings) -> Keep:
    return Keep(
        inbox=timedelta(days=settings.keep_inbox_days),
        decisions=timedelta(days=settings.keep_decisions_days),
        effects=timedelta(days=settings.keep_effects_days),
        front_events=timedelta(days=settings.keep_front_events_days),
    )


def now() -> datetime:
    return datetime.now(UTC)


def assemble(
    settings: Settings,
    house: House,
    engine: Engine,
    http: httpx.AsyncClient,
    entrance: "Entrance | None" = None,
    elsewhere: Callable[[], Awaitable[metrics.Counted]] | None = None,
) -> Starlette:
    """`elsewhere` tells what an engine that is another process has counted."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        running = asyncio.create_task(engine.run(), name="engine")
        running.add_done_callback(_end_the_process)
        try:
            yield
        finally:
            if entrance is not None:
                await entrance.close()
            end_all()
            await engine.stop()
            await asyncio.gather(running, return_exceptions=True)
            for sender in house.senders.values():
                await sender.close()
            await http.aclose()
            house.database.close()

    token = settings.metrics_token.get_secret_value() if settings.metrics_token else None
    health = Health(house.database, engine, settings.inbox_limit, token, elsewhere)
    https = settings.public_url.startswith("https://")
    app = Express(
        straight=entrance.straight if entrance else {},
        routes=[*health.routes(), *(entrance.routes if entrance else ())],
        middleware=[Middleware(SecurityHeaders, https=https)],
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # Saleor follows no redirect
    return app


def _end_the_process(engine: asyncio.Task[None]) -> None:
    """A process without its engine looks healthy and does nothing: whoever started it shall start it again."""
    if not engine.cancelled() and (error := engine.exception()) is not None:
        log.critical("the engine ended", exc_info=error)
        os.kill(os.getpid(), signal.SIGTERM)

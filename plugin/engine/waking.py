"""Waking lanes over PostgreSQL, for processes that drain none themselves and inside of the engine that does."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import structlog
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from plugin.engine.notes import Notes
from plugin.engine.port import Job, Lane, queue_of

log = structlog.get_logger(__name__)

SCHEMA = "procrastinate"
#: Wake-ups of one lane within this time cost one row.
COALESCE_SECONDS = 0.15
#: Waiting for a connection; short, so that an engine without a database still stops in time.
POOL_SECONDS = 5
#: Lanes that one transaction wakes.
MOST_AT_ONCE = 500
DRAIN_TASK = "drain"


def conninfo(url: str) -> dict[str, Any]:
    """The parameters of libpq for a SQLAlchemy URL, with Procrastinate's own schema as the search path."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    parameters = dict(conninfo_to_dict(plain))
    # A crash of the server may forget a wake-up, which the sweep repeats: no commit waits for the disk.
    ours = f"-c search_path={SCHEMA} -c synchronous_commit=off"
    parameters["options"] = f"{parameters.get('options') or ''} {ours}".strip()
    return parameters


def connector(url: str, most_connections: int) -> PsycopgConnector:
    return PsycopgConnector(kwargs=conninfo(url), min_size=1, max_size=most_connections, timeout=POOL_SECONDS)


class Waking:
    """`wake` notes; `run` carries the notes to the database, a few times a second at most."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._bell = asyncio.Event()
        self._noted = Notes(self._bell.set)

    def wake(self, lanes: Iterable[Lane]) -> None:
        self._noted.add(lanes)

    async def run(self) -> None:
        """Until cancelled. A wake-up that could not be written is lost: the sweep makes that harmless."""
        with self._noted.heard():
            while True:
                await self._bell.wait()
                self._bell.clear()
                lanes = self._noted.take()
                try:
                    for at in range(0, len(lanes), MOST_AT_ONCE):
                        await defer(self._app, lanes[at : at + MOST_AT_ONCE])
                except ConnectorException as error:
                    log.warning("wake-ups lost", lanes=len(lanes), why=str(error.__cause__ or error))
                await asyncio.sleep(COALESCE_SECONDS)


async def defer(app: App, lanes: Iterable[Lane]) -> None:
    """One waiting job a lane. Asks first, since a refused insert would fill the server's log."""
    wanted = {str(lane): lane for lane in lanes}
    if not wanted:
        return
    rows = await app.connector.execute_query_all_async(
        "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' AND queueing_lock = ANY(%(locks)s)",
        locks=list(wanted),
    )
    for row in rows:
        wanted.pop(row["queueing_lock"], None)
    for name, lane in wanted.items():
        with suppress(AlreadyEnqueued):  # by another process, since we asked
            await app.configure_task(
                DRAIN_TASK, queue=queue_of(lane), lock=name, queueing_lock=name, task_kwargs={"lane": name}
            ).defer_async()


class WakingOnly:
    """The engine of a web process on PostgreSQL: it wakes, and workers on any machine drain."""

    def __init__(self, url: str) -> None:
        self._app = App(connector=connector(url, most_connections=2))
        self._waking = Waking(self._app)
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def running(self) -> bool:
        return self._task is not None and not self._task.done() and not self._stopping.is_set()

    def wake(self, lanes: Iterable[Lane]) -> None:
        self._waking.wake(lanes)

    def every(self, period: timedelta, name: str, job: Job) -> None:
        """Periodic jobs are the workers' business."""

    async def run(self) -> None:
        async with self._app.open_async():
            self._task = asyncio.create_task(self._waking.run())
            try:
                await self._stopping.wait()
            finally:
                self._task.cancel()
                await asyncio.gather(self._task, return_exceptions=True)
                self._ended.set()

    async def stop(self) -> None:
        started = self._task is not None
        self._stopping.set()
        if started:
            await self._ended.wait()

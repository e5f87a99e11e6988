"""The engine over any number of machines: Procrastinate, its jobs carrying nothing but the name of a lane."""

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta

import structlog
from procrastinate import App, JobContext
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as Work
from procrastinate.jobs import Status
from procrastinate.manager import JobManager, get_channel_for_queues

from plugin.engine.attempt import attempt_drain, attempt_job
from plugin.engine.cron import cron
from plugin.engine.port import (
    GRACE_SECONDS,
    HISTORY_QUEUE,
    OTHER_QUEUE,
    RECEIVE_QUEUE,
    Drain,
    Job,
    Lane,
    parse_lane,
)
from plugin.engine.waking import DRAIN_TASK, Waking, connector, defer

log = structlog.get_logger(__name__)

#: What a worker that was told of nothing looks for by itself.
POLL_SECONDS = 1.0
RESTART_SECONDS = 1.0


class _Lanes(JobManager):
    """Jobs as Procrastinate keeps them; the end of a lane's job says at once what comes next in that lane.

    Procrastinate tells nobody that a lock is free, so that a lane woken during its drain would wait for
    somebody's poll.
    """

    def __init__(self, app: App) -> None:
        super().__init__(app.connector)
        self._app = app
        #: Lanes whose drain said that more is waiting.
        self.more: set[str] = set()

    async def finish_job(self, job: Work, status: Status, delete_job: bool) -> None:
        await super().finish_job(job, status, delete_job)
        if job.task_name != DRAIN_TASK or job.lock is None:
            return
        if job.lock in self.more or status is not Status.SUCCEEDED:
            self.more.discard(job.lock)
            await defer(self._app, [parse_lane(job.lock)])
        await self.connector.execute_query_async(
            "SELECT pg_notify(%(channel)s, %(notice)s) FROM procrastinate_jobs"
            " WHERE status = 'todo' AND queueing_lock = %(lane)s",
            channel=next(iter(get_channel_for_queues([job.queue]))),
            notice=json.dumps({"type": "job_inserted", "job_id": job.id}),
            lane=job.lock,
        )


class OnPostgres:
    """Three workers a process: for inboxes, for history, for everything else, so that none holds up another."""

    def __init__(
        self,
        url: str,
        drain: Drain,
        *,
        receivers: int = 1,
        others: int = 2,
        dead_after: float = 30.0,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._drain = drain
        self._sizes = {RECEIVE_QUEUE: receivers, OTHER_QUEUE: others, HISTORY_QUEUE: 1}
        self._dead_after = dead_after
        self._grace = grace
        shared = connector(url, most_connections=receivers + others + 5)
        # Periodic jobs belong to an app: with one app for all workers each job would be offered to each.
        self._apps = {queue: App(connector=shared) for queue in self._sizes}
        for app in self._apps.values():
            app.job_manager = _Lanes(app)
            app.task(name=DRAIN_TASK, pass_context=True)(self._run_drain)
        self._waking = Waking(self._apps[OTHER_QUEUE])
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def running(self) -> bool:
        return bool(self._tasks) and not self._stopping.is_set() and not any(task.done() for task in self._tasks)

    def wake(self, lanes: Iterable[Lane]) -> None:
        self._waking.wake(lanes)

    def every(self, period: timedelta, name: str, job: Job) -> None:
        app, lock = self._apps[OTHER_QUEUE], f"every:{name}"

        async def run_once(timestamp: int) -> None:  # noqa: ARG001 -- Procrastinate hands it over by name
            await attempt_job(name, job)

        task = app.task(name=lock, queue=OTHER_QUEUE, lock=lock, queueing_lock=lock)(run_once)
        app.periodic(cron=cron(period))(task)

    async def run(self) -> None:
        async with self._apps[OTHER_QUEUE].open_async():
            workers = [asyncio.create_task(self._keep_working(queue)) for queue in self._apps]
            side = [asyncio.create_task(self._waking.run()), asyncio.create_task(self._bury_the_dead())]
            self._tasks = [*workers, *side]
            try:
                await self._stopping.wait()
            finally:
                self._stopping.set()
                for task in workers:  # for a Procrastinate worker: take nothing more, let what runs end
                    task.cancel()
                await asyncio.gather(*workers, return_exceptions=True)
                for task in side:
                    task.cancel()
                await asyncio.gather(*side, return_exceptions=True)
                self._ended.set()

    async def stop(self) -> None:
        started = bool(self._tasks)
        self._stopping.set()
        if started:
            await self._ended.wait()

    async def _run_drain(self, context: JobContext, lane: str) -> None:
        outcome = await attempt_drain(self._drain, parse_lane(lane))
        manager = context.app.job_manager
        if outcome.more and isinstance(manager, _Lanes):
            manager.more.add(lane)
        if outcome.rest is not None:
            asyncio.get_running_loop().call_later(outcome.rest, self.wake, [parse_lane(lane)])

    async def _keep_working(self, queue: str) -> None:
        """A Procrastinate worker ends when its connection does; the next one begins a moment later."""
        while not self._stopping.is_set():
            try:
                await self._apps[queue].run_worker_async(
                    queues=[queue],
                    name=queue,
                    concurrency=self._sizes[queue],
                    fetch_job_polling_interval=POLL_SECONDS,
                    shutdown_graceful_timeout=self._grace,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=self._dead_after / 3,
                    stalled_worker_timeout=self._dead_after,
                )
            except ConnectorException as error:
                log.warning("worker lost the database and starts again", why=str(error.__cause__ or error))
            await asyncio.sleep(RESTART_SECONDS)

    async def _bury_the_dead(self) -> None:
        """A job of a worker that was killed holds its lane's lock: take it away and wake the lane."""
        manager = self._apps[OTHER_QUEUE].job_manager
        while True:
            await asyncio.sleep(self._dead_after / 3)
            with suppress(ConnectorException):  # the database is gone: the next turn comes
                await manager.prune_stalled_workers(self._dead_after)
                for job in await manager.get_stalled_jobs(seconds_since_heartbeat=self._dead_after):
                    with suppress(ConnectorException):  # another machine was first
                        await manager.finish_job(job, Status.FAILED, delete_job=True)
                        log.warning("a worker died over its lane", lane=job.lock, job=job.id)

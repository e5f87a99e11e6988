"""The engine on SQLite: asyncio tasks, a timer, and letters from other processes."""

import asyncio
from collections.abc import Callable, Iterable
from datetime import timedelta

from plugin.engine.attempt import attempt_drain, attempt_job
from plugin.engine.notes import Notes
from plugin.engine.port import (
    GRACE_SECONDS,
    HISTORY_QUEUE,
    OTHER_QUEUE,
    RECEIVE_QUEUE,
    Drain,
    Job,
    Lane,
    queue_of,
)

#: Wake-ups that other processes left since the last call.
Letters = Callable[[], Iterable[Lane]]
LETTERS_PERIOD = timedelta(seconds=1)


class _Line:
    """Lanes that wait for their turn, and those that have it."""

    def __init__(self) -> None:
        self._waiting: dict[Lane, None] = {}
        self._drained: set[Lane] = set()
        self._closed = False
        self._changed = asyncio.Condition()

    async def join(self, lanes: Iterable[Lane]) -> None:
        async with self._changed:
            self._waiting.update(dict.fromkeys(lanes))
            self._changed.notify_all()

    async def next(self) -> Lane | None:
        """The first lane that nobody drains, which the caller must give back by `done`; None once closed."""
        async with self._changed:
            while not self._closed:
                for lane in self._waiting:
                    if lane not in self._drained:
                        del self._waiting[lane]
                        self._drained.add(lane)
                        return lane
                await self._changed.wait()
            return None

    async def done(self, lane: Lane, *, more: bool) -> None:
        async with self._changed:
            self._drained.discard(lane)
            if more:
                self._waiting.setdefault(lane)
            self._changed.notify_all()

    async def close(self) -> None:
        async with self._changed:
            self._closed = True
            self._changed.notify_all()


class InProcess:
    """`receivers` tasks empty inboxes, `others` deliver and tick, one reads history: none holds up another."""

    def __init__(
        self,
        drain: Drain,
        *,
        receivers: int = 1,
        others: int = 2,
        letters: Letters | None = None,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._drain = drain
        self._sizes = {RECEIVE_QUEUE: receivers, OTHER_QUEUE: others, HISTORY_QUEUE: 1}
        self._grace = grace
        self._jobs: list[tuple[timedelta, str, Job]] = []
        self._bell = asyncio.Event()
        self._woken = Notes(self._bell.set)
        self._started = False
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()
        if letters is not None:
            self.every(LETTERS_PERIOD, "letters", self._open(letters))

    @property
    def running(self) -> bool:
        return self._started and not self._stopping.is_set()

    def wake(self, lanes: Iterable[Lane]) -> None:
        self._woken.add(lanes)

    def every(self, period: timedelta, name: str, job: Job) -> None:
        self._jobs.append((period, name, job))

    async def run(self) -> None:
        self._started = True
        try:
            with self._woken.heard():
                await self._run()
        finally:
            self._ended.set()

    async def _run(self) -> None:
        lines = {queue: _Line() for queue in self._sizes}
        side = [asyncio.create_task(self._hand_over(lines))]
        side += [asyncio.create_task(self._repeat(period, name, job)) for period, name, job in self._jobs]
        workers = [
            asyncio.create_task(self._work(line)) for queue, line in lines.items() for _ in range(self._sizes[queue])
        ]
        try:
            await self._stopping.wait()
            for line in lines.values():
                await line.close()
            await asyncio.wait(workers, timeout=self._grace)
        finally:
            self._stopping.set()
            for task in (*side, *workers):
                task.cancel()
            await asyncio.gather(*side, *workers, return_exceptions=True)

    async def stop(self) -> None:
        self._stopping.set()
        if self._started:
            await self._ended.wait()

    async def _work(self, line: _Line) -> None:
        while (lane := await line.next()) is not None:
            more = False
            try:
                outcome = await attempt_drain(self._drain, lane)
                more = outcome.more
                if outcome.rest is not None:
                    asyncio.get_running_loop().call_later(outcome.rest, self.wake, [lane])
            finally:
                await line.done(lane, more=more)

    async def _hand_over(self, lines: dict[str, _Line]) -> None:
        while True:
            await self._bell.wait()
            self._bell.clear()
            lanes = self._woken.take()
            for queue, line in lines.items():
                await line.join(lane for lane in lanes if queue_of(lane) == queue)

    async def _repeat(self, period: timedelta, name: str, job: Job) -> None:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            await attempt_job(name, job)
            due = max(due + period.total_seconds(), loop.time())
            await asyncio.sleep(due - loop.time())

    def _open(self, letters: Letters) -> Job:
        async def open_letters() -> None:
            self.wake(await asyncio.to_thread(lambda: list(letters())))

        return open_letters

"""The engine in a process of its own beside the web process, on SQLite: what shoppers wait for shares no interpreter with it.

The web process says lanes on the other's input, one a line, and `COUNT` or `STOP`; the other answers `READY` once and
its metrics, as a line of JSON, to each `COUNT`. An input that ends without `STOP` means that the web process is dead.
"""

import asyncio
import fcntl
import json
import os
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import structlog

from plugin import metrics
from plugin.engine.notes import Notes
from plugin.engine.port import GRACE_SECONDS, Engine, Job, Lane, parse_lane
from plugin.errors import TryLater

log = structlog.get_logger(__name__)

READY = b"ready\n"
COUNT = b"count\n"
STOP = b"stop\n"
#: One that was killed starts again after so long.
RESTART_SECONDS = 1.0
COUNT_SECONDS = 2.0
#: Of all metrics in one line.
LONGEST_LINE = 4 * 1024 * 1024


class Apart:
    """The engine as the web process has it. One that ends by itself is started again: shoppers are answered meanwhile."""

    def __init__(self, command: Sequence[str], *, grace: float = GRACE_SECONDS + 2) -> None:
        self._command = command
        self._grace = grace
        self._noted = Notes(self._tell)
        self._started = False
        self._process: asyncio.subprocess.Process | None = None
        self._ready = False
        #: Those who wait for metrics, in the order in which they asked.
        self._asked: deque[asyncio.Future[bytes]] = deque()
        self._stopping = asyncio.Event()
        self._ended = asyncio.Event()

    @property
    def running(self) -> bool:
        return self._ready and not self._stopping.is_set()

    def wake(self, lanes: Iterable[Lane]) -> None:
        self._noted.add(lanes)

    def every(self, period: timedelta, name: str, job: Job) -> None:
        """Periodic jobs are the other process's business."""

    async def run(self) -> None:
        self._started = True
        try:
            with self._noted.heard():
                while not self._stopping.is_set():
                    code = await self._live()
                    if not self._stopping.is_set():
                        log.error("engine_process_ended", code=code)
                        with suppress(TimeoutError):
                            await asyncio.wait_for(self._stopping.wait(), RESTART_SECONDS)
        finally:
            self._ended.set()

    async def stop(self) -> None:
        self._stopping.set()
        if self._started:
            await self._ended.wait()

    async def counted(self) -> metrics.Counted:
        """The other process's metrics. Raises `TryLater` when it does not say them in time."""
        if not self._ready:
            raise TryLater("The engine's process is not there.")
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._asked.append(answer)
        self._say(COUNT)
        try:
            async with asyncio.timeout(COUNT_SECONDS):
                found: metrics.Counted = json.loads(await answer)
        except (TimeoutError, ValueError) as error:
            raise TryLater("The engine's process did not say its metrics in time.") from error
        return found

    async def _live(self) -> int:
        """One process, from its start to its end; what it ended with."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*self._command, stdin=pipe, stdout=pipe, limit=LONGEST_LINE)
        self._process = process
        ending = asyncio.create_task(self._end(process))
        try:
            if process.stdout is not None:
                await self._listen(process.stdout)
            return await process.wait()
        finally:
            self._ready, self._process = False, None
            while self._asked:
                self._asked.popleft().cancel()
            ending.cancel()
            await asyncio.gather(ending, return_exceptions=True)
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _listen(self, said: asyncio.StreamReader) -> None:
        while line := await said.readline():
            if line == READY:
                self._ready = True
                self._tell()
            elif self._asked and not (waits := self._asked.popleft()).done():
                waits.set_result(line)

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        """Once it is told to stop it has its grace."""
        await self._stopping.wait()
        self._say(STOP)
        await asyncio.sleep(self._grace)
        log.warning("engine_process_killed", seconds=self._grace)
        process.kill()

    def _tell(self) -> None:
        """What is noted while there is no process waits for it."""
        if not self._ready:
            return
        self._say("".join(f"{lane}\n" for lane in self._noted.take()).encode())

    def _say(self, words: bytes) -> None:
        if self._process is not None and self._process.stdin is not None:
            with suppress(OSError, RuntimeError):  # it is dead, which `_live` sees
                self._process.stdin.write(words)


async def obey(engine: Engine, leave: Callable[[], None] = lambda: os._exit(1)) -> None:
    """In the other process: until `STOP`. Without one the input's end is the web process's, and `leave` is called."""
    loop = asyncio.get_running_loop()
    told = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(told), sys.stdin)
    _answer(READY)
    while line := await told.readline():
        if line == STOP:
            return
        if line == COUNT:
            _answer(json.dumps(metrics.counted()).encode() + b"\n")
        else:
            engine.wake([parse_lane(line.decode().rstrip())])
    leave()


def _answer(line: bytes) -> None:
    sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


@contextmanager
def alone_with(file: Path) -> Iterator[None]:
    """At most one engine a database: one that was left behind by a killed web process is waited for."""
    with file.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

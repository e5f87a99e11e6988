"""The load generator, a process of its own: `python -m plugin.bench.load FILE PORT FIRST COUNT CONNECTIONS [RATE]`.

Without a rate each connection asks again as soon as it is answered; with one, requests leave by the
clock, and a late answer delays no later request but counts from when its request was due.
"""

import asyncio
import json
import resource
import sys
import time
from collections import Counter, deque
from itertools import islice
from pathlib import Path
from typing import cast

import uvloop

from plugin.bench.letters import read_letters

TICK_SECONDS = 0.001


class Load:
    def __init__(self, letters: list[bytes]) -> None:
        self.waiting = deque(letters)
        self.left = len(letters)
        self.latencies: list[float] = []
        self.answers: Counter[str] = Counter()
        #: In turn, so that none is idle for so long that the server hangs up.
        self.idle: deque[Line] = deque()
        self.due: deque[float] = deque()
        self.paced = False
        self.over = asyncio.get_running_loop().create_future()

    def answered(self, line: "Line", status: str, seconds: float) -> None:
        self.latencies.append(seconds)
        self.answers[status] += 1
        self.left -= 1
        if self.left == 0 and not self.over.done():
            self.over.set_result(None)
        self.idle.append(line)
        self.push()

    def push(self) -> None:
        while self.idle and self.waiting and (self.due or not self.paced):
            due = self.due.popleft() if self.paced else time.perf_counter()
            self.idle.popleft().ask(self.waiting.popleft(), due)

    def lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_exception(RuntimeError(f"The server hung up: {error}"))

    async def pace(self, rate: float) -> None:
        start, sent, count = time.perf_counter(), 0, len(self.waiting)
        while sent < count:
            now = time.perf_counter()
            while sent < count and start + sent / rate <= now:
                self.due.append(start + sent / rate)
                sent += 1
            self.push()
            await asyncio.sleep(TICK_SECONDS)


class Line(asyncio.Protocol):
    """One kept-alive connection with at most one request under way."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._answer = b""
        self._due = 0.0
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._load.idle.append(self)

    def ask(self, letter: bytes, due: float) -> None:
        self._due = due
        self._transport.write(letter)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if not found:
            return
        _, _, length = head.lower().partition(b"content-length: ")
        if len(body) < int(length.partition(b"\r\n")[0] or 0):  # an answer without a body names no length
            return
        self._answer = b""
        self._load.answered(self, head[9:12].decode(), time.perf_counter() - self._due)

    def connection_lost(self, exc: Exception | None) -> None:
        self._load.lost(exc)


async def run(letters: list[bytes], port: int, connections: int, rate: float | None) -> dict[str, object]:
    loop = asyncio.get_running_loop()
    load = Load(letters)
    for _ in range(connections):
        await loop.create_connection(lambda: Line(load), "127.0.0.1", port)
    load.paced = rate is not None
    busy, started = _cpu_seconds(), time.perf_counter()
    pacing = None if rate is None else loop.create_task(load.pace(rate))
    load.push()
    await load.over
    seconds = time.perf_counter() - started
    if pacing is not None:
        await pacing
    taken = sorted(load.latencies)
    return {
        "requests": len(letters),
        "seconds": seconds,
        "per_second": len(letters) / seconds,
        "p50_ms": 1000 * taken[len(taken) // 2],
        "p99_ms": 1000 * taken[len(taken) * 99 // 100],
        "max_ms": 1000 * taken[-1],
        "answers": dict(load.answers),
        #: Near one, the generator and not the server was the limit.
        "generator_busy": (_cpu_seconds() - busy) / seconds,
    }


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(file: str, port: str, first: str, count: str, connections: str, rate: str | None = None) -> None:
    begin = int(first)
    letters = list(islice(read_letters(Path(file)), begin, begin + int(count)))
    figures = uvloop.run(run(letters, int(port), int(connections), None if rate is None else float(rate)))
    sys.stdout.write(json.dumps(figures))


if __name__ == "__main__":
    main(*sys.argv[1:])

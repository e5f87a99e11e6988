"""The engine in a process of its own: it lives, dies and ends with the web process."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from plugin import metrics
from plugin.engine.apart import Apart, alone_with
from plugin.engine.port import Lane, LaneKind
from plugin.errors import TryLater
from tests.engine.drains import PATIENCE

A = Lane(LaneKind.RECEIVE, 1)
B = Lane(LaneKind.DELIVER, 2)

pytestmark = pytest.mark.anyio


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


def command(notes: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "tests.engine.beside", str(notes), *more]


def noted(notes: Path) -> list[str]:
    return notes.read_text().split("\n")[:-1] if notes.exists() else []


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not true():  # noqa: ASYNC110 -- what another process has done rings no bell here
            await asyncio.sleep(0.01)


@asynccontextmanager
async def running(engine: Apart) -> AsyncIterator[Apart]:
    task = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        await engine.stop()
        await task


async def test_what_is_woken_is_drained_there_and_the_end_is_in_good_order(notes: Path) -> None:
    engine = Apart(command(notes))
    engine.wake([A])  # before there is anybody to hear it
    async with running(engine):
        await until(lambda: noted(notes) == [str(A)])
        assert engine.running
        await asyncio.to_thread(engine.wake, [B])
        await until(lambda: noted(notes) == [str(A), str(B)])
    assert noted(notes) == [str(A), str(B), "ended"]
    assert not engine.running


def test_a_wake_up_after_the_end_breaks_nothing(notes: Path) -> None:
    engine = Apart(command(notes))

    async def live() -> None:
        async with running(engine):
            await until(lambda: engine.running)

    asyncio.run(live())
    engine.wake([A])  # by a thread that is late: the loop is closed
    assert noted(notes) == ["ended"]


async def test_one_that_is_killed_is_started_again_and_told_what_was_woken_meanwhile(notes: Path) -> None:
    async with running(Apart(command(notes))) as engine:
        await until(lambda: engine.running)
        os.kill(children()[-1], signal.SIGKILL)
        await until(lambda: not engine.running)
        engine.wake([A])
        await until(lambda: noted(notes) == [str(A)])
        assert engine.running
    assert noted(notes) == [str(A), "ended"]


async def test_one_that_does_not_stop_is_killed_after_its_grace(notes: Path) -> None:
    async with running(Apart(command(notes, "deaf"), grace=0.1)) as engine:
        await until(lambda: engine.running)
        left = children()[-1]
    assert left not in children()
    assert "ended" not in noted(notes)


async def test_a_stop_before_it_is_ready_ends_it_too(notes: Path) -> None:
    engine = Apart(command(notes))
    task = asyncio.create_task(engine.run())
    await asyncio.sleep(0)
    await engine.stop()
    await task
    assert noted(notes) == ["ended"]


async def test_its_metrics_are_added_to_ours(notes: Path) -> None:
    engine = Apart(command(notes))
    with pytest.raises(TryLater):
        await engine.counted()
    async with running(engine):
        engine.wake([A])
        await until(lambda: noted(notes) == [str(A)])
        counted = await asyncio.gather(*(engine.counted() for _ in range(3)))
    assert counted[0] == counted[1] == counted[2]
    mine = metrics.drains.labels(A.kind, "beside")
    mine.inc(2)
    try:
        told = metrics.exposition(counted[0]).decode()
    finally:
        metrics.drains.remove(A.kind, "beside")
    assert f'retention_drains_total{{kind="{A.kind}",result="beside"}} 3.0' in told
    assert told.count("# TYPE retention_drains_total") == 1
    assert f'retention_drain_seconds_count{{kind="{A.kind}"}}' in told


def test_a_killed_web_process_takes_its_engine_with_it(notes: Path) -> None:
    script = (
        "import asyncio, sys\n"
        "from plugin.engine.apart import Apart\n"
        "from plugin.engine.port import parse_lane\n"
        "engine = Apart(sys.argv[1:])\n"
        f"engine.wake([parse_lane({str(A)!r})])\n"
        "asyncio.run(engine.run())\n"
    )
    web = subprocess.Popen([sys.executable, "-c", script, *command(notes)])
    try:
        while not noted(notes):
            assert web.poll() is None
    finally:
        web.kill()
        web.wait()
    with alone_with(notes.with_suffix(".lock")):  # waits for as long as an engine is there
        assert noted(notes) == [str(A)], "it ended as if killed"


def children() -> list[int]:
    """Of this process, the youngest last."""
    found = subprocess.run(["pgrep", "--parent", str(os.getpid())], capture_output=True, text=True, check=False)
    return sorted(int(one) for one in found.stdout.split())

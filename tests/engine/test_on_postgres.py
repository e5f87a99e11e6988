"""What only the engine over several processes can get wrong: dead workers, lost connections, rows left behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
import structlog

from plugin.engine.cron import cron
from plugin.engine.install import install, is_installed
from plugin.engine.on_postgres import OnPostgres
from plugin.engine.port import Lane, LaneKind
from plugin.engine.waking import WakingOnly
from tests.conftest import POSTGRES
from tests.engine.drains import PATIENCE, Drains
from tests.engine.test_engines import open_engine

LANE = Lane(LaneKind.RECEIVE, 7)
DEAD_AFTER = 3


@pytest.fixture
def url(postgres: str) -> str:
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS procrastinate CASCADE")
    install(postgres)
    return postgres


@pytest.fixture
def worker(url: str) -> Iterator["subprocess.Popen[str]"]:
    """Another process that drains any lane and never ends."""
    script = f"""
import asyncio, sys
from plugin.engine.on_postgres import OnPostgres
async def drain(lane):
    print("draining", lane, flush=True)
    await asyncio.sleep(3600)
asyncio.run(OnPostgres(sys.argv[1], drain, dead_after={DEAD_AFTER}).run())
"""
    process = subprocess.Popen([sys.executable, "-c", script, url], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.communicate()


def jobs(url: str) -> list[tuple[str, str]]:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT lock, status::text FROM procrastinate.procrastinate_jobs").fetchall()


@pytest.mark.anyio
async def test_a_worker_that_is_killed_over_its_lane_gives_it_to_another(
    url: str, worker: "subprocess.Popen[str]"
) -> None:
    async with open_engine(WakingOnly(url)) as web:
        web.wake([LANE])
        assert worker.stdout is not None
        assert await asyncio.to_thread(worker.stdout.readline) == f"draining {LANE}\n"
        drains = Drains()
        async with open_engine(OnPostgres(url, drains, dead_after=DEAD_AFTER)):
            os.kill(worker.pid, signal.SIGKILL)
            killed = time.monotonic()
            await drains.until(lambda: drains.ended == [LANE])
            # silent for DEAD_AFTER, found by the next look (every third of that), with room for a busy machine
            assert time.monotonic() - killed < 3 * DEAD_AFTER
    assert jobs(url) == []


@pytest.mark.anyio
async def test_an_engine_whose_connections_are_lost_goes_on(url: str) -> None:
    drains = Drains()
    async with open_engine(OnPostgres(url, drains, dead_after=DEAD_AFTER)) as engine:
        engine.wake([LANE])
        await drains.until(lambda: drains.ended == [LANE])
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        async with asyncio.timeout(PATIENCE):
            while drains.ended == [LANE]:  # a wake-up can be lost with its connection: the sweep repeats it
                engine.wake([LANE])
                await asyncio.sleep(0.2)
        assert engine.running


@pytest.mark.anyio
async def test_wake_ups_of_a_moment_cost_one_row(url: str) -> None:
    async with open_engine(WakingOnly(url)) as web:
        for _ in range(1000):
            web.wake([LANE])
            await asyncio.sleep(0)
        async with asyncio.timeout(PATIENCE):
            while not jobs(url):  # noqa: ASYNC110 -- another connection's commit sets no event
                await asyncio.sleep(0.02)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate.procrastinate_events").fetchone() == (1,)


@pytest.mark.anyio
@pytest.mark.long
async def test_an_engine_whose_database_was_away_goes_on(url: str) -> None:
    drains = Drains()
    name = url.rsplit("/", 1)[1]
    with structlog.testing.capture_logs() as logs, psycopg.connect(POSTGRES, autocommit=True) as admin:
        async with open_engine(OnPostgres(url, drains, dead_after=DEAD_AFTER)) as engine:
            engine.wake([LANE])
            await drains.until(lambda: drains.ended == [LANE])
            admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
            try:
                admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
                async with asyncio.timeout(60):
                    while sum(line["event"].startswith("worker lost") for line in logs) < 2:  # noqa: ASYNC110
                        await asyncio.sleep(0.1)
            finally:
                admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
            async with asyncio.timeout(60):
                while drains.ended == [LANE]:
                    engine.wake([LANE])
                    await asyncio.sleep(0.2)
            assert engine.running


@pytest.mark.anyio
async def test_what_is_cancelled_at_the_stop_is_left_to_another_worker(url: str) -> None:
    drains = Drains()
    drains.held = {LANE}
    async with open_engine(OnPostgres(url, drains, grace=0.1)) as engine:
        engine.wake([LANE])
        await drains.until(lambda: drains.begun == [LANE])
    assert drains.cancelled == [LANE]
    assert jobs(url) == [(str(LANE), "todo")]


@pytest.mark.anyio
async def test_periodic_jobs_run_once_for_all_workers(url: str) -> None:
    ran: list[float] = []
    drains = Drains()

    async def job() -> None:
        ran.append(time.time())
        await drains.note(drains.ended, LANE)

    engines = [OnPostgres(url, drains) for _ in range(3)]
    for engine in engines:
        engine.every(timedelta(seconds=2), "job", job)
    async with open_engine(engines[0]), open_engine(engines[1]), open_engine(engines[2]):
        await drains.until(lambda: len(ran) >= 3)
    # one for each second tick of the clock that was touched, not one for each engine
    assert len(ran) <= (ran[-1] - ran[0]) / 2 + 2


def test_installing_twice_changes_nothing(url: str) -> None:
    install(url)
    assert is_installed(url)


def test_an_older_version_is_brought_up_to_date(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("COMMENT ON SCHEMA procrastinate IS '3.4.0'")
    assert not is_installed(url)
    install(url)
    assert is_installed(url)


@pytest.mark.parametrize(
    ("period", "line"),
    [
        (timedelta(seconds=1), "* * * * * */1"),
        (timedelta(seconds=5), "* * * * * */5"),
        (timedelta(minutes=1), "*/1 * * * *"),
        (timedelta(minutes=15), "*/15 * * * *"),
        (timedelta(hours=1), "0 */1 * * *"),
        (timedelta(days=1), "0 3 * * *"),
    ],
)
def test_periods_that_cron_can_say(period: timedelta, line: str) -> None:
    assert cron(period) == line


@pytest.mark.parametrize(
    "period", [timedelta(0), timedelta(seconds=7), timedelta(minutes=7), timedelta(hours=5), timedelta(days=2)]
)
def test_periods_that_cron_cannot_say(period: timedelta) -> None:
    with pytest.raises(ValueError, match="cannot be said by cron"):
        cron(period)

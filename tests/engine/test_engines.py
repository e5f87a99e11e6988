"""Both engines keep one contract."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

import psycopg
import pytest

from plugin.engine.in_process import InProcess
from plugin.engine.install import install
from plugin.engine.on_postgres import OnPostgres
from plugin.engine.port import Drain, Engine, Lane, LaneKind, parse_lane
from plugin.errors import TryLater
from tests.engine.drains import PATIENCE, Drains

A = Lane(LaneKind.RECEIVE, 1)
B = Lane(LaneKind.RECEIVE, 2)
C = Lane(LaneKind.DELIVER, 1)

pytestmark = pytest.mark.anyio

Make = Callable[..., Engine]
Open = Callable[[Engine], AbstractAsyncContextManager[Engine]]


@pytest.fixture(params=["in process", "on PostgreSQL"])
def make(request: pytest.FixtureRequest) -> Make:
    if request.param == "in process":

        def make_one(drain: Drain, *, grace: float = PATIENCE, receivers: int = 1) -> Engine:
            return InProcess(drain, receivers=receivers, grace=grace)

        return make_one
    url: str = request.getfixturevalue("postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS procrastinate CASCADE")
    install(url)

    def make_other(drain: Drain, *, grace: float = PATIENCE, receivers: int = 1) -> Engine:
        return OnPostgres(url, drain, receivers=receivers, grace=grace, dead_after=3)

    return make_other


@asynccontextmanager
async def open_engine(engine: Engine) -> AsyncIterator[Engine]:
    running = asyncio.create_task(engine.run())
    try:
        yield engine
    finally:
        async with asyncio.timeout(PATIENCE):
            await engine.stop()
            await running


async def test_a_lane_that_is_woken_is_drained(make: Make) -> None:
    drains = Drains()
    async with open_engine(make(drains)) as engine:
        engine.wake([A, C])
        await drains.until(lambda: {A, C} <= set(drains.ended))
    assert not engine.running


async def test_a_lane_that_was_woken_before_the_start_is_drained(make: Make) -> None:
    drains = Drains()
    engine = make(drains)
    engine.wake([A])
    async with open_engine(engine):
        await drains.until(lambda: drains.ended == [A])
    assert drains.ended == [A]


async def test_it_can_be_woken_from_another_thread(make: Make) -> None:
    drains = Drains()
    async with open_engine(make(drains)) as engine:
        thread = threading.Thread(target=engine.wake, args=([A],))
        thread.start()
        await drains.until(lambda: drains.ended == [A])
        thread.join()


async def test_many_wake_ups_make_few_drains(make: Make) -> None:
    drains = Drains()
    async with open_engine(make(drains)) as engine:
        drains.held.add(B)
        engine.wake([B])
        await drains.until(lambda: drains.begun == [B])
        for _ in range(1000):  # the only receiver is busy: these wait together
            engine.wake([A])
        drains.gate.set()
        await drains.until(lambda: A in drains.ended)
        engine.wake([C])
        await drains.until(lambda: C in drains.ended)
    assert drains.ended.count(A) <= 2


async def test_a_lane_that_has_more_is_drained_again_and_lets_others_in_between(make: Make) -> None:
    drains = Drains()
    drains.more = {A: 4}
    drains.held = {A}
    async with open_engine(make(drains)) as engine:
        engine.wake([A])
        await drains.until(lambda: drains.begun == [A])
        engine.wake([B])
        await settled(engine)
        drains.gate.set()
        await drains.until(lambda: drains.ended.count(A) == 5)
    assert drains.ended.index(B) == 1


async def test_a_lane_that_is_woken_during_its_drain_is_drained_once_more(make: Make) -> None:
    drains = Drains()
    drains.held = {A}
    async with open_engine(make(drains, receivers=3)) as engine:
        engine.wake([A])
        await drains.until(lambda: drains.begun == [A])
        engine.wake([A])
        await settled(engine)
        drains.gate.set()
        await drains.until(lambda: drains.ended == [A, A])
    assert drains.most_at_once == {A: 1}


async def test_a_lane_is_drained_by_one_task_at_a_time(make: Make) -> None:
    drains = Drains()
    drains.more = {A: 20, B: 20}
    async with open_engine(make(drains, receivers=3)) as engine:
        engine.wake([A, B])
        await drains.until(lambda: drains.ended.count(A) + drains.ended.count(B) >= 42)
    assert drains.most_at_once == {A: 1, B: 1}


async def test_a_full_receiver_does_not_hold_up_delivery(make: Make) -> None:
    drains = Drains()
    drains.held = {A}
    async with open_engine(make(drains)) as engine:
        engine.wake([A])
        await drains.until(lambda: drains.begun == [A])
        engine.wake([C])
        await drains.until(lambda: drains.ended == [C])
        assert drains.ended == [C], "delivered while the receiver is held"
        drains.gate.set()


async def test_history_does_not_hold_up_anything(make: Make) -> None:
    drains = Drains()
    past = [Lane(LaneKind.HISTORY, shop_id) for shop_id in range(1, 9)]
    drains.held = set(past)
    async with open_engine(make(drains)) as engine:
        engine.wake(past)
        await drains.until(lambda: len(drains.begun) == 1)
        engine.wake([A, C])
        await drains.until(lambda: set(drains.ended) == {A, C})
        drains.gate.set()


async def test_a_drain_that_raises_does_not_end_the_engine(make: Make) -> None:
    drains = Drains()
    drains.raises = {A: [RuntimeError("a bug")]}
    async with open_engine(make(drains)) as engine:
        engine.wake([A])
        await drains.until(lambda: drains.ended == [A])
        engine.wake([A])
        await drains.until(lambda: drains.ended == [A, A])
        assert engine.running


async def test_a_lane_that_must_rest_is_drained_later(make: Make) -> None:
    drains = Drains()
    drains.raises = {A: [TryLater("too many requests", after=0.3)]}
    async with open_engine(make(drains)) as engine:
        engine.wake([A])
        started = asyncio.get_running_loop().time()
        await drains.until(lambda: drains.ended == [A, A])
        assert asyncio.get_running_loop().time() - started >= 0.3


async def test_periodic_jobs_run_again_and_again_whatever_they_raise(make: Make) -> None:
    drains = Drains()
    ran = 0

    async def job() -> None:
        nonlocal ran
        ran += 1
        await drains.note(drains.ended, A)
        raise RuntimeError("a bug") if ran == 1 else TryLater("the database is away")

    engine = make(drains)
    engine.every(timedelta(seconds=1), "job", job)
    async with open_engine(engine):
        await drains.until(lambda: ran >= 3)
    assert ran >= 3


async def test_stop_lets_a_drain_end(make: Make) -> None:
    drains = Drains()
    drains.held = {A}
    async with open_engine(make(drains)) as engine:
        engine.wake([A])
        await drains.until(lambda: drains.begun == [A])
        stopping = asyncio.create_task(engine.stop())
        drains.gate.set()
        await stopping
    assert drains.ended == [A]
    assert drains.cancelled == []


async def test_stop_cancels_what_does_not_end(make: Make) -> None:
    drains = Drains()
    drains.held = {A}
    async with open_engine(make(drains, grace=0.1)) as engine:
        engine.wake([A])
        await drains.until(lambda: drains.begun == [A])
    assert drains.cancelled == [A]


async def test_an_engine_that_never_ran_stops(make: Make) -> None:
    await make(Drains()).stop()


@pytest.mark.parametrize("lane", [A, B, C, Lane(LaneKind.TICK, 12345)])
async def test_lanes_have_names(lane: Lane) -> None:
    assert parse_lane(str(lane)) == lane


@pytest.mark.parametrize("text", ["", "receive", "receive:", "receive:x", "other:1"])
async def test_other_names_are_no_lanes(text: str) -> None:
    with pytest.raises(ValueError):
        parse_lane(text)


async def settled(engine: Engine) -> None:
    """Until what was woken stands in its line: another lane, of the other line, was woken later and is drained."""
    seen = asyncio.Event()
    probe = Lane(LaneKind.TICK, 999)
    inner = engine._drain  # type: ignore[attr-defined]

    async def drain(lane: Lane) -> bool:
        if lane == probe:
            seen.set()
            return False
        return bool(await inner(lane))

    engine._drain = drain  # type: ignore[attr-defined]
    engine.wake([probe])
    async with asyncio.timeout(PATIENCE):
        await seen.wait()

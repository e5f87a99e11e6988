import pytest

from plugin.errors import TryLater
from plugin.saleor.bucket import Budget
from tests.saleor.shop import Clock

pytestmark = pytest.mark.anyio


def _budget(clock: Clock, **settings: float) -> Budget:
    return Budget(60, 3, clock=clock, sleep=clock.sleep, **settings)


@pytest.mark.parametrize(
    ("calls", "slept"),
    [(1, []), (3, []), (4, [1.0]), (6, [1.0, 1.0, 1.0])],
)
async def test_a_burst_is_free_and_the_rest_is_spread(calls: int, slept: list[float]) -> None:
    clock = Clock()
    budget = _budget(clock)
    for _ in range(calls):
        await budget.acquire()
    assert clock.slept == pytest.approx(slept)


async def test_a_quiet_minute_fills_it_again() -> None:
    clock = Clock()
    budget = _budget(clock)
    for _ in range(3):
        await budget.acquire()
    clock.now += 60
    for _ in range(3):
        await budget.acquire()
    assert clock.slept == []


async def test_a_short_rest_is_waited_for() -> None:
    clock = Clock()
    budget = _budget(clock)
    budget.rest(4)
    await budget.acquire()
    assert clock.slept == [4]


async def test_a_long_rest_is_handed_back() -> None:
    clock = Clock()
    budget = _budget(clock)
    budget.rest(30)
    budget.rest(5)
    with pytest.raises(TryLater) as raised:
        await budget.acquire()
    assert raised.value.after == 30
    assert clock.slept == []


async def test_a_queue_too_long_is_handed_back() -> None:
    """Many at once: who would wait longer than allowed is told when to come back, and takes no place."""
    clock = Clock()

    async def nobody_waits(_: float) -> None:
        pass

    budget = Budget(60, 3, longest_wait=2, clock=clock, sleep=nobody_waits)
    for _ in range(5):
        await budget.acquire()
    for _ in range(2):
        with pytest.raises(TryLater) as raised:
            await budget.acquire()
        assert raised.value.after == pytest.approx(3)


@pytest.mark.parametrize(("calls", "slept"), [(1, []), (2, [1.0]), (3, [2.0])])
async def test_who_can_wait_leaves_half_of_the_burst_to_who_cannot(calls: int, slept: list[float]) -> None:
    clock = Clock()
    budget = _budget(clock)
    for _ in range(calls):
        await budget.acquire()
    await budget.room()
    assert clock.slept == pytest.approx(slept)
    await budget.acquire()
    assert clock.slept == pytest.approx(slept)


async def test_who_can_wait_is_handed_back_a_long_rest_too() -> None:
    clock = Clock()
    budget = _budget(clock)
    budget.rest(30)
    with pytest.raises(TryLater) as raised:
        await budget.room()
    assert raised.value.after == 30

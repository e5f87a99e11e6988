"""What is worked out beside a page."""

import asyncio

import pytest

from admin_ui import beside as module
from admin_ui.beside import Working, beside
from plugin.errors import Rejected


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Work:
    """Ends when it is told to."""

    def __init__(self) -> None:
        self.begun = 0
        self.end = asyncio.Event()

    async def __call__(self) -> int:
        self.begun += 1
        await self.end.wait()
        return self.begun


@pytest.mark.anyio
async def test_what_is_quick_is_worked_out_anew_each_time() -> None:
    work = Work()
    work.end.set()
    assert [await beside("quick", work) for _ in range(3)] == [1, 2, 3]


@pytest.mark.anyio
async def test_what_takes_longer_is_worked_out_once_for_all_who_ask_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)
    work = Work()
    told = [await beside("slow", work) for _ in range(3)]
    assert all(isinstance(one, Working) for one in told)
    assert told[0].seconds < told[2].seconds  # type: ignore[union-attr]
    work.end.set()
    await asyncio.sleep(0)
    assert [await beside("slow", work) for _ in range(2)] == [1, 1], "it is held for who asks again"
    assert await beside("slow", work, held=0) == 2, "and not for ever"


@pytest.mark.anyio
async def test_what_failed_is_said_once_and_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.01)

    async def fail() -> int:
        await asyncio.sleep(0.03)
        raise Rejected("It is broken.")

    assert isinstance(await beside("broken", fail), Working)
    await asyncio.sleep(0.05)
    with pytest.raises(Rejected, match="broken"):
        await beside("broken", fail)
    assert isinstance(await beside("broken", fail), Working)

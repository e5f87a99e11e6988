"""A drain that tells what was asked of it, and waits to be let go where a test wants to look in between."""

import asyncio
from collections.abc import Callable

from plugin.engine.port import Lane

#: More than any step takes; a test that waits so long has failed.
PATIENCE = 20


class Drains:
    def __init__(self) -> None:
        #: Lanes in the order in which their drains began.
        self.begun: list[Lane] = []
        self.ended: list[Lane] = []
        #: How often a lane says that more is waiting.
        self.more: dict[Lane, int] = {}
        #: What a lane raises, once each.
        self.raises: dict[Lane, list[Exception]] = {}
        #: Lanes whose drain does not end before `gate` is set.
        self.held: set[Lane] = set()
        self.gate = asyncio.Event()
        self.cancelled: list[Lane] = []
        self.at_once: dict[Lane, int] = {}
        self.most_at_once: dict[Lane, int] = {}
        self._changed = asyncio.Condition()

    async def __call__(self, lane: Lane) -> bool:
        self.at_once[lane] = self.at_once.get(lane, 0) + 1
        self.most_at_once[lane] = max(self.most_at_once.get(lane, 0), self.at_once[lane])
        await self.note(self.begun, lane)
        try:
            if self.raises.get(lane):
                raise self.raises[lane].pop(0)
            if lane in self.held:
                await self.gate.wait()
            self.more[lane] = self.more.get(lane, 0) - 1
            return self.more[lane] >= 0
        except asyncio.CancelledError:
            self.cancelled.append(lane)
            raise
        finally:
            self.at_once[lane] -= 1
            await self.note(self.ended, lane)

    async def note(self, where: list[Lane], lane: Lane) -> None:
        where.append(lane)
        async with self._changed:
            self._changed.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE), self._changed:
            await self._changed.wait_for(condition)

"""What may take longer than a page: worked out beside it, once for all who ask meanwhile.

A request waits for a moment. What is not there by then is asked for again by the page, until it is.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Hashable, MutableMapping
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

#: Seconds that a request waits.
PATIENCE = 0.1
#: What came too late for whoever asked first is held for so many seconds, for whoever asks again.
HELD = 10.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Working:
    """It is not there yet."""

    #: So long so far.
    seconds: float


@dataclass(slots=True)
class _Work:
    task: "asyncio.Task[Any]"
    begun: float
    #: Seconds after its end.
    held: float
    #: None while it is worked on.
    ended: float | None = None

    def end(self, _: object) -> None:
        self.ended = time.monotonic()


_works: MutableMapping[asyncio.AbstractEventLoop, dict[Hashable, _Work]] = WeakKeyDictionary()


async def beside(key: Hashable, work_out: Callable[[], Awaitable[T]], held: float = HELD) -> T | Working:
    """What comes out, worked out anew or at most `held` seconds ago. Raises what `work_out` raises."""
    works = _works.setdefault(asyncio.get_running_loop(), {})
    for old, work in list(works.items()):
        if work.ended and time.monotonic() - work.ended > (held if old == key else work.held):
            del works[old]
    first = key not in works
    if first:
        works[key] = work = _Work(asyncio.ensure_future(_run(work_out)), time.monotonic(), held)
        work.task.add_done_callback(work.end)
    work = works[key]
    done, _ = await asyncio.wait({work.task}, timeout=PATIENCE)
    if not done:
        return Working(time.monotonic() - work.begun)
    if first or work.task.cancelled() or work.task.exception() is not None:
        works.pop(key, None)  # what is quick is worked out anew each time, and what failed is tried again
    found: T = work.task.result()
    return found


async def _run(work_out: Callable[[], Awaitable[T]]) -> T:
    return await work_out()

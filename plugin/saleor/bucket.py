"""How many calls one shop gets: hosted shops answer 429 from about 120 a minute on."""

import time
from collections.abc import Awaitable, Callable

import anyio

from plugin.domain.phrases import phrase
from plugin.errors import TryLater


class Budget:
    """A token bucket for one shop, shared by everything in this process that calls it."""

    def __init__(
        self,
        per_minute: float = 100,
        burst: int = 20,
        *,
        longest_wait: float = 10,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = anyio.sleep,
    ) -> None:
        self._interval = 60 / per_minute
        self._tolerance = self._interval * (burst - 1)
        self._longest_wait = longest_wait
        self._clock = clock
        self._sleep = sleep
        #: When the bucket is full again, counting all calls that were let through.
        self._full_at = clock()
        self._rest_until = clock()

    async def acquire(self) -> None:
        """Returns when one call may go out.

        Raises `TryLater` instead of waiting long: who waits holds a lease.
        """
        now = self._clock()
        full_at = max(self._full_at, now)
        wait = self._wait(full_at, self._tolerance, now)
        self._full_at = full_at + self._interval
        if wait > 0:
            await self._sleep(wait)

    async def room(self) -> None:
        """Returns when half of the burst is free, for work that can wait: what cannot will find calls left.

        Takes no call. Raises `TryLater` as `acquire` does.
        """
        now = self._clock()
        wait = self._wait(max(self._full_at, now), self._tolerance / 2, now)
        if wait > 0:
            await self._sleep(wait)

    def _wait(self, full_at: float, tolerance: float, now: float) -> float:
        wait = max(full_at - tolerance, self._rest_until) - now
        if wait > self._longest_wait:
            raise TryLater(
                phrase("This shop takes no more calls now; the next in {wait} seconds.", wait=round(wait)), after=wait
            )
        return wait

    def rest(self, seconds: float) -> None:
        """No call to this shop for so long (it said 429)."""
        self._rest_until = max(self._rest_until, self._clock() + seconds)

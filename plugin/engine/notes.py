"""Lanes that any thread wakes, noted for the one loop that acts on them."""

import asyncio
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from plugin.engine.port import Lane


class Notes:
    """Many wake-ups in a moment are one note a lane, and ring once. What is noted before anybody listens waits."""

    def __init__(self, ring: Callable[[], object]) -> None:
        """ring: called in the loop that listens when there is something to take."""
        self._ring = ring
        self._noted: dict[Lane, None] = {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def add(self, lanes: Iterable[Lane]) -> None:
        with self._lock:
            quiet = not self._noted
            self._noted.update(dict.fromkeys(lanes))
            if quiet and self._noted and self._loop is not None:
                self._loop.call_soon_threadsafe(self._ring)

    def take(self) -> list[Lane]:
        with self._lock:
            lanes, self._noted = list(self._noted), {}
        return lanes

    @contextmanager
    def heard(self) -> Iterator[None]:
        """By the running loop, as long as this lasts: what a thread still wakes afterwards, the next start's sweep finds."""
        self._loop = asyncio.get_running_loop()
        self._ring()
        try:
            yield
        finally:
            with self._lock:
                self._loop = None

"""Webhooks that arrive together share one transaction; each is answered when it is durable.

While one transaction is being written, those that arrive wait for the next. So the number of commits
follows what the disk can do, and the number of webhooks in each follows what comes.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from sqlalchemy.exc import SQLAlchemyError

from plugin.errors import TryLater
from plugin.store import inbox
from plugin.store.database import Database
from plugin.store.inbox import Arrival

log = structlog.get_logger(__name__)

#: In one transaction: more would make the first of them wait for the last.
MOST_AT_ONCE = 500
#: Waiting in memory, when the database is slow: more would only fill the memory.
MOST_WAITING = 2_000
MOST_WAITING_BYTES = 32 * 1024 * 1024
#: The open rows of the inbox are counted this often.
SECONDS_BETWEEN_COUNTS = 1.0
#: What is asked of Saleor when the inbox is full; its own schedule begins with ten seconds.
COME_BACK_AFTER = 10.0

Waiting = tuple[Arrival, asyncio.Future[None]]


class Intake:
    def __init__(
        self,
        db: Database,
        *,
        most_open: int,
        on_committed: Callable[[set[int]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._db = db
        self._most_open = most_open
        self._on_committed = on_committed
        self._clock = clock
        self._waiting: list[Waiting] = []
        self._waiting_bytes = 0
        self._writer: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="intake")
        #: At the last count, and what was added since.
        self._open = 0
        self._counted_at = float("-inf")

    @property
    def full(self) -> bool:
        return self._open >= self._most_open

    async def accept(self, arrival: Arrival) -> None:
        """Returns when the arrival is durable. Raises `TryLater` when it is not, or there is no room for it."""
        if self.full:
            self._work()  # counts anew, so that there is room again when there is
            raise TryLater("The inbox is full; its rows are being worked off.", COME_BACK_AFTER)
        if len(self._waiting) >= MOST_WAITING or self._waiting_bytes >= MOST_WAITING_BYTES:
            raise TryLater("More webhooks arrive than the database can take.", COME_BACK_AFTER)
        durable = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, durable))
        self._waiting_bytes += len(arrival.body)
        self._work()
        await durable

    async def close(self) -> None:
        """What has been let in is written before this returns."""
        if self._writer is not None:
            await self._writer
        self._thread.shutdown()

    def _work(self) -> None:
        if self._writer is None or self._writer.done():
            self._writer = asyncio.get_running_loop().create_task(self._write_all())

    async def _write_all(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            self._waiting_bytes -= sum(len(arrival.body) for arrival, _ in batch)
            if not batch and not self._count_is_due:
                return
            try:
                await loop.run_in_executor(self._thread, self._write, [arrival for arrival, _ in batch])
            except TryLater as trouble:
                log.warning("webhooks_not_durable", webhooks=len(batch), reason=str(trouble))
                _answer(batch, trouble)
                if not batch:
                    return
            except SQLAlchemyError as trouble:
                await self._write_each(batch, trouble)
            else:
                _answer(batch, None)
                if batch:
                    self._on_committed({arrival.shop_id for arrival, _ in batch})
            finally:  # whatever else went wrong: nobody waits for ever
                _answer(batch, TryLater("The webhook was not written."))

    @property
    def _count_is_due(self) -> bool:
        return self._clock() - self._counted_at >= SECONDS_BETWEEN_COUNTS

    def _write(self, arrivals: list[Arrival]) -> None:
        """In the thread: one transaction."""
        count_now = self._count_is_due
        with self._db.write() as conn:
            inbox.add(conn, arrivals)
            if count_now:
                self._open = inbox.open_rows(conn)
                self._counted_at = self._clock()
            else:
                self._open += len(arrivals)

    async def _write_each(self, batch: list[Waiting], trouble: SQLAlchemyError) -> None:
        """One row that the database refuses (its shop was erased a moment ago) is not the others' fault."""
        if len(batch) > 1:
            loop = asyncio.get_running_loop()
            for arrival, durable in batch:
                try:
                    await loop.run_in_executor(self._thread, self._write, [arrival])
                except (TryLater, SQLAlchemyError) as own:
                    _answer([(arrival, durable)], _not_written(own))
                else:
                    _answer([(arrival, durable)], None)
                    self._on_committed({arrival.shop_id})
            return
        _answer(batch, _not_written(trouble))


def _not_written(trouble: Exception) -> TryLater:
    if isinstance(trouble, TryLater):
        return trouble
    log.error("webhook_not_written", reason=str(trouble))
    return TryLater("The database does not take this webhook.")


def _answer(batch: list[Waiting], trouble: TryLater | None) -> None:
    for _, durable in batch:
        if durable.done():  # who waited for it has gone
            continue
        if trouble is None:
            durable.set_result(None)
        else:
            durable.set_exception(trouble)

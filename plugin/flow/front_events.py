"""What shoppers did, written: calls that arrive together share one transaction for each shop."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

import anyio
import structlog
from sqlalchemy.exc import SQLAlchemyError

from plugin import metrics
from plugin.domain.deeds import Deed
from plugin.errors import TryLater
from plugin.flow.house import House
from plugin.store import front_events
from plugin.store.front_events import FrontEvent

log = structlog.get_logger(__name__)

#: Calls that wait in memory, when the database is slow: more would only fill the memory.
MOST_WAITING = 1_000


@dataclass(frozen=True, slots=True)
class Told:
    """An event as a page told it, with nothing left to doubt."""

    deed: Deed
    #: One of the two.
    content: str | None
    product: str | None
    at: datetime
    #: The shop's.
    day: date


@dataclass(frozen=True, slots=True)
class Call:
    shop_id: int
    #: Who proved to be signed in.
    user_id: str | None
    events: Sequence[Told]


Waiting = tuple[Call, asyncio.Future[None]]


class Notebook:
    """While one round is being written, calls wait for the next, so that shoppers never crowd out webhooks."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._waiting: list[Waiting] = []
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, call: Call) -> None:
        """Returns when it is durable. Raises `TryLater`."""
        if len(self._waiting) >= MOST_WAITING:
            raise TryLater("More is told than the database can take.")
        durable = asyncio.get_running_loop().create_future()
        self._waiting.append((call, durable))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write_all())
        await durable

    async def _write_all(self) -> None:
        while self._waiting:
            round_, self._waiting = self._waiting, []
            try:
                for shop_id in sorted({call.shop_id for call, _ in round_}):
                    await self._write_shop(shop_id, [waiting for waiting in round_ if waiting[0].shop_id == shop_id])
            finally:  # whatever went wrong: nobody waits for ever
                _answer(round_, TryLater("The events were not written."))

    async def _write_shop(self, shop_id: int, waiting: Sequence[Waiting]) -> None:
        calls = [call for call, _ in waiting]
        try:
            await anyio.to_thread.run_sync(partial(write, self._house, shop_id, calls))
        except (TryLater, SQLAlchemyError) as trouble:  # The shop may have been erased a moment ago.
            log.warning("front_events_not_kept", shop_id=shop_id, calls=len(calls), reason=type(trouble).__name__)
            metrics.front_events.labels("lost").inc(sum(len(call.events) for call in calls))
            _answer(waiting, TryLater("The events were not written."))
        else:
            _answer(waiting, None)


def _answer(waiting: Sequence[Waiting], trouble: TryLater | None) -> None:
    for _, durable in waiting:
        if durable.done():  # who waited for it has gone
            continue
        if trouble is None:
            durable.set_result(None)
        else:
            durable.set_exception(trouble)


def write(house: House, shop_id: int, calls: Sequence[Call]) -> None:
    """One transaction. Of who does not want to be measured, only what nobody is named in."""
    users = {call.user_id for call in calls if call.user_id is not None}
    with house.database.write() as connection:
        measured = front_events.measured(connection, shop_id, users)
        events = [
            _event(told, measured.get(call.user_id) if call.user_id else None) for call in calls for told in call.events
        ]
        new = front_events.add(connection, shop_id, events)
    metrics.front_events.labels("kept").inc(new)
    metrics.front_events.labels("again").inc(len(events) - new)


def _event(told: Told, customer_id: int | None) -> FrontEvent:
    said = json.dumps([customer_id, told.deed, told.content, told.product, told.at.isoformat()])
    key = hashlib.blake2b(said.encode(), digest_size=16).digest()
    return FrontEvent(key, customer_id, told.deed, told.content, told.product, told.at, told.day)

"""Who wakes what. Rows are the truth; an engine only says that a lane may have some that are due."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

#: Seconds that a drain gets to end once the engine is stopping.
GRACE_SECONDS = 14.0


class LaneKind(StrEnum):
    #: A shop's inbox.
    RECEIVE = "receive"
    #: A shop's effects.
    DELIVER = "deliver"
    #: A shop's messages: senders are not the platform, and neither waits for the other.
    MESSAGES = "messages"
    #: What time alone makes true in a shop.
    TICK = "tick"
    #: A shop's past, read from the platform: it can wait for everything else.
    HISTORY = "history"


@dataclass(frozen=True, slots=True)
class Lane:
    kind: LaneKind
    shop_id: int

    def __str__(self) -> str:
        return f"{self.kind}:{self.shop_id}"


def parse_lane(text: str) -> Lane:
    """The inverse of `str(lane)`. Raises `ValueError` for anything else."""
    kind, _, shop_id = text.partition(":")
    return Lane(LaneKind(kind), int(shop_id))


#: Lanes of one queue wait for each other; those of different queues never do.
RECEIVE_QUEUE, OTHER_QUEUE, HISTORY_QUEUE = "receive", "other", "history"


def queue_of(lane: Lane) -> str:
    match lane.kind:
        case LaneKind.RECEIVE:
            return RECEIVE_QUEUE
        case LaneKind.HISTORY:
            return HISTORY_QUEUE
        case LaneKind.DELIVER | LaneKind.MESSAGES | LaneKind.TICK:
            return OTHER_QUEUE


#: Empties a lane by one batch; True says that more is waiting, `TryLater` that the lane should rest.
Drain = Callable[[Lane], Awaitable[bool]]
Job = Callable[[], Awaitable[None]]


class Engine(Protocol):
    """A lane is drained by one task at a time; woken during its drain it is drained once more."""

    def wake(self, lanes: Iterable[Lane]) -> None:
        """From any thread, cheap; many calls in a moment make one wake-up a lane."""

    def every(self, period: timedelta, name: str, job: Job) -> None:
        """To be called before `run`. The job also runs soon after the start, unless its period is long."""

    async def run(self) -> None:
        """Until `stop`."""

    async def stop(self) -> None:
        """Takes nothing more, lets what runs end, and cancels what does not within the grace."""

    @property
    def running(self) -> bool: ...

"""The one place that survives whatever a drain or a periodic job raises."""

import time
from dataclasses import dataclass

import structlog

from plugin import metrics
from plugin.engine.port import Drain, Job, Lane
from plugin.errors import TryLater

log = structlog.get_logger(__name__)

#: How long a lane rests that was told to try later without being told when.
REST_SECONDS = 5.0
LONGEST_REST_SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Outcome:
    #: The lane goes to the back of the queue.
    more: bool = False
    #: The lane is woken again after so many seconds.
    rest: float | None = None


async def attempt_drain(drain: Drain, lane: Lane) -> Outcome:
    started = time.monotonic()
    outcome, result = await _drain(drain, lane)
    metrics.drains.labels(lane.kind, result).inc()
    metrics.drain_seconds.labels(lane.kind).observe(time.monotonic() - started)
    return outcome


async def _drain(drain: Drain, lane: Lane) -> tuple[Outcome, str]:
    with structlog.contextvars.bound_contextvars(lane=str(lane)):
        try:
            more = await drain(lane)
        except TryLater as later:
            rest = min(REST_SECONDS if later.after is None else max(later.after, 0.0), LONGEST_REST_SECONDS)
            log.info("lane rests", why=str(later), seconds=rest)
            return Outcome(rest=rest), "later"
        except Exception:  # a row that we cannot treat must not end the engine; the sweep wakes its lane again
            log.exception("drain failed")
            return Outcome(), "failed"
    return Outcome(more=more), "more" if more else "done"


async def attempt_job(name: str, job: Job) -> None:
    try:
        await job()
    except TryLater as later:
        log.info("periodic job waits for its next turn", job=name, why=str(later))
    except Exception:  # its next turn comes in any case
        log.exception("periodic job failed", job=name)

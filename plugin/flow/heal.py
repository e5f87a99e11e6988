"""Which walk over a shop's history is next: everything once, and from time to time what webhooks may have missed.

`updatedAt` moves with an order's own fields and an account's. It does not with a parcel's number, and an
order that expires or comes to its account by a bare UPDATE keeps its version, so those that may still
change are asked about by their ids. So are, every week, all accounts: one that was deleted while nobody
listened would be kept for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.store.backfills import Backfill, Kind, Status

#: What is read once, in this order: an account known before its orders takes them in at once.
ONCE = (Kind.CUSTOMERS, Kind.ORDERS)
#: What is looked at again, and how often.
EVERY = {
    Kind.ACCOUNTS: timedelta(days=1),
    Kind.SWEEP: timedelta(days=1),
    Kind.OPEN: timedelta(days=1),
    Kind.GONE: timedelta(days=7),
}
#: A sweep looks so far behind the one before it: clocks differ, and a slow transaction commits late.
OVERLAP = timedelta(hours=1)
#: After a failure that a person has to look at (a permission that is missing).
TRY_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Step:
    kind: Kind
    #: To be begun; otherwise it goes on where it stands.
    anew: bool
    since: datetime | None = None


def next_step(known: Mapping[Kind, Backfill], installed_at: datetime, now: datetime) -> Step | None:
    """What to read next, None where nothing is due. `installed_at`: the last time, so that a reinstall heals at once."""
    waiting = False
    for kind in ONCE:
        walk = known.get(kind)
        if walk is None or _goes_on(walk, installed_at, now):
            return Step(kind, anew=walk is None)
        waiting = waiting or walk.status is Status.FAILED
    if waiting:
        return None
    first = min((known[kind] for kind in ONCE), key=lambda walk: walk.started_at)
    for kind, period in EVERY.items():
        walk = known.get(kind)
        if walk is not None and _goes_on(walk, installed_at, now):
            return Step(kind, anew=False)
        before = walk or first
        due = now - before.started_at >= period or installed_at > before.started_at
        if due and before.status is Status.DONE:
            return Step(kind, anew=True, since=before.started_at - OVERLAP)
    return None


def _goes_on(walk: Backfill, installed_at: datetime, now: datetime) -> bool:
    match walk.status:
        case Status.RUNNING:
            return True
        case Status.FAILED:
            return now - walk.updated_at >= TRY_AGAIN or installed_at > walk.updated_at
        case Status.DONE:
            return False

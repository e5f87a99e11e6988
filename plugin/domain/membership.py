"""Who is in which of the segments that somebody listens to: brought up to date one customer at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from plugin.domain.conditions import Condition, Person, holds, next_change


@dataclass(frozen=True, slots=True)
class Moves:
    """Names of segments, in their order."""

    entered: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    #: When time alone may move the customer next.
    again: datetime | None = None


def moves(watched: Mapping[str, Condition], inside: Collection[str], person: Person, now: datetime) -> Moves:
    """From where the customer was inside to where the customer is now; conditions must have been resolved."""
    there = {name for name, condition in watched.items() if holds(condition, person, now)}
    moments = (next_change(condition, person, now) for condition in watched.values())
    return Moves(
        tuple(sorted(there - set(inside))),
        tuple(sorted(set(inside) & set(watched) - there)),
        min((moment for moment in moments if moment is not None), default=None),
    )

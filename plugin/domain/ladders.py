"""A first, a second, a last offer for one need: each only when the one before was given, is over, and brought no order.

The earlier code is never taken back for the later one: a step waits until the code before has run out,
so that no customer holds two codes of which Saleor takes one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from plugin.domain.offers import Offer
from plugin.domain.reissues import first_episode
from plugin.domain.tactic import Given
from plugin.domain.values import light_dataclass

_STEP = "#"


@dataclass(frozen=True, slots=True)
class Step:
    offer: Offer
    #: Days after the step before was given; the first step has none.
    wait_days: int


#: At least one step.
Ladder = tuple[Step, ...]


@light_dataclass(frozen=True, slots=True)
class Rung:
    """The step that this need stands on now."""

    episode: str
    #: When it began to be due.
    since: datetime
    #: 1 for the first.
    number: int
    step: Step
    #: When to look again for the next step; None on the last.
    look_again: datetime | None


def rung_of(ladder: Ladder, need: str, since: datetime, given: Sequence[Given], now: datetime) -> Rung:
    """Where this need stands: the last step that was given as long as it lasts, else the one after it.

    A step that was decided against, or taken back, is never given, and so the ladder ends with it.
    """
    held = {one.episode: one for one in given if one.issued}
    for number, step in enumerate(ladder, 1):
        before = held.get(episode_of(need, number))
        following = ladder[number] if number < len(ladder) else None
        if following is None:
            return Rung(episode_of(need, number), since, number, step, None)
        over = _over(before, following, now)
        if before is None or over > now:
            return Rung(episode_of(need, number), since, number, step, over)
        since = over
    raise ValueError("A ladder has at least one step.")


def _over(before: Given | None, following: Step, now: datetime) -> datetime:
    """When the step after this one is due."""
    wait = timedelta(days=following.wait_days)
    return now + wait if before is None else max(before.until, before.at + wait)


def episode_of(need: str, number: int) -> str:
    """The first step's key is the need's own, as it was before there were ladders."""
    return need if number == 1 else f"{need}{_STEP}{number}"


def need_of(episode: str) -> str:
    """What began it, whichever step it is, and however often it was given again."""
    return first_episode(episode).partition(_STEP)[0]

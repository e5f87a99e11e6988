"""Who is in which of the segments that somebody listens to: brought up to date one customer at a time.

A campaign hears of the segments that its audience and its exclusions name, as long as its tactic listens to
entering or leaving. That of one that is paused goes on, so that a stay is the same one when it is on again.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.conditions import Condition, Person, holds, names_in, next_change, read_condition
from plugin.domain.tactic import Trigger, TriggerKind

#: The beginning of a stay that nobody saw begin: it was there when watching began, or learnt of the past.
#: Long ago, so that no need of it is a new one; and one moment, so that such a stay is the same one each time.
UNSEEN: Final = datetime(1970, 1, 1, tzinfo=UTC)

_TOLD = frozenset({TriggerKind.ENTERED, TriggerKind.LEFT})
_FOLLOWED = frozenset({CampaignStatus.ON, CampaignStatus.PAUSED})


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


def entered_at(cause: Trigger, now: datetime) -> datetime:
    """When a stay began that this brought about."""
    return UNSEEN if cause.kind is TriggerKind.HISTORY else min(cause.at, now)


def heard_by(campaign: Campaign) -> set[str]:
    """The segments that are followed for this campaign."""
    if campaign.status not in _FOLLOWED or not campaign.tactic.listens_to & _TOLD:
        return set()
    said = [read_condition(given) for given in (campaign.audience_said, campaign.exclude_said) if given is not None]
    return {name for condition in said for name in names_in(condition)}


def told(campaigns: Sequence[Campaign], made: Moves, cause: Trigger) -> Iterator[tuple[Trigger, list[Campaign]]]:
    """Each trigger with the campaigns that hear it.

    What is learnt of the past moves customers and fires nothing; what is old is as old for who hears of it.
    """
    if cause.kind is TriggerKind.HISTORY:
        return
    for kind, names in ((TriggerKind.LEFT, made.left), (TriggerKind.ENTERED, made.entered)):
        for name in names:
            hearing = [one for one in campaigns if one.on and kind in one.tactic.listens_to and name in heard_by(one)]
            if hearing:
                yield Trigger(kind, cause.at, segment=name), hearing

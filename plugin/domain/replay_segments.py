"""Segments as they were in a season: the ready ones are built from what the shop had learnt by then."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from plugin.domain.campaigns import Campaign
from plugin.domain.conditions import Condition, names_in, read_condition, resolve
from plugin.domain.library import library
from plugin.domain.membership import heard_by
from plugin.domain.replay_values import Season


def as_then(season: Season, campaigns: Sequence[Campaign], own: Mapping[str, Condition]) -> Season:
    """The season with these campaigns' audiences of then. own: the shop's segments as they were said, by name."""
    if not any(_names(campaign) for campaign in campaigns):
        return season
    outlook = season.outlook
    ready = {one.name: one.condition for one in library(outlook.limits, outlook.rhythm, season.high_value)}
    named = {**own, **ready}
    watched = {name for campaign in campaigns if not campaign.rests for name in heard_by(campaign)}
    return replace(
        season,
        campaigns=tuple(_then(campaign, named) for campaign in campaigns),
        watched={name: resolve(named[name], named) for name in sorted(watched)},
    )


def _names(campaign: Campaign) -> bool:
    said = [read_condition(one) for one in (campaign.audience_said, campaign.exclude_said) if one is not None]
    return any(True for condition in said for _ in names_in(condition))


def _then(campaign: Campaign, named: Mapping[str, Condition]) -> Campaign:
    """One that rests has a name in it that nobody has."""
    if campaign.rests:
        return campaign
    audience, exclude = (_resolved(said, named) for said in (campaign.audience_said, campaign.exclude_said))
    return replace(campaign, audience=audience, exclude=exclude)


def _resolved(said: Any, named: Mapping[str, Condition]) -> Condition | None:
    return None if said is None else resolve(read_condition(said), named)

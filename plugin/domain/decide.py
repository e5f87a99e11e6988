"""The decision: what each campaign that is on wishes for this customer, with the guardrails around it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from plugin.domain.campaigns import Campaign
from plugin.domain.effects import CheckAgain, GiveCode, Nothing, ShowBanner
from plugin.domain.experiments import Arm, arm_of
from plugin.domain.ladders import need_of
from plugin.domain.tactic import Trigger, TriggerKind, View

#: What woke us, or the need that began, longer ago than this changes the state and fires nothing.
STALE_AFTER = timedelta(days=1)


class Outcome(StrEnum):
    GIVEN = "given"
    SHOWN = "shown"
    #: Left alone as the control group.
    CONTROL = "control"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier decision of one campaign for this customer."""

    episode: str
    outcome: Outcome
    at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """What the store knows beside the state: earlier decisions and arms, by campaign."""

    past: Mapping[int, Sequence[Past]]
    #: The arm that was stored before; it outlives changes of the share and merges of customers.
    arms: Mapping[int, Arm]


@dataclass(frozen=True, slots=True)
class Decision:
    campaign: Campaign
    outcome: Outcome
    #: Empty for banners, which have no episode.
    episode: str
    reason: str
    wish: GiveCode | ShowBanner | None
    #: None where the tactic knows no control group.
    arm: Arm | None


@dataclass(frozen=True, slots=True)
class Verdict:
    decisions: tuple[Decision, ...]
    #: The earliest moment that a tactic asked for.
    check_again: datetime | None


def decide(view: View, trigger: Trigger, campaigns: Iterable[Campaign], standing: Standing) -> Verdict:
    """What is done now for this customer, and when to look again.

    Nothing is decided on a stale trigger, but the moments asked for are kept: only they depend on the
    state alone.
    """
    stale = view.now - trigger.at > STALE_AFTER
    decisions: list[Decision] = []
    moments: list[datetime] = []
    for campaign in campaigns:
        if not campaign.on:
            continue
        listening = campaign.runs(view.now) and trigger.kind in campaign.tactic.listens_to
        for wish in campaign.tactic.decide(view.of_campaign(campaign.campaign_id), trigger, campaign.params):
            if isinstance(wish, CheckAgain):
                moments.append(wish.at)
            elif listening and not stale and not _began_before(view, trigger, wish):
                decisions.extend(_guarded(view, campaign, wish, standing))
    ahead = [moment for moment in moments if moment > view.now]
    return Verdict(tuple(decisions), min(ahead, default=None))


def _began_before(view: View, trigger: Trigger, wish: GiveCode | ShowBanner | Nothing) -> bool:
    """Of those who are inside already, only the campaign's own walk may speak: others' moments wake us, too."""
    if isinstance(wish, ShowBanner) or trigger.kind is TriggerKind.INSIDE:
        return False
    return view.now - wish.since > STALE_AFTER


def _guarded(
    view: View, campaign: Campaign, wish: GiveCode | ShowBanner | Nothing, standing: Standing
) -> Iterator[Decision]:
    past = standing.past.get(campaign.campaign_id, ())
    if isinstance(wish, ShowBanner):
        if view.shown.get(wish.banner.slot) == wish.banner:
            return
        yield Decision(campaign, Outcome.SHOWN, "", wish.reason, wish, None)
        return
    if any(earlier.episode == wish.episode for earlier in past):
        return
    if isinstance(wish, Nothing):
        yield Decision(campaign, Outcome.NOTHING, wish.episode, wish.reason, None, None)
        return
    arm = _arm(view, campaign, standing)
    other_needs = [earlier for earlier in past if need_of(earlier.episode) != need_of(wish.episode)]
    if too_soon := _too_soon(campaign, other_needs, view.now):
        yield Decision(campaign, Outcome.NOTHING, wish.episode, too_soon, None, arm)
    elif arm is Arm.CONTROL:
        yield Decision(
            campaign, Outcome.CONTROL, wish.episode, f"Left alone as the control group. {wish.reason}", None, arm
        )
    else:
        yield Decision(campaign, Outcome.GIVEN, wish.episode, wish.reason, wish, arm)


def _arm(view: View, campaign: Campaign, standing: Standing) -> Arm | None:
    if not campaign.tactic.control_group:
        return None
    stored = standing.arms.get(campaign.campaign_id)
    return stored or arm_of(view.state.customer_id, campaign.salt, campaign.control_share)


def _too_soon(campaign: Campaign, past: Sequence[Past], now: datetime) -> str | None:
    given = [earlier.at for earlier in past if earlier.outcome in {Outcome.GIVEN, Outcome.CONTROL}]
    if given and now - max(given) < timedelta(days=campaign.pause_days):
        return f"Nothing, because the last one was on {max(given):%Y-%m-%d}, less than {campaign.pause_days} days ago."
    return None

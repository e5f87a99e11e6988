"""The decision: what each campaign that is on wishes for this customer, with the guardrails around it.

docs/guardrails.md has the order of the checks, and which of them end an episode.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum

from plugin.domain import abouts, guardrails
from plugin.domain.campaigns import Campaign
from plugin.domain.conditions import Person, holds, next_change
from plugin.domain.effects import CheckAgain, GiveCode, Nothing, ShowBanner, Tell
from plugin.domain.experiments import Arm, arm_of, explores
from plugin.domain.guardrails import Guardrails, Limit, Refusal, Suppression
from plugin.domain.ladders import need_of
from plugin.domain.messages import Medium, Message, Purpose
from plugin.domain.phrases import joined, phrase, phrases
from plugin.domain.stacking import fits_beside
from plugin.domain.tactic import Trigger, TriggerKind, View
from plugin.domain.trials import is_trial
from plugin.domain.values import light_dataclass

#: What woke us, or the need that began, longer ago than this changes the state and fires nothing.
STALE_AFTER = timedelta(days=1)
_JUST_BEFORE = timedelta(microseconds=1)
#: What customers do themselves: whatever the hour, they are there.
THEIR_OWN_DOING = frozenset({TriggerKind.ORDER, TriggerKind.ACCOUNT, TriggerKind.CHECKOUT})


class Outcome(StrEnum):
    GIVEN = "given"
    #: A message without a gift.
    TOLD = "told"
    SHOWN = "shown"
    #: Left alone as the control group.
    CONTROL = "control"
    NOTHING = "nothing"
    #: Put off by a guardrail that time lifts; the episode goes on.
    LATER = "later"


@light_dataclass(frozen=True, slots=True)
class Past:
    """An earlier decision of one campaign for this customer."""

    episode: str
    outcome: Outcome
    at: datetime
    #: Of LATER: when it is asked again.
    again: datetime | None = None


@light_dataclass(frozen=True, slots=True)
class Standing:
    """What the store knows beside the state: earlier decisions and arms, by campaign, and what bars a gift."""

    past: Mapping[int, Sequence[Past]]
    #: The arm that was stored before; it outlives changes of the share and merges of customers.
    arms: Mapping[int, Arm]
    suppression: Suppression | None = None
    #: When money last went back, as far as orders tell.
    refunded_at: datetime | None = None
    #: Whose clock the quiet hours go by.
    zone: tzinfo = field(default=UTC)
    #: What audiences ask about; None where they need no more than the view has.
    person: Person | None = None
    #: Of what the customer buys, as a share of the gross price; None where too few cost prices are known.
    margin: Decimal | None = None
    #: By what the customer may and can be written to, for each purpose; None where no campaign sends messages.
    reach: Mapping[Purpose, frozenset[Medium]] | None = None

    @property
    def approached(self) -> list[datetime]:
        """When each message or gift was decided on, of all campaigns."""
        counts = {Outcome.GIVEN, Outcome.TOLD}
        return [one.at for past in self.past.values() for one in past if one.outcome in counts]

    @property
    def gifts(self) -> list[datetime]:
        """When each gift was given, of all campaigns."""
        return [one.at for past in self.past.values() for one in past if one.outcome is Outcome.GIVEN]

    def put_off(self, campaign_id: int, episode: str) -> list[Past]:
        past = self.past.get(campaign_id, ())
        return [one for one in past if one.episode == episode and one.outcome is Outcome.LATER]

    def settled(self, campaign_id: int, episode: str) -> bool:
        """The answer for this episode has been given, once and for all."""
        past = self.past.get(campaign_id, ())
        return any(one.episode == episode and one.outcome is not Outcome.LATER for one in past)


@light_dataclass(frozen=True, slots=True)
class Decision:
    campaign: Campaign
    outcome: Outcome
    #: Empty for banners, which have no episode.
    episode: str
    reason: str
    wish: GiveCode | Tell | ShowBanner | None
    #: None where the tactic knows no control group.
    arm: Arm | None
    #: What refused it; None for what was given, shown or left alone, and for what no tactic wanted.
    by: Limit | None = None
    #: Of LATER: when it is asked again.
    again: datetime | None = None

    def refused(self, refusal: Refusal) -> "Decision":
        """The same need, not met: for good, or put off."""
        outcome = Outcome.NOTHING if refusal.again is None else Outcome.LATER
        return Decision(
            self.campaign, outcome, self.episode, refusal.reason, None, None, by=refusal.by, again=refusal.again
        )


@light_dataclass(frozen=True, slots=True)
class Verdict:
    decisions: tuple[Decision, ...]
    #: The earliest moment that a tactic asked for, or at which what was put off is asked again.
    check_again: datetime | None


@dataclass(frozen=True, slots=True)
class _Case:
    """One customer at one moment, and what stands around every wish."""

    view: View
    trigger: Trigger
    standing: Standing
    rules: Guardrails

    @property
    def now(self) -> datetime:
        return self.view.now

    @property
    def person(self) -> Person:
        """As audiences see the customer."""
        return self.standing.person or Person(self.view.state, self.view.turns, self.view.outlook.limits)


_DEFAULT = Guardrails()


def decide(
    view: View, trigger: Trigger, campaigns: Iterable[Campaign], standing: Standing, rules: Guardrails = _DEFAULT
) -> Verdict:
    """What is done now for this customer, and when to look again.

    Campaigns are asked by their priority, then in the order in which they were made. Nothing is decided on
    a stale trigger, but the moments asked for are kept: only they depend on the state alone.
    """
    case = _Case(view, trigger, standing, rules)
    stale = view.now - trigger.at > STALE_AFTER
    decisions: list[Decision] = []
    moments: list[datetime | None] = []
    for campaign in sorted(campaigns, key=lambda one: (-one.priority, one.campaign_id)):
        if not campaign.on:
            continue
        meant = trigger.campaign_id in {None, campaign.campaign_id}
        listening = meant and campaign.runs(view.now) and trigger.kind in campaign.tactic.listens_to
        for wish in campaign.tactic.decide(campaign.seen(view), trigger, campaign.params):
            if isinstance(wish, CheckAgain):
                moments.append(wish.at)
                continue
            # Whoever is outside of the audience is nobody's business, and nothing is kept of it.
            if not _is_for(case, campaign, view.now):
                moments.append(_may_enter(case, campaign))
                continue
            put_off = () if isinstance(wish, ShowBanner) else standing.put_off(campaign.campaign_id, wish.episode)
            moments.extend(earlier.again for earlier in put_off)
            if listening and not stale and (put_off or not _began_before(case, campaign, wish)):
                decisions.extend(_guarded(case, campaign, wish, decisions))
    moments.extend(decision.again for decision in decisions)
    ahead = [moment for moment in moments if moment is not None and moment > view.now]
    return Verdict(tuple(decisions), min(ahead, default=None))


def _began_before(case: _Case, campaign: Campaign, wish: GiveCode | Tell | ShowBanner | Nothing) -> bool:
    """Of those who are inside already, only the campaign's own walk may speak: others' moments wake us, too.

    Whom time alone has brought into the audience at this moment is inside from now on, however old the need.
    """
    if isinstance(wish, ShowBanner) or case.trigger.kind is TriggerKind.INSIDE:
        return False
    if case.now - wish.since <= STALE_AFTER:
        return False
    return case.trigger.kind is not TriggerKind.MOMENT or _is_for(case, campaign, case.trigger.at - _JUST_BEFORE)


def _guarded(
    case: _Case, campaign: Campaign, wish: GiveCode | Tell | ShowBanner | Nothing, made: Sequence[Decision]
) -> Iterator[Decision]:
    """made: the decisions of the same verdict so far."""
    if isinstance(wish, ShowBanner):
        if _profiled(case, campaign) or case.view.shown.get(wish.banner.slot) == wish.banner:
            return
        if guardrails.suppressed(case.standing.suppression, case.now) is None:
            yield Decision(campaign, Outcome.SHOWN, "", wish.reason, wish, None)
        return
    if case.standing.settled(campaign.campaign_id, wish.episode):
        return
    if isinstance(wish, Nothing):
        yield Decision(campaign, Outcome.NOTHING, wish.episode, wish.reason, None, None)
        return
    yield _gift(case, campaign, wish, made) if isinstance(wish, GiveCode) else _message(case, campaign, wish, made)


def _gift(case: _Case, campaign: Campaign, wish: GiveCode, made: Sequence[Decision]) -> Decision:
    """Given, left alone as control, put off or refused."""
    arm = _arm(case.view, campaign, case.standing)
    anyway = None
    if wish.purpose is not Purpose.TRANSACTIONAL:  # what is owed is not there to make anybody buy
        anyway = guardrails.buys_anyway(case.rules, case.view.outlook.model, case.view.state.history, case.now)
    reason = wish.reason
    if anyway and explores(case.view.state.customer_id, campaign.salt, case.rules.explore_share):
        explored = phrase("Explored, though {because}.", because=anyway.because)
        reason, anyway = joined((explored, reason)), None
    wanted = Decision(campaign, Outcome.GIVEN, wish.episode, reason, wish, arm)
    return _unless(wanted, next(_refusals(case, campaign, wish, made, anyway), None))


def _message(case: _Case, campaign: Campaign, wish: Tell, made: Sequence[Decision]) -> Decision:
    """Told, left alone as control, put off or refused."""
    wanted = Decision(campaign, Outcome.TOLD, wish.episode, wish.reason, wish, _arm(case.view, campaign, case.standing))
    refusal = next(_refusals_of_message(case, campaign, wish, made), None)
    if refusal is not None:
        refusal = abouts.in_time(case.view, campaign.campaign_id, wish, refusal)
    return _unless(wanted, refusal)


_LEFT_ALONE = phrase("Left alone as the control group.")


def _unless(wanted: Decision, refusal: Refusal | None) -> Decision:
    if refusal is not None:
        return wanted.refused(refusal)
    if wanted.arm is Arm.CONTROL:
        reason = joined((_LEFT_ALONE, wanted.reason))
        return Decision(wanted.campaign, Outcome.CONTROL, wanted.episode, reason, None, wanted.arm)
    return wanted


def _refusals(
    case: _Case, campaign: Campaign, wish: GiveCode, made: Sequence[Decision], anyway: Refusal | None
) -> Iterator[Refusal]:
    """Why not, the reason that is told first: who it is, what it is, and only then whether it is the moment.

    All of them come before the control group, so that it holds those who would have been given something.
    """
    rules, now = case.rules, case.now
    checks = (
        guardrails.suppressed(case.standing.suppression, now),
        _objects(case, campaign),
        _opted_out(case, wish.purpose),
        _unreachable(case, wish.message, wish.purpose) if wish.banner is None else None,
        guardrails.of_no_use(wish.offer, case.view.channels, campaign.channels, case.view.state.history),
        _too_soon(case, campaign, wish.episode, made),
        guardrails.too_much(rules, wish.offer, case.view.state.history, case.standing.margin),
        anyway,
        guardrails.disturbed(rules, case.standing.refunded_at, now),
        _one_at_a_time(rules, made, now),
        _holds_another(case.view, wish),
        guardrails.too_often(rules, case.standing.gifts, now),
        _quiet(case),
    )
    yield from (refusal for refusal in checks if refusal is not None)


def _refusals_of_message(case: _Case, campaign: Campaign, wish: Tell, made: Sequence[Decision]) -> Iterator[Refusal]:
    """As for gifts; what is owed to the customer waits for quiet hours alone."""
    rules, now = case.rules, case.now
    persuades = wish.purpose is Purpose.MARKETING
    approached = [*case.standing.approached, *(now for one in made if one.outcome in {Outcome.GIVEN, Outcome.TOLD})]
    checks = (
        guardrails.suppressed(case.standing.suppression, now),
        _objects(case, campaign),
        _opted_out(case, wish.purpose),
        _unreachable(case, wish.message, wish.purpose),
        abouts.nothing_to_tell_of(case.view, campaign.campaign_id, wish),
        _too_soon(case, campaign, wish.episode, made) if persuades else None,
        guardrails.disturbed(rules, case.standing.refunded_at, now) if persuades else None,
        guardrails.told_too_often(rules, approached, now) if persuades else None,
        _quiet(case),
    )
    yield from (refusal for refusal in checks if refusal is not None)


def _quiet(case: _Case) -> Refusal | None:
    if case.trigger.kind in THEIR_OWN_DOING:
        return None
    return guardrails.quiet(case.rules, case.standing.zone, case.now)


def _is_for(case: _Case, campaign: Campaign, at: datetime) -> bool:
    """In the audience and not excluded, as the customer is now, at that moment."""
    if campaign.audience is None and campaign.exclude is None:
        return True
    if campaign.audience is not None and not holds(campaign.audience, case.person, at):
        return False
    return campaign.exclude is None or not holds(campaign.exclude, case.person, at)


def _may_enter(case: _Case, campaign: Campaign) -> datetime | None:
    """When time alone may bring the customer into the audience; None: never."""
    conditions = [condition for condition in (campaign.audience, campaign.exclude) if condition is not None]
    turns = [next_change(condition, case.person, case.now) for condition in conditions]
    return min((at for at in turns if at is not None), default=None)


def _profiled(case: _Case, campaign: Campaign) -> bool:
    """The tactic would go by what the customer does not want to be measured by."""
    return case.view.state.consent.objects and campaign.tactic.profiles


def _objects(case: _Case, campaign: Campaign) -> Refusal | None:
    if not _profiled(case, campaign):
        return None
    return Refusal(Limit.OBJECTS, phrase("the customer objects to being profiled"))


def _opted_out(case: _Case, purpose: Purpose) -> Refusal | None:
    if purpose is Purpose.TRANSACTIONAL or not case.view.state.consent.opted_out:
        return None
    return Refusal(Limit.OPTED_OUT, phrase("the customer has opted out"))


def _unreachable(case: _Case, message: Message | None, purpose: Purpose) -> Refusal | None:
    if message is None:
        return Refusal(Limit.UNREACHABLE, phrase("nothing would tell the customer of it"))
    if case.standing.reach is None or case.standing.reach[purpose].intersection(message.media):
        return None
    if purpose is Purpose.MARKETING:
        said = phrase("there is no way that the customer has agreed to by which this message could go")
    else:
        said = phrase("there is no way by which this message could go")
    return Refusal(Limit.UNREACHABLE, said)


def _one_at_a_time(rules: Guardrails, made: Sequence[Decision], now: datetime) -> Refusal | None:
    """A checkout takes one voucher: the other waits until that one has run out."""
    first = next((one for one in made if one.outcome is Outcome.GIVEN and isinstance(one.wish, GiveCode)), None)
    if first is None or not isinstance(first.wish, GiveCode):
        return None
    days = max(rules.days_between, first.wish.offer.valid_days)
    said = phrase(
        "“{campaign}” gives something at this moment, and a checkout takes one voucher", campaign=first.campaign.name
    )
    return Refusal(Limit.ONE_AT_A_TIME, said, now + timedelta(days=days))


def _holds_another(view: View, wish: GiveCode) -> Refusal | None:
    """Nor is a second one given while a code can be used that stands in its way, whichever campaign gave it."""
    held = [one for one in view.given if one.alive(view.now) and not is_trial(one.episode)]
    in_the_way = [one.until for one in held if not fits_beside(wish.offer, [one.offer])]
    if not in_the_way:
        return None
    said = phrase("the customer holds a code that can still be used, and a checkout takes one voucher")
    return Refusal(Limit.ONE_AT_A_TIME, said, max(in_the_way))


def _arm(view: View, campaign: Campaign, standing: Standing) -> Arm | None:
    if not campaign.tactic.control_group:
        return None
    stored = standing.arms.get(campaign.campaign_id)
    return stored or arm_of(view.state.customer_id, campaign.salt, campaign.control_share)


def _too_soon(case: _Case, campaign: Campaign, episode: str, made: Sequence[Decision]) -> Refusal | None:
    """By what was given, told or left alone for other needs, also at this moment."""
    past = case.standing.past.get(campaign.campaign_id, ())
    acted = {Outcome.GIVEN, Outcome.TOLD, Outcome.CONTROL}
    now = [Past(one.episode, one.outcome, case.now) for one in made if one.campaign is campaign]
    given = [one.at for one in (*past, *now) if one.outcome in acted and need_of(one.episode) != need_of(episode)]
    if not given or case.now - max(given) >= timedelta(days=campaign.pause_days):
        return None
    said = phrases(
        campaign.pause_days,
        "the last one was on {day}, less than {n} day ago",
        "the last one was on {day}, less than {n} days ago",
        day=max(given).date(),
    )
    return Refusal(Limit.PAUSE, said)

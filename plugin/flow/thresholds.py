"""One shopper's free-shipping threshold: what the storefront shows, the metadata say and the checkout keeps.

What was shown (`customers.shown`) is a promise. When the campaign's rules stop keeping it, it lives on
for the promise's days, counted from the moment at which they stopped: an edit, a pause, or the
customer's change of segment.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.channels import Channel
from plugin.domain.effects import Slot
from plugin.domain.free_shipping import Threshold, best_of, threshold_now
from plugin.domain.money import Money
from plugin.domain.segments import Segment
from plugin.domain.tactic import read_params
from plugin.errors import Rejected
from plugin.store import campaigns
from plugin.store.campaigns import Version
from plugin.store.customers import Customer
from plugin.tactics.free_shipping import TACTIC, FreeShipping, rule_for, shown_in

KEY = TACTIC.key


@dataclass(frozen=True, slots=True)
class Said:
    """What a campaign said while it was on."""

    params: FreeShipping
    #: When it stopped saying so; None while it does.
    ended_at: datetime | None

    @property
    def life(self) -> timedelta:
        return timedelta(days=self.params.promise_days)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the shop's free-shipping campaigns say and have said."""

    #: The one that ended last, or speaks now, is the last.
    said: Sequence[Said] = ()

    @property
    def words(self) -> FreeShipping:
        """Whose texts are used: those of now, else the last there were."""
        return self.said[-1].params if self.said else FreeShipping()

    @property
    def life(self) -> timedelta:
        return timedelta(days=self.words.promise_days)

    @property
    def on(self) -> bool:
        return any(said.ended_at is None for said in self.said)

    def rule(self, segment: Segment, channel: Channel) -> Money | None:
        """The lowest of what is said now."""
        return best_of(*(self._of(said, segment, channel) for said in self.said if said.ended_at is None))

    def anchored(self, shown: Threshold, segment: Segment, channel: Channel) -> Threshold:
        """A promise that the rules do not keep any more, with its end."""
        kept_by = [
            said for said in self.said if (rule := self._of(said, segment, channel)) is not None and shown.money >= rule
        ]
        if shown.until is not None or not kept_by or kept_by[-1].ended_at is None:
            return shown
        return replace(shown, until=kept_by[-1].ended_at + kept_by[-1].life)

    @staticmethod
    def _of(said: Said, segment: Segment, channel: Channel) -> Money | None:
        return rule_for(said.params, segment, channel.slug, channel.currency)


def personal_threshold(rules: Rules, customer: Customer | None, channel: Channel, now: datetime) -> Threshold | None:
    """What this customer is shown and given in this channel at this moment.

    By the stored segment, so that everybody who asks hears the same. None for guests, for who is not
    known yet, and where nothing personal is said: then the channel's own rates speak alone. Whoever objects to
    being profiled keeps what was promised for its life, and hears nothing new.
    """
    if customer is None or not customer.state.reachable:
        return None
    shown = _shown(customer, channel)
    promised = None if shown is None else rules.anchored(shown, customer.segment, channel)
    rule = None if customer.state.consent.objects else rules.rule(customer.segment, channel)
    return threshold_now(rule, promised, rules.life, now)


def threshold_in(
    rules: Rules, customer: Customer, segment: Segment, channel: Channel, now: datetime
) -> Threshold | None:
    """The same in another segment, which the customer enters at this moment."""
    if segment is customer.segment or customer.state.consent.objects or _shown(customer, channel) is None:
        return personal_threshold(rules, replace(customer, segment=segment), channel, now)
    before = personal_threshold(rules, customer, channel, now)
    return threshold_now(rules.rule(segment, channel), before, rules.life, now)


def _shown(customer: Customer, channel: Channel) -> Threshold | None:
    """What was shown in another currency than the channel's of now promises nothing in this one."""
    shown = shown_in(customer.shown.get(Slot.FREE_SHIPPING), channel.slug)
    return shown if shown is not None and shown.money.currency == channel.currency else None


def rules_of(connection: Connection, shop_id: int) -> Rules:
    versions = campaigns.versions(connection, shop_id, KEY)
    by_campaign: dict[int, list[Version]] = {}
    for version in versions:
        by_campaign.setdefault(version.campaign_id, []).append(version)
    said = [one for history in by_campaign.values() for one in _said(history)]
    return Rules(tuple(sorted(said, key=_ended)))


def _said(history: Sequence[Version]) -> Iterable[Said]:
    """What one campaign said, from its versions in the order in which they were made."""
    ends: list[datetime | None] = [later.edited_at for _, later in pairwise(history)]
    for version, ended_at in zip(history, [*ends, None], strict=True):
        params = _params(version.settings)
        if version.settings.get("status") == CampaignStatus.ON.value and params is not None:
            yield Said(params, ended_at)


def _params(settings: Mapping[str, Any]) -> FreeShipping | None:
    try:
        return read_params(TACTIC, settings["params"])
    except Rejected:  # Written by an older version of this app.
        return None


def _ended(said: Said) -> float:
    return float("inf") if said.ended_at is None else said.ended_at.timestamp()

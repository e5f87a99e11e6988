"""One shopper's free-shipping threshold: what the storefront shows, the metadata say and the checkout keeps.

What was shown (`customers.shown`) is a promise. When the campaign's rules stop keeping it, it lives on
for the promise's days, counted from the moment at which they stopped: an edit, a pause, the end of the
schedule, or the customer's change of segment.

A promise is of one market: a channel and, where the rules name it, a country. Of whom it is not known where
to, only what holds in all markets of the channel is said.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import and_
from typing import Any

from sqlalchemy import Connection

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.channels import Channel
from plugin.domain.effects import Slot
from plugin.domain.free_shipping import OTHERS, Excluded, Threshold, best_of, strictest, threshold_now
from plugin.domain.money import Money, zero
from plugin.domain.next_orders import promised_in
from plugin.domain.segments import Segment
from plugin.domain.tactic import read_stored
from plugin.errors import Rejected
from plugin.store import campaigns
from plugin.store.campaigns import Version
from plugin.store.customers import Customer
from plugin.tactics.free_shipping import (
    TACTIC,
    FreeShipping,
    countries_of,
    excluded_by,
    in_markets,
    rule_for,
    said_by,
    shown_in,
)

KEY = TACTIC.key


@dataclass(frozen=True, slots=True)
class Said:
    """What a campaign says while it is on and within its schedule."""

    params: FreeShipping
    begins_at: datetime
    #: When it stops saying so; None where that is not known yet.
    ended_at: datetime | None = None
    #: What was worked out before: shoppers ask the same of it, hundreds of times a second.
    known: dict[tuple[str, ...], Money | None] = field(default_factory=dict, compare=False, repr=False)

    @property
    def life(self) -> timedelta:
        return timedelta(days=self.params.promise_days)

    def begun(self, now: datetime) -> bool:
        return self.begins_at <= now

    def speaks(self, now: datetime) -> bool:
        return self.begun(now) and (self.ended_at is None or now < self.ended_at)

    def rule(self, segment: Segment, channel: Channel, country: str) -> Money | None:
        asked = (segment, channel.slug, channel.currency, country)
        if asked not in self.known:
            self.known[asked] = rule_for(self.params, segment, channel.slug, channel.currency, country)
        return self.known[asked]


@dataclass(frozen=True, slots=True)
class Rules:
    """What the shop's free-shipping campaigns say, have said and will say."""

    #: The one that ends last, or has no end, is the last.
    said: Sequence[Said] = ()

    def words(self, now: datetime) -> FreeShipping:
        """Whose texts are used: those of now, else the last there were."""
        begun = self._begun(now)
        return begun[-1].params if begun else FreeShipping()

    def life(self, now: datetime) -> timedelta:
        return timedelta(days=self.words(now).promise_days)

    def on(self, now: datetime) -> bool:
        return any(said.speaks(now) for said in self.said)

    def rule(self, segment: Segment, channel: Channel, now: datetime, country: str = OTHERS) -> Money | None:
        """The lowest of what is said now."""
        return best_of(*(said.rule(segment, channel, country) for said in self.said if said.speaks(now)))

    def countries(self, channel: Channel, now: datetime) -> frozenset[str]:
        """Those that are named, or were as long as promises of then can be alive."""
        named = [countries_of(one.params.thresholds, channel.slug) for one in self._alive(now)]
        return frozenset().union(*named)

    def excluded(self, now: datetime) -> Excluded:
        """What does not count. What counted when a promise was made goes on counting for its life."""
        said = [excluded_by(one.params) for one in self._alive(now)]
        return reduce(and_, said) if said else Excluded()

    def next_change(self, now: datetime) -> datetime | None:
        """When a schedule is the next to begin or to end."""
        moments = [at for said in self.said for at in (said.begins_at, said.ended_at) if at is not None and at > now]
        return min(moments, default=None)

    def anchored(
        self, shown: Threshold, segment: Segment, channel: Channel, now: datetime, country: str = OTHERS
    ) -> Threshold:
        """A promise that the rules do not keep any more, with its end."""
        kept_by = [
            said
            for said in self._begun(now)
            if (rule := said.rule(segment, channel, country)) is not None and shown.money >= rule
        ]
        return _until(shown, kept_by[-1], now) if kept_by and shown.until is None else shown

    def before_named(self, shown: Threshold, channel: Channel, now: datetime, country: str) -> Threshold | None:
        """What was promised to all others is this country's, too, for the life of a promise after it was named."""
        without = [one for one in self._begun(now) if country not in countries_of(one.params.thresholds, channel.slug)]
        if not without:
            return None
        last = _until(replace(shown, until=None), without[-1], now).until
        return replace(shown, until=min((at for at in (shown.until, last) if at is not None), default=None))

    def _alive(self, now: datetime) -> Sequence[Said]:
        """What is said, and what was said so lately that promises of then may live."""
        return [one for one in self._begun(now) if one.ended_at is None or now < one.ended_at + one.life]

    def _begun(self, now: datetime) -> Sequence[Said]:
        return [said for said in self.said if said.begun(now)]


def _until(shown: Threshold, last: Said, now: datetime) -> Threshold:
    """With its end, where the last that kept it has ended."""
    return shown if last.ended_at is None or last.speaks(now) else replace(shown, until=last.ended_at + last.life)


def personal_threshold(
    rules: Rules, customer: Customer | None, channel: Channel, now: datetime, country: str | None = None
) -> Threshold | None:
    """What this customer is shown and given in this channel at this moment.

    By the stored segment, so that everybody who asks hears the same. None for guests, for who is not
    known yet, and where nothing personal is said: then the channel's own rates speak alone. Whoever objects to
    being profiled keeps what was promised for its life, and hears nothing new. country: where to, by its
    code; None where that is not known, and then what holds in every country that is sold to. Whose next order ships free
    has no threshold until then, whatever the rules say.
    """
    if customer is None or not customer.state.reachable:
        return None
    free = promised_in(customer.shown)
    if free is not None and free.holds(channel.slug, now):
        return Threshold(zero(channel.currency), free.until)
    markets = _markets(rules, customer, channel, now)
    if country is not None:
        return _threshold(rules, customer, channel, now, country if country in markets else OTHERS)
    return strictest([_threshold(rules, customer, channel, now, market) for market in markets])


def personal_thresholds(rules: Rules, customer: Customer, channel: Channel, now: datetime) -> Mapping[str, Threshold]:
    """What the rules and their promises come to in all markets of the channel, by the names under which it is shown."""
    if not customer.state.reachable:
        return {}
    markets = _markets(rules, customer, channel, now)
    return in_markets(channel.slug, {one: _threshold(rules, customer, channel, now, one) for one in markets})


def thresholds_in(
    rules: Rules, customer: Customer, segment: Segment, channel: Channel, now: datetime
) -> Mapping[str, Threshold]:
    """The same in another segment, which the customer enters at this moment."""
    if not customer.state.reachable:
        return {}
    markets = _markets(rules, customer, channel, now)
    return in_markets(channel.slug, {one: _entered(rules, customer, segment, channel, now, one) for one in markets})


def _entered(
    rules: Rules, customer: Customer, segment: Segment, channel: Channel, now: datetime, country: str
) -> Threshold | None:
    objects, promised = customer.state.consent.objects, _promised(rules, customer, channel, now, country)
    if segment is customer.segment or objects or promised is None:
        return _threshold(rules, replace(customer, segment=segment), channel, now, country)
    before = _threshold(rules, customer, channel, now, country)
    return threshold_now(rules.rule(segment, channel, now, country), before, rules.life(now), now)


def still_shown(rules: Rules, customer: Customer, channel: Channel, now: datetime) -> Mapping[str, Threshold]:
    """Of what is shown in this channel, what is true at this moment."""
    return personal_thresholds(rules, customer, channel, now) if _is_shown(customer, channel) else {}


def _threshold(rules: Rules, customer: Customer, channel: Channel, now: datetime, country: str) -> Threshold | None:
    promised = _promised(rules, customer, channel, now, country)
    rule = None if customer.state.consent.objects else rules.rule(customer.segment, channel, now, country)
    return threshold_now(rule, promised, rules.life(now), now)


def _promised(rules: Rules, customer: Customer, channel: Channel, now: datetime, country: str) -> Threshold | None:
    shown = _shown(customer, channel, country)
    if shown is not None:
        return rules.anchored(shown, customer.segment, channel, now, country)
    others = None if country == OTHERS else _shown(customer, channel, OTHERS)
    if others is None:
        return None
    return rules.before_named(rules.anchored(others, customer.segment, channel, now), channel, now, country)


def _markets(rules: Rules, customer: Customer, channel: Channel, now: datetime) -> Sequence[str]:
    """The countries that differ from the others, and the others."""
    shown = countries_of(said_by(customer.shown.get(Slot.FREE_SHIPPING)), channel.slug)
    return (OTHERS, *sorted(rules.countries(channel, now) | shown))


def _shown(customer: Customer, channel: Channel, country: str) -> Threshold | None:
    """What was shown in another currency than the channel's of now promises nothing in this one."""
    shown = shown_in(customer.shown.get(Slot.FREE_SHIPPING), channel.slug, country)
    return shown if shown is not None and shown.money.currency == channel.currency else None


def _is_shown(customer: Customer, channel: Channel) -> bool:
    """Something is shown in this channel, in one of its markets at least."""
    slugs = {key.partition("/")[0] for key in said_by(customer.shown.get(Slot.FREE_SHIPPING))}
    return channel.slug in slugs


def rules_of(connection: Connection, shop_id: int) -> Rules:
    versions = campaigns.versions(connection, shop_id, KEY)
    by_campaign: dict[int, list[Version]] = {}
    for version in versions:
        by_campaign.setdefault(version.campaign_id, []).append(version)
    said = [one for history in by_campaign.values() for one in _said(history)]
    return Rules(tuple(sorted(said, key=_ended)))


def _said(history: Sequence[Version]) -> Iterable[Said]:
    """What one campaign says, from its versions in the order in which they were made."""
    ends: list[datetime | None] = [later.edited_at for _, later in pairwise(history)]
    for version, replaced_at in zip(history, [*ends, None], strict=True):
        params = _params(version.settings)
        if version.settings.get("status") != CampaignStatus.ON.value or params is None:
            continue
        starts_at, ends_at = (_moment(version.settings.get(name)) for name in ("starts_at", "ends_at"))
        begins_at = max(version.edited_at, starts_at or version.edited_at)
        ended_at = min((at for at in (replaced_at, ends_at) if at is not None), default=None)
        if ended_at is None or begins_at <= ended_at:
            yield Said(params, begins_at, ended_at)


def _moment(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)


def _params(settings: Mapping[str, Any]) -> FreeShipping | None:
    try:
        return read_stored(TACTIC, settings["params"])
    except Rejected:  # Written by an older version of this app.
        return None


def _ended(said: Said) -> float:
    return float("inf") if said.ended_at is None else said.ended_at.timestamp()

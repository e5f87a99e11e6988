"""Free shipping: a threshold by segment, shown to the customer and kept at the checkout."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from plugin.domain.content import word
from plugin.domain.effects import Banner, CheckAgain, ShowBanner, Slot, Wish
from plugin.domain.free_shipping import OTHERS, Excluded, Threshold, shown_threshold, strictest, threshold_now
from plugin.domain.money import Money
from plugin.domain.phrases import phrase
from plugin.domain.segments import Segment, segment_of
from plugin.domain.tactic import Named, Tactic, Trigger, TriggerKind, View, param
from plugin.domain.value_kinds import ValueKind
from plugin.domain.voices import Voice

#: A name at the checkout that is longer is cut by Saleor.
LONGEST_METHOD = 100
#: What follows a channel where rules are for one country of it.
COUNTRY = re.compile("[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class FreeShipping:
    thresholds: Mapping[str, Mapping[str, Decimal]] = param(
        dict,
        "Thresholds",
        unit="currency of the channel",
        help="By channel and segment (new, regular, at_risk, loyal). A segment left out keeps your shop's own rates."
        " For one country alone, by channel and country: “us/CA”.",
        kind=ValueKind.MONEY,
        names=("market", "segment"),
    )
    excluded_products: tuple[str, ...] = param(
        (),
        "Products that do not count",
        help="What they come to is taken off the basket.",
        names=("product",),
    )
    excluded_types: tuple[str, ...] = param((), "Product types that do not count", names=("product_type",))
    excluded_collections: tuple[str, ...] = param((), "Collections that do not count", names=("collection",))
    method: str = param("Free shipping", "Name of the free method at the checkout")
    promise_days: int = param(7, "What was shown is kept for", unit="days", least=1, most=90)
    text: str = param(
        "Free shipping from {threshold}.",
        "Banner",
        help="{threshold} and {left} (what the basket lacks) are filled in by the storefront.",
        kind=ValueKind.LONG_TEXT,
    )
    texts: Mapping[str, str] = param(
        dict,
        "Banner in other languages",
        unit="by language",
        help="As pl: Darmowa dostawa od {threshold}.",
        names=("language",),
    )
    earned: str = param("Your order ships free.", "Text when it is reached")
    earned_texts: Mapping[str, str] = param(
        dict, "That text in other languages", unit="by language", names=("language",)
    )


def check(params: FreeShipping) -> Iterator[str]:
    known = {segment.value for segment in Segment}
    for channel, rules in params.thresholds.items():
        country = channel.partition("/")[2]
        if "/" in channel and not COUNTRY.fullmatch(country):
            yield phrase(
                "{channel}: “{country}” is no country: write its code in two capitals, as us/CA.",
                channel=channel,
                country=country,
            )
        for segment, amount in rules.items():
            if segment not in known:
                yield phrase(
                    "{channel}: there is no segment “{segment}”; there are {known}.",
                    channel=channel,
                    segment=segment,
                    known=tuple(sorted(known)),
                )
            if not (amount.is_finite() and amount >= 0):
                yield phrase("{channel}, {segment}: a threshold cannot be below 0.", channel=channel, segment=segment)
    if not 0 < len(params.method.strip()) <= LONGEST_METHOD:
        yield phrase("The free method needs a name of at most {most} characters.", most=LONGEST_METHOD)


def spoken(params: FreeShipping, language: str | None, *, earned: bool = False) -> str:
    """The text in the shopper's language; in the one that has no name where theirs is not there."""
    first, others = (params.earned, params.earned_texts) if earned else (params.text, params.texts)
    return word({"": first, **others}, language or "")


def excluded_by(params: FreeShipping) -> Excluded:
    named = (params.excluded_products, params.excluded_types, params.excluded_collections)
    return Excluded(*(frozenset(one) for one in named))


def names(params: FreeShipping) -> tuple[Named, ...]:
    return (Named(params.excluded_products, params.excluded_collections),)


def rule_for(params: FreeShipping, segment: str, channel: str, currency: str, country: str = OTHERS) -> Money | None:
    """To the currency's smallest unit, as it is shown. A country that is named has only what is said for it."""
    rules = params.thresholds.get(_key(channel, country), params.thresholds.get(channel, {}))
    amount = rules.get(segment)
    return None if amount is None else Money(amount, currency).rounded()


def countries_of(keys: Iterable[str], channel: str) -> frozenset[str]:
    """Those that are named for this channel, in rules or in what was shown."""
    named = (key.partition("/") for key in keys)
    return frozenset(country for slug, _, country in named if slug == channel and country not in {"", OTHERS})


def in_markets(channel: str, by_market: Mapping[str, Threshold | None]) -> Mapping[str, Threshold]:
    """By the names under which storefronts find them; the channel's own is what holds in all its markets."""
    found = {channel: strictest(by_market.values())}
    if len(by_market) > 1:
        found |= {_key(channel, country): one for country, one in by_market.items()}
    return {key: one for key, one in found.items() if one is not None}


def banner(text: str, thresholds: Mapping[str, Threshold]) -> Banner:
    """What storefronts read: `channels` leads from a market's name to its amount, currency and, at times, end."""
    channels = {channel: threshold.as_data() for channel, threshold in sorted(thresholds.items())}
    return Banner(Slot.FREE_SHIPPING, text, {"channels": channels} if channels else {})


def shown_in(shown: Banner | None, channel: str, country: str = OTHERS) -> Threshold | None:
    """What this banner promises in this market: the inverse of `banner`."""
    said = said_by(shown)
    entry = said.get(_key(channel, country))
    return shown_threshold(said.get(channel) if entry is None and country == OTHERS else entry)


def said_by(shown: Banner | None) -> Mapping[str, Any]:
    """A market's name → what is shown there."""
    found: Mapping[str, Any] = {} if shown is None else shown.data.get("channels", {})
    return found


def _key(channel: str, country: str) -> str:
    return f"{channel}/{country}"


def decide(view: View, trigger: Trigger, params: FreeShipping) -> Iterator[Wish]:
    moments: list[datetime | None] = [view.turns.at_risk_from]
    segment = segment_of(view.state.history, view.turns, view.outlook.limits, view.now)
    shown = view.shown.get(Slot.FREE_SHIPPING)
    thresholds: dict[str, Threshold] = {}
    for channel, currency in view.channels.items():
        countries = countries_of([*params.thresholds, *said_by(shown)], channel)
        by_market = {
            country: _threshold(view, params, segment, channel, currency, country)
            for country in (OTHERS, *sorted(countries))
        }
        thresholds |= in_markets(channel, by_market)
    moments += [threshold.until for threshold in thresholds.values()]
    yield from (CheckAgain(moment) for moment in dict.fromkeys(moments) if moment is not None and moment > view.now)
    if view.state.reachable and (thresholds or shown is not None):
        why = phrase("The thresholds of the segment “{segment}”.", segment=phrase(segment))
        yield ShowBanner(banner(spoken(params, view.state.language), thresholds), why)


def _threshold(
    view: View, params: FreeShipping, segment: str, channel: str, currency: str, country: str
) -> Threshold | None:
    promised = shown_in(view.shown.get(Slot.FREE_SHIPPING), channel, country)
    if promised is not None and promised.money.currency != currency:
        promised = None
    rule = rule_for(params, segment, channel, currency, country)
    return threshold_now(rule, promised, timedelta(days=params.promise_days), view.now)


TACTIC = Tactic(
    key="free_shipping",
    title="Free shipping by segment",
    pitch="Shows each customer their own free-shipping threshold and keeps it at the checkout.",
    params=FreeShipping,
    listens_to=frozenset({TriggerKind.ORDER, TriggerKind.ACCOUNT, TriggerKind.MOMENT, TriggerKind.INSIDE}),
    decide=decide,
    control_group=False,
    only_one=True,
    check=check,
    names=names,
    voices={
        Voice.WARM: {"text": "We pay the shipping from {threshold}.", "earned": "The shipping of your order is on us."},
        Voice.PLAYFUL: {"text": "{left} to go until shipping is free!", "earned": "Yes! Your order ships free."},
    },
)

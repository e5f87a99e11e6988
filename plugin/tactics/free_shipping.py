"""Free shipping: a threshold by segment, shown to the customer and kept at the checkout."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from plugin.domain.effects import Banner, CheckAgain, ShowBanner, Slot, Wish
from plugin.domain.free_shipping import Threshold, shown_threshold, threshold_now
from plugin.domain.money import Money
from plugin.domain.segments import Segment, segment_of
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View, param

#: A name at the checkout that is longer is cut by Saleor.
LONGEST_METHOD = 100


@dataclass(frozen=True, slots=True)
class FreeShipping:
    thresholds: Mapping[str, Mapping[str, Decimal]] = param(
        dict,
        "Thresholds",
        unit="currency of the channel",
        help="By channel and segment (new, regular, at_risk, loyal). A segment left out keeps your shop's own rates.",
    )
    method: str = param("Free shipping", "Name of the free method at the checkout")
    promise_days: int = param(7, "What was shown is kept for", unit="days", least=1, most=90)
    text: str = param(
        "Free shipping from {threshold}.",
        "Banner",
        help="{threshold} and {left} (what the basket lacks) are filled in by the storefront.",
    )


def check(params: FreeShipping) -> Iterator[str]:
    known = {segment.value for segment in Segment}
    for channel, rules in params.thresholds.items():
        for segment, amount in rules.items():
            if segment not in known:
                yield f"{channel}: there is no segment “{segment}”; there are {', '.join(sorted(known))}."
            if not (amount.is_finite() and amount >= 0):
                yield f"{channel}, {segment}: a threshold cannot be below 0."
    if not 0 < len(params.method.strip()) <= LONGEST_METHOD:
        yield f"The free method needs a name of at most {LONGEST_METHOD} characters."


def rule_for(params: FreeShipping, segment: str, channel: str, currency: str) -> Money | None:
    """To the currency's smallest unit, as it is shown."""
    amount = params.thresholds.get(channel, {}).get(segment)
    return None if amount is None else Money(amount, currency).rounded()


def banner(text: str, thresholds: Mapping[str, Threshold]) -> Banner:
    """What storefronts read: `channels` leads from a channel to its amount, currency and, at times, end."""
    channels = {channel: threshold.as_data() for channel, threshold in sorted(thresholds.items())}
    return Banner(Slot.FREE_SHIPPING, text, {"channels": channels} if channels else {})


def shown_in(shown: Banner | None, channel: str) -> Threshold | None:
    """What this banner promises in this channel: the inverse of `banner`."""
    data: Mapping[str, Any] = {} if shown is None else shown.data
    return shown_threshold(data.get("channels", {}).get(channel))


def decide(view: View, trigger: Trigger, params: FreeShipping) -> Iterator[Wish]:
    moments: list[datetime | None] = [view.turns.at_risk_from]
    segment = segment_of(view.state.history, view.turns, view.outlook.limits, view.now)
    shown = view.shown.get(Slot.FREE_SHIPPING)
    thresholds = {}
    for channel, currency in view.channels.items():
        promised = shown_in(shown, channel)
        if promised is not None and promised.money.currency != currency:
            promised = None
        threshold = threshold_now(
            rule_for(params, segment, channel, currency), promised, timedelta(days=params.promise_days), view.now
        )
        if threshold is not None:
            thresholds[channel] = threshold
            moments.append(threshold.until)
    yield from (CheckAgain(moment) for moment in moments if moment is not None and moment > view.now)
    if view.state.reachable and (thresholds or shown is not None):
        yield ShowBanner(banner(params.text, thresholds), f"The thresholds of the segment “{segment}”.")


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
)

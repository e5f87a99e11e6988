"""Free shipping: a threshold by segment, shown to the customer and kept at the checkout."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from plugin.domain.churn import at_risk_from
from plugin.domain.effects import Banner, CheckAgain, ShowBanner, Slot, Wish
from plugin.domain.free_shipping import shown_threshold, threshold_now
from plugin.domain.money import Money
from plugin.domain.segments import Segment, segment_of
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View, param


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
    text: str = param("Free shipping from {threshold}.", "Banner", help="{threshold} is filled in.")


def check(params: FreeShipping) -> Iterator[str]:
    known = {segment.value for segment in Segment}
    for channel, rules in params.thresholds.items():
        for segment, amount in rules.items():
            if segment not in known:
                yield f"{channel}: there is no segment “{segment}”; there are {', '.join(sorted(known))}."
            if not (amount.is_finite() and amount >= 0):
                yield f"{channel}, {segment}: a threshold cannot be below 0."


def rule_for(params: FreeShipping, segment: str, channel: str, currency: str) -> Money | None:
    amount = params.thresholds.get(channel, {}).get(segment)
    return None if amount is None else Money(amount, currency)


def decide(view: View, trigger: Trigger, params: FreeShipping) -> Iterator[Wish]:
    moments: list[datetime | None] = [at_risk_from(view.state.history, view.rhythm)]
    segment = segment_of(view.state.history, view.rhythm, view.now)
    shown = view.shown[Slot.FREE_SHIPPING].data if Slot.FREE_SHIPPING in view.shown else {}
    data = {}
    for channel, currency in sorted(view.channels.items()):
        threshold = threshold_now(
            rule_for(params, segment, channel, currency),
            shown_threshold(shown.get(channel)),
            timedelta(days=params.promise_days),
            view.now,
        )
        if threshold is not None:
            data[channel] = threshold.as_data()
            moments.append(threshold.until)
    yield from (CheckAgain(moment) for moment in moments if moment is not None and moment > view.now)
    if view.state.reachable and (data or shown):
        reason = f"The thresholds of the segment “{segment}”."
        yield ShowBanner(Banner(Slot.FREE_SHIPPING, params.text, data), reason)


TACTIC = Tactic(
    key="free_shipping",
    title="Free shipping by segment",
    pitch="Shows each customer their own free-shipping threshold and keeps it at the checkout.",
    params=FreeShipping,
    listens_to=frozenset({TriggerKind.ORDER, TriggerKind.ACCOUNT, TriggerKind.MOMENT, TriggerKind.INSIDE}),
    decide=decide,
    control_group=False,
    check=check,
)

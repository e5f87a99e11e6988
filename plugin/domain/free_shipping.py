"""The free-shipping threshold of one shopper: the same functions for the banner and for the checkout.

A threshold that was shown is a promise: when the rules would raise it, the shopper keeps the lower one
for the promise's life, at the banner and at the checkout alike.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from plugin.domain.money import Money, zero

#: The market of all countries that a channel's rules do not name.
OTHERS = "*"


@dataclass(frozen=True, slots=True)
class Excluded:
    """What in a basket does not count, each by its id or its slug."""

    products: frozenset[str] = frozenset()
    product_types: frozenset[str] = frozenset()
    collections: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.products or self.product_types or self.collections)

    def __and__(self, other: "Excluded") -> "Excluded":
        return Excluded(
            self.products & other.products,
            self.product_types & other.product_types,
            self.collections & other.collections,
        )

    def as_data(self) -> dict[str, list[str]]:
        return {
            "products": sorted(self.products),
            "product_types": sorted(self.product_types),
            "collections": sorted(self.collections),
        }


@dataclass(frozen=True, slots=True)
class Threshold:
    money: Money
    #: Set when only a promise holds it: from then on the rules alone speak.
    until: datetime | None = None

    def as_data(self) -> dict[str, str]:
        """What is shown, and so promised: a banner's data for one channel."""
        data = {"amount": str(self.money.rounded().amount), "currency": self.money.currency}
        return data if self.until is None else {**data, "until": self.until.isoformat()}


def shown_threshold(data: Mapping[str, Any] | None) -> Threshold | None:
    """The inverse of `Threshold.as_data`."""
    if not data:
        return None
    until = data.get("until")
    return Threshold(Money(Decimal(data["amount"]), data["currency"]), datetime.fromisoformat(until) if until else None)


def threshold_now(
    rule: Money | None, shown: Threshold | None, promise_life: timedelta, now: datetime
) -> Threshold | None:
    """What this shopper is shown and given now.

    rule: what the segment's rule says now, None where it says nothing. shown: what the shopper was
    shown last. A lower shown threshold outlives a change of the rule by `promise_life`, once: a
    promise that has run out is not renewed by having been shown.
    """
    kept = _promise(rule, shown, promise_life, now)
    if kept is not None:
        return kept
    return Threshold(rule) if rule is not None else None


def _promise(rule: Money | None, shown: Threshold | None, life: timedelta, now: datetime) -> Threshold | None:
    if shown is None:
        return None
    if rule is not None and (rule.currency != shown.money.currency or shown.money >= rule):
        return None
    until = shown.until or now + life
    return Threshold(shown.money, until) if until > now else None


def best_of(*thresholds: Money | None) -> Money | None:
    """The lowest: a personal threshold never takes away what everyone gets."""
    return min((t for t in thresholds if t is not None), key=lambda money: money.amount, default=None)


def strictest(thresholds: Collection[Threshold | None]) -> Threshold | None:
    """What holds in every market, for who has not said where to: the highest, until the first of them changes.

    None where one of them has none.
    """
    known = [one for one in thresholds if one is not None]
    ends = [one.until for one in known if one.until is not None]
    if not known or len(known) < len(thresholds):
        return None
    return Threshold(max((one.money for one in known), key=lambda money: money.amount), min(ends, default=None))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a basket is from free shipping."""

    threshold: Money
    #: Zero when it is earned.
    left: Money
    #: Between 0 and 1.
    share: float

    @property
    def earned(self) -> bool:
        return self.left.amount == 0


def progress(basket: Money, threshold: Money) -> Progress:
    """`basket` is the subtotal after discounts, net or gross as the channel shows its prices.

    Compared after rounding to the currency's smallest unit, so that what is shown is what is kept.
    """
    basket, threshold = basket.rounded(), threshold.rounded()
    if basket >= threshold:
        return Progress(threshold, zero(threshold.currency), 1.0)
    left = threshold - basket
    return Progress(threshold, left, float(max(basket.amount, Decimal(0)) / threshold.amount))

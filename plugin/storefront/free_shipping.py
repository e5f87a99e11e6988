"""What one shopper is told about free shipping."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from plugin.domain.channels import Channel
from plugin.domain.effects import Slot
from plugin.domain.free_shipping import Threshold, best_of, progress
from plugin.domain.money import Money
from plugin.errors import Rejected
from plugin.flow.fronts import Front
from plugin.flow.thresholds import personal_threshold
from plugin.store.customers import Customer
from plugin.tactics.free_shipping import shown_in

#: Plain digits: no exponent, no sign, no infinity.
AMOUNT = re.compile(r"\d{1,10}(\.\d{1,6})?", re.ASCII)
LARGEST = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Offer:
    money: Money
    #: Set for a personal one; otherwise it is what the channel's own rates give everyone.
    threshold: Threshold | None

    @property
    def personal(self) -> bool:
        return self.threshold is not None


def read_subtotal(text: str | None) -> Decimal:
    """For display only. Raises `Rejected`."""
    if text is None:
        return Decimal(0)
    if not AMOUNT.fullmatch(text) or Decimal(text) > LARGEST:
        raise Rejected(f"subtotal must be an amount like 12.50, from 0 to {LARGEST}.")
    return Decimal(text)


def offer_for(front: Front, channel: Channel, customer: Customer | None, now: datetime) -> Offer | None:
    """The better of what this customer is promised and what everyone gets; of equal ones the personal."""
    personal = personal_threshold(front.rules, customer, channel, now) if front.offers else None
    default = None if channel.free_from is None else Money(channel.free_from, channel.currency)
    best = best_of(personal.money if personal else None, default)
    if best is None:
        return None
    return Offer(best, personal if personal is not None and personal.money.amount == best.amount else None)


def tell(front: Front, offer: Offer, subtotal: Decimal) -> dict[str, Any]:
    done = progress(Money(subtotal, offer.money.currency), offer.money)
    text = front.rules.words.text.replace("{threshold}", str(done.threshold)).replace(
        "{left}", str(done.left.rounded())
    )
    until = offer.threshold.until if offer.threshold else None
    said = {
        "threshold": str(done.threshold.amount),
        "currency": done.threshold.currency,
        "left": str(done.left.rounded().amount),
        "share": round(done.share, 4),
        "earned": done.earned,
        "text": text,
        "personal": offer.personal,
    }
    return said if until is None else {**said, "until": until.isoformat()}


def is_new(offer: Offer, channel: Channel, customer: Customer) -> bool:
    """It is not what the customer was shown before."""
    return offer.threshold != shown_in(customer.shown.get(Slot.FREE_SHIPPING), channel.slug)

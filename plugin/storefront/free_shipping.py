"""What one shopper is told about free shipping."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from plugin.domain.channels import Channel
from plugin.domain.effects import Slot
from plugin.domain.free_shipping import Excluded, Progress, Threshold, progress, shown_threshold
from plugin.domain.money import Money
from plugin.errors import Rejected
from plugin.flow.fronts import Front
from plugin.flow.thresholds import personal_threshold, personal_thresholds
from plugin.store.customers import Customer
from plugin.tactics.free_shipping import COUNTRY, said_by, spoken

#: Plain digits: no exponent, no sign, no infinity.
AMOUNT = re.compile(r"\d{1,10}(\.\d{1,6})?", re.ASCII)
LARGEST = Decimal(10) ** 9


@dataclass(frozen=True, slots=True)
class Basket:
    """What a page says of its basket: for display only, the checkout believes Saleor alone."""

    #: After discounts.
    subtotal: Decimal = Decimal(0)
    #: What of it does not count, where the merchant excludes something.
    excluded: Decimal = Decimal(0)
    #: Where to, by its code; None where the page does not know.
    country: str | None = None

    @property
    def counted(self) -> Decimal:
        return max(self.subtotal - self.excluded, Decimal(0))


@dataclass(frozen=True, slots=True)
class Offer:
    #: Of this basket.
    progress: Progress
    #: Set for a personal one; otherwise it is what the channel's own rates give everyone.
    threshold: Threshold | None = None

    @property
    def personal(self) -> bool:
        return self.threshold is not None


def read_basket(query: Mapping[str, str]) -> Basket:
    """Raises `Rejected`."""
    subtotal, excluded = (_read_amount(name, query.get(name)) for name in ("subtotal", "excluded"))
    return Basket(subtotal, excluded, _read_country(query.get("country")))


def _read_amount(name: str, text: str | None) -> Decimal:
    if text is None:
        return Decimal(0)
    if not AMOUNT.fullmatch(text) or Decimal(text) > LARGEST:
        raise Rejected(f"{name} must be an amount like 12.50, from 0 to {LARGEST}.")
    return Decimal(text)


def _read_country(text: str | None) -> str | None:
    if not text:
        return None
    if not COUNTRY.fullmatch(text.upper()):
        raise Rejected("country must be the code of a country, like PL.")
    return text.upper()


def offer_for(front: Front, channel: Channel, customer: Customer | None, basket: Basket, now: datetime) -> Offer | None:
    """Of what this customer is promised and what everyone gets, that of which less is left; of equal ones the personal."""
    offers = []
    personal = personal_threshold(front.rules, customer, channel, now, basket.country) if front.offers else None
    if personal is not None:
        offers.append(personal_offer(personal, basket))
    free_from = channel.free_to(basket.country)
    if free_from is not None:  # The shop's own rates count everything.
        everything, default = (Money(amount, channel.currency) for amount in (basket.subtotal, free_from))
        offers.append(Offer(progress(everything, default)))
    return min(offers, key=lambda one: (one.progress.left.amount, one.progress.threshold.amount), default=None)


def personal_offer(threshold: Threshold, basket: Basket) -> Offer:
    return Offer(progress(Money(basket.counted, threshold.money.currency), threshold.money), threshold)


def tell(front: Front, offer: Offer, now: datetime, language: str | None = None) -> dict[str, Any]:
    """language: the shopper's, as pt-BR."""
    done = offer.progress
    tokens = spoken(front.rules.words(now), language, earned=done.earned)
    text = tokens.replace("{threshold}", str(done.threshold)).replace("{left}", str(done.left.rounded()))
    until = offer.threshold.until if offer.threshold else None
    excluded = front.rules.excluded(now) if offer.personal else Excluded()
    said: dict[str, Any] = {
        "threshold": str(done.threshold.amount),
        "currency": done.threshold.currency,
        "left": str(done.left.rounded().amount),
        "share": round(done.share, 4),
        "earned": done.earned,
        "text": text,
        "tokens": tokens,
        "personal": offer.personal,
    }
    if until is not None:
        said["until"] = until.isoformat()
    if excluded:
        said["excluded"] = excluded.as_data()
    return said


def is_new(front: Front, channel: Channel, customer: Customer, now: datetime) -> bool:
    """It is not what the customer was shown before, in whatever country."""
    said = said_by(customer.shown.get(Slot.FREE_SHIPPING))
    shown = {market: shown_threshold(entry) for market, entry in said.items() if _of_channel(market, channel)}
    return shown != personal_thresholds(front.rules, customer, channel, now)


def _of_channel(market: str, channel: Channel) -> bool:
    return market.partition("/")[0] == channel.slug

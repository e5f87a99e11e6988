"""What can be given."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any


class OfferKind(StrEnum):
    PERCENTAGE = "percentage"
    AMOUNT = "amount"
    FREE_SHIPPING = "free_shipping"


@dataclass(frozen=True, slots=True)
class Offer:
    """One discount by code. Value and minimum hold in each channel that the voucher is listed in."""

    kind: OfferKind
    #: Per cent for PERCENTAGE, units of `currency` for AMOUNT; free shipping has none.
    value: Decimal
    #: The basket it begins at, in units of `currency`; zero for none.
    minimum: Decimal
    #: Whole days of the shop's calendar that the code can be used, the day of issue not counted.
    valid_days: int
    #: AMOUNT and minimum are in this currency, so such an offer is listed only in channels that have it.
    #: None where it does not matter: a percentage or free shipping without a minimum.
    currency: str | None = None

    @property
    def label(self) -> str:
        match self.kind:
            case OfferKind.PERCENTAGE:
                return f"{self.value.normalize():f} % off"
            case OfferKind.AMOUNT:
                return f"{self.value.normalize():f} {self.currency} off"
            case OfferKind.FREE_SHIPPING:
                return "free shipping"


def write_offer(offer: Offer) -> dict[str, Any]:
    """The offer as JSON values."""
    return {
        "kind": offer.kind.value,
        "value": str(offer.value),
        "minimum": str(offer.minimum),
        "valid_days": offer.valid_days,
        "currency": offer.currency,
    }


def read_offer(data: Mapping[str, Any]) -> Offer:
    """The inverse of `write_offer`."""
    return Offer(
        OfferKind(data["kind"]), Decimal(data["value"]), Decimal(data["minimum"]), data["valid_days"], data["currency"]
    )

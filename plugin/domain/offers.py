"""What can be given."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Any

from plugin.domain.phrases import N_, Phrase, phrase
from plugin.domain.values import light_dataclass


class OfferKind(StrEnum):
    PERCENTAGE = "percentage"
    AMOUNT = "amount"
    FREE_SHIPPING = "free_shipping"
    #: A gift card that only this customer can use, signed in.
    STORE_CREDIT = "store_credit"
    #: One piece of one product for nothing, by a single-use code.
    PERSONAL_GIFT = "personal_gift"
    #: A gift in every basket from the minimum on; it has no code and belongs to a campaign, not to a customer.
    PUBLIC_GIFT = "public_gift"


#: In units of any currency: what is kept and summed of it stays exact.
MOST = Decimal(1_000_000_000)
#: Given as a code of a Saleor voucher, of which a checkout takes one.
BY_VOUCHER = frozenset(
    {OfferKind.PERCENTAGE, OfferKind.AMOUNT, OfferKind.FREE_SHIPPING, OfferKind.PERSONAL_GIFT},
)
#: Given to one customer, by a code of their own.
PERSONAL = BY_VOUCHER | {OfferKind.STORE_CREDIT}
_SCOPED = frozenset({OfferKind.PERCENTAGE, OfferKind.AMOUNT})
_IN_CURRENCY = frozenset({OfferKind.AMOUNT, OfferKind.STORE_CREDIT})


@light_dataclass(frozen=True, slots=True)
class Offer:
    """One thing given, once: every code works a single time. Value and minimum hold in each channel it fits."""

    kind: OfferKind
    #: Per cent for PERCENTAGE, units of `currency` for AMOUNT and STORE_CREDIT; the others have none.
    value: Decimal
    #: The basket it begins at, in units of `currency`; zero for none.
    minimum: Decimal
    #: Whole days of the shop's calendar that the code can be used, the day of issue not counted.
    valid_days: int
    #: AMOUNT, STORE_CREDIT and minimum are in this currency, so such an offer holds only in channels that have it.
    #: None where it does not matter: a percentage or free shipping without a minimum.
    currency: str | None = None
    #: Saleor ids or slugs: what a percentage or an amount is narrowed to, or the gift itself.
    products: tuple[str, ...] = ()
    #: Saleor ids or slugs: what a percentage or an amount is narrowed to.
    collections: tuple[str, ...] = ()
    #: Beside it the customer's next order ships free, as long as this is valid. The shipping answer keeps it, because a
    #: checkout takes one voucher.
    ships_free: bool = False

    @property
    def label(self) -> str:
        """In English, as it is filled into the merchant's texts."""
        return _label_of(self)

    @property
    def scoped(self) -> bool:
        """It holds for some products only."""
        return self.kind in _SCOPED and bool(self.products or self.collections)


@lru_cache(maxsize=1024)
def _label_of(offer: Offer) -> Phrase:
    value = offer.value.normalize()
    match offer.kind:
        case OfferKind.PERCENTAGE:
            said = N_("{value} % off selected products") if offer.scoped else N_("{value} % off")
            return phrase(said, value=value)
        case OfferKind.AMOUNT:
            said = N_("{value} {currency} off selected products") if offer.scoped else N_("{value} {currency} off")
            return phrase(said, value=value, currency=offer.currency)
        case OfferKind.FREE_SHIPPING:
            return phrase("free shipping")
        case OfferKind.STORE_CREDIT:
            return phrase("{value} {currency} of store credit", value=value, currency=offer.currency)
        case OfferKind.PERSONAL_GIFT | OfferKind.PUBLIC_GIFT:
            return phrase("a gift")


def problems(offer: Offer) -> Iterator[str]:
    """A sentence for each thing about the offer that cannot be, for whoever is about to save it."""
    if offer.kind is OfferKind.PERCENTAGE and not 0 < offer.value <= 100:
        yield phrase("A percentage must be above 0 and at most 100.")
    if offer.kind in _IN_CURRENCY and offer.value <= 0:
        yield phrase("An amount must be above 0.")
    if max(offer.value, offer.minimum) > MOST:
        yield phrase("An amount or a minimum must be at most {most}.", most=MOST)
    if (offer.kind in _IN_CURRENCY or offer.minimum > 0) and not offer.currency:
        yield phrase("Name the currency of the amount or the minimum.")
    if offer.kind is OfferKind.STORE_CREDIT and offer.minimum > 0:
        yield phrase("Store credit has no minimum: Saleor takes a gift card for any basket. Set the minimum to 0.")
    yield from _problems_of_scope(offer)


def _problems_of_scope(offer: Offer) -> Iterator[str]:
    gift = offer.kind in {OfferKind.PERSONAL_GIFT, OfferKind.PUBLIC_GIFT}
    if gift and offer.collections:
        yield phrase("A gift is a product, not a collection: name it under products.")
    if offer.kind is OfferKind.PERSONAL_GIFT and len(offer.products) != 1:
        yield phrase("Name the one product that is the gift, by its id or its slug.")
    if offer.kind is OfferKind.PUBLIC_GIFT and not offer.products:
        yield phrase("Name the product that is the gift, by its id or its slug.")
    if not gift and offer.kind not in _SCOPED and (offer.products or offer.collections):
        yield (
            phrase(
                "Products and collections narrow a percentage or an amount; free shipping holds for the whole basket."
            )
            if offer.kind is OfferKind.FREE_SHIPPING
            else phrase(
                "Products and collections narrow a percentage or an amount; store credit holds for the whole basket."
            )
        )


def write_offer(offer: Offer) -> dict[str, Any]:
    """The offer as JSON values; what it has not is left out, so that keys made of it stay what they were."""
    scope = {"products": list(offer.products), "collections": list(offer.collections)}
    return {
        "kind": offer.kind.value,
        "value": str(offer.value),
        "minimum": str(offer.minimum),
        "valid_days": offer.valid_days,
        "currency": offer.currency,
        **{name: refs for name, refs in scope.items() if refs},
        **({"ships_free": True} if offer.ships_free else {}),
    }


def read_offer(data: Mapping[str, Any]) -> Offer:
    """The inverse of `write_offer`."""
    return Offer(
        OfferKind(data["kind"]),
        Decimal(data["value"]),
        Decimal(data["minimum"]),
        data["valid_days"],
        data["currency"],
        tuple(data.get("products", ())),
        tuple(data.get("collections", ())),
        data.get("ships_free", False),
    )


def valid_until(offer: Offer, given_at: datetime, zone: tzinfo) -> datetime:
    return last_second(given_at.astimezone(zone).date() + timedelta(days=offer.valid_days), zone)


def last_second(day: date, zone: tzinfo) -> datetime:
    """Until when a code that holds through that day can be used."""
    return datetime.combine(day, time(23, 59, 59), zone)

"""What the platform has told us of: the newest version of each object, as values.

Everything here is a copy of a fact at the platform. What we make of the facts is in `customer`.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from plugin.domain.consent import Consent

#: The state of a parcel that was packed and sent; what waits, comes back or is cancelled is a fulfilment, too.
SENT = "FULFILLED"
#: Orders of which something has not been sent.
NOT_SENT = frozenset({"UNFULFILLED", "PARTIALLY_FULFILLED"})
#: The state of an order of which nothing comes any more, though Saleor keeps its code as used.
CANCELLED = "CANCELED"
#: Saleor's order states in which nothing has been bought (yet, or any more).
NOT_COUNTING = frozenset({"DRAFT", "UNCONFIRMED", CANCELLED, "EXPIRED"})
#: More pieces than this are counted as this many, so that sums of them fit wherever they are kept.
MOST_ITEMS = 10**9


@dataclass(frozen=True, slots=True)
class Line:
    line_id: str
    quantity: int
    #: What the line cost, gross, in the order's currency.
    total: Decimal
    name: str
    sku: str | None = None
    variant_id: str | None = None
    product_id: str | None = None
    product_type: str | None = None
    #: The total without tax; None where it was not told.
    net: Decimal | None = None
    #: What one piece costs the shop; None where nobody says.
    cost: Decimal | None = None
    #: Ids and slugs of the collections that its product is in; None where it was not told.
    collections: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fulfilment:
    fulfilment_id: str
    status: str
    created_at: datetime
    tracking_number: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    order_id: str
    number: str
    status: str
    #: Whose it is: the signed-in user, else nobody; the e-mail was typed and proves nothing.
    user_id: str | None
    email: str
    channel: str
    currency: str
    #: Gross, with shipping, after discounts; less what was refunded is in `refunded`.
    total: Decimal
    shipping: Decimal
    refunded: Decimal
    placed_at: datetime
    #: The version of the order's own fields.
    updated_at: datetime
    voucher_code: str | None = None
    country: str | None = None
    language: str | None = None
    lines: tuple[Line, ...] = ()
    fulfilments: tuple[Fulfilment, ...] = ()
    #: What the voucher took off, shipping included; zero where no voucher was used.
    discount: Decimal = Decimal(0)
    #: How many pieces, of an order whose lines nobody knows.
    pieces: int = 0
    #: Saleor's ids of the gift cards that paid; what they paid is not in `total`.
    gift_cards: tuple[str, ...] = ()
    #: Whether it allows or forbids being written to; None where it says nothing.
    marketing: bool | None = None
    #: Something of it is to be shipped; None where it was not told.
    ships: bool | None = None
    #: Days in which it is to arrive at the latest, as its delivery method says; None where the merchant said none.
    promised_days: int | None = None
    #: The checkout that it was made from; None where there was none, or it was not told.
    checkout_id: str | None = None

    @property
    def counts(self) -> bool:
        """Confirmed or later, and not cancelled."""
        return self.status not in NOT_COUNTING

    @property
    def cancelled(self) -> bool:
        return self.status == CANCELLED

    @property
    def items(self) -> int:
        """Pieces in all lines."""
        return min(MOST_ITEMS, sum(line.quantity for line in self.lines) if self.lines else self.pieces)


@dataclass(frozen=True, slots=True)
class Account:
    """A registered customer. An account that is not confirmed proves nothing about its e-mail."""

    user_id: str
    email: str
    confirmed: bool
    updated_at: datetime
    first_name: str = ""
    language: str | None = None
    #: The account's own word; what orders said is not in it.
    consent: Consent = Consent()


@dataclass(frozen=True, slots=True)
class Checkout:
    checkout_id: str
    user_id: str | None
    email: str | None
    channel: str
    currency: str
    subtotal: Decimal
    shipping: Decimal
    created_at: datetime
    updated_at: datetime
    #: Variant and pieces, as “id:2”; empty where it was not told.
    variants: tuple[str, ...] = ()
    #: As of `Order`.
    marketing: bool | None = None

"""Baskets on their way to an order."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from plugin.sandbox.records.catalogue import ProductVariant
from plugin.sandbox.records.gift_cards import GiftCard
from plugin.sandbox.records.metadata import WithMetadata
from plugin.sandbox.records.money import Money
from plugin.sandbox.records.people import User
from plugin.sandbox.records.places import Address, Channel
from plugin.sandbox.records.vouchers import VoucherCode


@dataclass(slots=True, kw_only=True, eq=False)
class ShippingMethod(WithMetadata):
    """A way to ship one checkout or order, from the shop itself or from an app."""

    id: str
    name: str
    price: Money
    description: str | None = None
    minimum_delivery_days: int | None = None
    maximum_delivery_days: int | None = None
    minimum_order_price: Money | None = None
    maximum_order_price: Money | None = None
    active: bool = True
    message: str = ""
    type: str = "PRICE"


@dataclass(frozen=True, slots=True)
class Delivery:
    id: str
    shipping_method: ShippingMethod


@dataclass(slots=True, kw_only=True, eq=False)
class CheckoutLine(WithMetadata):
    id: str
    checkout: "Checkout"
    variant: ProductVariant
    quantity: int
    price_override: Decimal | None = None
    price_override_reason: str | None = None
    is_gift: bool = False
    requires_shipping: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class Checkout(WithMetadata):
    id: str
    token: str
    channel: Channel
    created: dt.datetime
    updated_at: dt.datetime
    email: str | None = None
    user: User | None = None
    lines: list[CheckoutLine] = field(default_factory=list)
    billing_address: Address | None = None
    shipping_address: Address | None = None
    language_code: str = "EN"
    customer_note: str = ""
    code: VoucherCode | None = None
    gift_cards: list[GiftCard] = field(default_factory=list)
    delivery: Delivery | None = None
    #: what the last calculation offered, and when; None once lines, code or address have changed
    deliveries: list[Delivery] = field(default_factory=list)
    calculated_at: dt.datetime | None = None

    @property
    def last_change(self) -> dt.datetime:
        return self.updated_at

    @property
    def quantity(self) -> int:
        return sum(line.quantity for line in self.lines)

    @property
    def is_shipping_required(self) -> bool:
        return any(line.requires_shipping for line in self.lines)

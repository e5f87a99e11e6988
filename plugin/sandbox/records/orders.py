"""Orders, their lines and fulfilments."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from plugin.sandbox.records.catalogue import ProductVariant
from plugin.sandbox.records.gift_cards import GiftCard
from plugin.sandbox.records.metadata import WithMetadata
from plugin.sandbox.records.money import ZERO, Money, TaxedMoney, taxed
from plugin.sandbox.records.people import User
from plugin.sandbox.records.places import Address, Channel, Warehouse
from plugin.sandbox.records.vouchers import Voucher


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLineDiscount:
    id: str
    name: str
    total: Money
    unit: Money
    value: Decimal
    value_type: str = "FIXED"
    type: str = "VOUCHER"
    reason: str | None = None

    @property
    def translated_name(self) -> str:
        return ""


@dataclass(slots=True, kw_only=True, eq=False)
class OrderLine(WithMetadata):
    id: str
    product_name: str
    quantity: int
    unit_price: TaxedMoney
    total_price: TaxedMoney
    variant: ProductVariant | None = None
    variant_name: str = ""
    product_sku: str | None = None
    quantity_fulfilled: int = 0
    is_shipping_required: bool = True
    is_gift: bool = False
    is_price_overridden: bool = False
    voucher_code: str | None = None
    unit_discount_amount: Decimal = ZERO
    discounts: list[OrderLineDiscount] = field(default_factory=list)

    @property
    def product_variant_id(self) -> str | None:
        return None if self.variant is None else self.variant.id

    @property
    def quantity_to_fulfill(self) -> int:
        return self.quantity - self.quantity_fulfilled

    @property
    def tax_rate(self) -> float:
        return 0.0

    @property
    def undiscounted_unit_price(self) -> TaxedMoney:
        return taxed(self.unit_price.gross.amount + self.unit_discount_amount, self.unit_price.currency)

    @property
    def undiscounted_total_price(self) -> TaxedMoney:
        return taxed(self.undiscounted_unit_price.gross.amount * self.quantity, self.unit_price.currency)

    @property
    def unit_discount(self) -> Money:
        return Money(self.unit_discount_amount, self.unit_price.currency)

    @property
    def unit_discount_value(self) -> Decimal:
        return self.unit_discount_amount

    @property
    def unit_discount_type(self) -> str:
        return "FIXED"

    @property
    def unit_discount_reason(self) -> str | None:
        return f"Voucher code: {self.voucher_code}" if self.voucher_code else None


@dataclass(slots=True, kw_only=True, eq=False)
class FulfillmentLine:
    id: str
    order_line: OrderLine
    quantity: int


@dataclass(slots=True, kw_only=True, eq=False)
class Fulfillment(WithMetadata):
    id: str
    order: "Order"
    fulfillment_order: int
    created: dt.datetime
    lines: list[FulfillmentLine]
    warehouse: Warehouse | None = None
    status: str = "FULFILLED"
    tracking_number: str = ""

    @property
    def status_display(self) -> str:
        return self.status.capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderDiscount:
    id: str
    name: str
    amount: Money
    value: Decimal
    value_type: str = "FIXED"
    type: str = "VOUCHER"
    reason: str | None = None

    @property
    def total(self) -> Money:
        return self.amount

    @property
    def translated_name(self) -> str:
        return ""


@dataclass(slots=True, kw_only=True, eq=False)
class Order(WithMetadata):
    id: str
    number: str
    created: dt.datetime
    updated_at: dt.datetime
    channel: Channel
    total: TaxedMoney
    subtotal: TaxedMoney
    shipping_price: TaxedMoney
    undiscounted_total: TaxedMoney
    user_email: str
    user: User | None = None
    status: str = "UNCONFIRMED"
    origin: str = "CHECKOUT"
    lines: list[OrderLine] = field(default_factory=list)
    fulfillments: list[Fulfillment] = field(default_factory=list)
    discounts: list[OrderDiscount] = field(default_factory=list)
    billing_address: Address | None = None
    shipping_address: Address | None = None
    shipping_method_name: str | None = None
    voucher: Voucher | None = None
    voucher_code: str | None = None
    gift_cards: list[GiftCard] = field(default_factory=list)
    customer_note: str = ""
    language_code_enum: str = "EN"
    external_reference: str | None = None
    checkout_id: str | None = None
    charged: Decimal = ZERO
    refunded: Decimal = ZERO

    @property
    def is_shipping_required(self) -> bool:
        return any(line.is_shipping_required for line in self.lines)

    @property
    def is_paid(self) -> bool:
        return self.charged >= self.total.gross.amount

    @property
    def payment_status(self) -> str:
        if self.refunded and self.refunded >= self.charged:
            return "FULLY_REFUNDED"
        if self.refunded:
            return "PARTIALLY_REFUNDED"
        if not self.charged:
            return "NOT_CHARGED"
        return "FULLY_CHARGED" if self.is_paid else "PARTIALLY_CHARGED"

    @property
    def charge_status(self) -> str:
        left = self.charged - self.refunded
        if left >= self.total.gross.amount:
            return "FULL"
        return "PARTIAL" if left else "NONE"

    def money(self, amount: Decimal) -> Money:
        return Money(amount, self.channel.currency_code)

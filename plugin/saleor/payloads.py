"""The bodies that `webhooks/subscriptions` asks for, field by field.

Only what is read is declared. Lengths are those of our columns: what does not fit is refused here, with
a sentence, and not by the database.
"""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Id = Annotated[str, Field(min_length=1, max_length=100)]
Text = Annotated[str, Field(max_length=255)]
Email = Annotated[str, Field(max_length=320)]
Amount = Annotated[Decimal, Field(gt=-(10**12), lt=10**12)]


class Payload(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class Reference(Payload):
    id: Id


class Channel(Payload):
    slug: Text


class Country(Payload):
    code: Annotated[str, Field(max_length=2)]


class Address(Payload):
    country: Country


class Price(Payload):
    amount: Amount


class Money(Payload):
    amount: Amount
    currency: Annotated[str, Field(min_length=3, max_length=3)]


class TaxedPrice(Payload):
    gross: Price
    net: Price | None = None


class TaxedMoney(Payload):
    gross: Money


class ProductType(Payload):
    slug: Text


class Collection(Payload):
    id: Id
    slug: Text


class Product(Payload):
    id: Id
    product_type: ProductType
    #: Left out by a webhook of an older version of this app.
    collections: tuple[Collection, ...] | None = None


class Listing(Payload):
    channel: Channel
    cost_price: Money | None = None


class Variant(Payload):
    product: Product
    #: Left out by a webhook of an older version of this app, as is the net price of a line.
    channel_listings: tuple[Listing, ...] | None = None


class Discount(Payload):
    type: Annotated[str, Field(max_length=40)]
    total: Price


class OrderLine(Payload):
    id: Id
    quantity: Annotated[int, Field(ge=0, le=10**9)]
    product_name: str
    product_sku: Text | None = None
    product_variant_id: Id | None = None
    total_price: TaxedPrice
    #: Of this line alone: by a voucher for some products, for one piece.
    discounts: tuple[Discount, ...] | None = None
    variant: Variant | None = None


class Fulfillment(Payload):
    id: Id
    status: Annotated[str, Field(max_length=40)]
    created: AwareDatetime
    tracking_number: Text = ""


class DeliveryMethod(Payload):
    """Of a collection point nothing is asked."""

    maximum_delivery_days: Annotated[int, Field(ge=0, le=10**6)] | None = None


class Order(Payload):
    id: Id
    number: Annotated[str, Field(max_length=60)]
    status: Annotated[str, Field(max_length=40)]
    created: AwareDatetime
    updated_at: AwareDatetime
    user_email: Email | None = None
    user: Reference | None = None
    voucher_code: Text | None = None
    #: Left out by a webhook of an older version of this app.
    checkout_id: Id | None = None
    gift_cards: tuple[Reference, ...] = ()
    #: Of the whole order, shipping included.
    discounts: tuple[Discount, ...] = ()
    language_code_enum: Annotated[str, Field(max_length=20)] | None = None
    channel: Channel
    total: TaxedMoney
    shipping_price: TaxedPrice
    total_refunded: Price
    billing_address: Address | None = None
    shipping_address: Address | None = None
    lines: tuple[OrderLine, ...]
    fulfillments: tuple[Fulfillment, ...]
    #: Left out by a webhook of an older version of this app.
    is_shipping_required: bool | None = None
    delivery_method: DeliveryMethod | None = None
    #: Null where none of the keys asked for is there.
    metafields: dict[str, Any] | None = None
    #: The word of the anonymizer; asked for in ORDER_METADATA_UPDATED alone.
    anonymized: str | None = None


class Principal(Payload):
    """Whoever caused the event: an app (`id`) or a user (`isStaff`); an event's query names what it needs."""

    typename: Annotated[str | None, Field(alias="__typename")] = None
    id: str | None = None
    is_staff: bool = False


class User(Payload):
    id: Id
    email: Email
    first_name: str
    is_confirmed: bool
    language_code: Annotated[str, Field(max_length=20)] | None = None
    updated_at: AwareDatetime
    #: Null where none of the keys asked for is there.
    metafields: dict[str, Any] | None = None


class GoneUser(Payload):
    id: Id
    email: Email | None = None
    #: Left out by a webhook of an older version of this app.
    is_confirmed: bool = False


class CheckoutLine(Payload):
    quantity: Annotated[int, Field(ge=0, le=10**9)]
    is_gift: bool | None = None
    variant: Reference


class Checkout(Payload):
    id: Id
    email: Email | None = None
    created: AwareDatetime
    updated_at: AwareDatetime
    user: Reference | None = None
    channel: Channel
    subtotal_price: TaxedMoney
    shipping_price: TaxedPrice
    #: Left out by a webhook of an older version of this app.
    lines: tuple[CheckoutLine, ...] = ()
    #: Null where none of the keys asked for is there.
    metafields: dict[str, Any] | None = None


class Code(Payload):
    id: Id
    code: Text


class GiftCard(Payload):
    id: Id
    is_active: bool
    current_balance: Money


class App(Payload):
    id: Id
    is_active: bool


class Event(Payload):
    issued_at: AwareDatetime


class OrderEvent(Event):
    order: Order
    issuing_principal: Principal | None = None


class BulkEvent(Event):
    orders: tuple[Order, ...]


class UserEvent(Event):
    user: User
    issuing_principal: Principal | None = None


class GoneUserEvent(Event):
    user: GoneUser


class CheckoutEvent(Event):
    checkout: Checkout


class VoucherEvent(Event):
    voucher: Reference
    issuing_principal: Principal | None = None


class CodesEvent(Event):
    voucher_codes: tuple[Code, ...]
    issuing_principal: Principal | None = None


class GiftCardEvent(Event):
    gift_card: GiftCard
    issuing_principal: Principal | None = None


class StockedProduct(Payload):
    id: str
    slug: str


class HeldStock(Payload):
    quantity: int
    quantity_allocated: int


class HeldVariant(Reference):
    product: StockedProduct | None = None
    #: Not told by a webhook of before; then the event's name is all there is.
    track_inventory: bool | None = None
    stocks: list[HeldStock] | None = None


class VariantEvent(Event):
    product_variant: HeldVariant


class AppEvent(Event):
    recipient: Reference
    app: App

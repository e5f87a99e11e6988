"""Where the shop sells and from where it ships."""

from dataclasses import dataclass, field
from decimal import Decimal

from plugin.sandbox.records.metadata import WithMetadata
from plugin.sandbox.records.money import Money

COUNTRIES = {"US": "United States of America", "PL": "Poland", "DE": "Germany", "GB": "United Kingdom"}


@dataclass(frozen=True, slots=True)
class CountryDisplay:
    code: str

    @property
    def country(self) -> str:
        return COUNTRIES.get(self.code, self.code)


@dataclass(frozen=True, slots=True)
class OrderSettings:
    automatically_confirm_all_new_orders: bool = False
    allow_unpaid_orders: bool = True
    mark_as_paid_strategy: str = "TRANSACTION_FLOW"


@dataclass(slots=True, kw_only=True, eq=False)
class TaxConfiguration(WithMetadata):
    id: str
    channel: "Channel"
    charge_taxes: bool = False
    tax_calculation_strategy: str = "FLAT_RATES"
    display_gross_prices: bool = True
    prices_entered_with_tax: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class TaxClass(WithMetadata):
    id: str
    name: str


@dataclass(slots=True, kw_only=True, eq=False)
class Address(WithMetadata):
    id: str
    first_name: str = ""
    last_name: str = ""
    company_name: str = ""
    street_address1: str = ""
    street_address2: str = ""
    city: str = ""
    city_area: str = ""
    postal_code: str = ""
    country_code: str = "US"
    country_area: str = ""
    phone: str = ""

    @property
    def country(self) -> CountryDisplay:
        return CountryDisplay(self.country_code)


@dataclass(slots=True, kw_only=True, eq=False)
class Warehouse(WithMetadata):
    id: str
    name: str
    slug: str
    address: Address
    email: str = ""
    is_private: bool = True
    external_reference: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Channel(WithMetadata):
    id: str
    slug: str
    name: str
    currency_code: str
    country_code: str
    is_active: bool = True
    has_orders: bool = False
    warehouses: list[Warehouse] = field(default_factory=list)
    order_settings: OrderSettings = field(default_factory=OrderSettings)
    tax_configuration: TaxConfiguration | None = None

    @property
    def default_country(self) -> CountryDisplay:
        return CountryDisplay(self.country_code)

    @property
    def countries(self) -> list[CountryDisplay]:
        return [self.default_country]


@dataclass(frozen=True, slots=True)
class ShippingMethodChannelListing:
    id: str
    channel: Channel
    price_amount: Decimal
    minimum_amount: Decimal | None = None
    maximum_order_price: Money | None = None

    @property
    def price(self) -> Money:
        return Money(self.price_amount, self.channel.currency_code)

    @property
    def minimum_order_price(self) -> Money | None:
        if self.minimum_amount is None:
            return None
        return Money(self.minimum_amount, self.channel.currency_code)


@dataclass(slots=True, kw_only=True, eq=False)
class ShippingMethodType(WithMetadata):
    id: str
    name: str
    channel_listings: list[ShippingMethodChannelListing] = field(default_factory=list)
    type: str = "PRICE"
    description: str | None = None
    minimum_order_price: Money | None = None
    maximum_order_price: Money | None = None
    minimum_delivery_days: int | None = None
    maximum_delivery_days: int | None = None
    tax_class: TaxClass | None = None
    postal_code_rules: tuple[object, ...] = ()
    excluded_products: tuple[object, ...] = ()

    def listing(self, channel: Channel) -> ShippingMethodChannelListing | None:
        return next((listing for listing in self.channel_listings if listing.channel is channel), None)


@dataclass(slots=True, kw_only=True, eq=False)
class ShippingZone(WithMetadata):
    id: str
    name: str
    country_codes: list[str]
    channels: list[Channel]
    shipping_methods: list[ShippingMethodType] = field(default_factory=list)
    warehouses: list[Warehouse] = field(default_factory=list)
    default: bool = False
    description: str | None = None

    @property
    def countries(self) -> list[CountryDisplay]:
        return [CountryDisplay(code) for code in self.country_codes]

"""Vouchers, their codes, and what they take off in each channel."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from plugin.sandbox.records.catalogue import Category, Collection, Product, ProductVariant
from plugin.sandbox.records.metadata import WithMetadata
from plugin.sandbox.records.money import Money
from plugin.sandbox.records.places import Channel, CountryDisplay


@dataclass(slots=True, kw_only=True, eq=False)
class VoucherCode:
    id: str
    code: str
    voucher: "Voucher"
    created_at: dt.datetime
    used: int = 0
    is_active: bool = True


@dataclass(slots=True, kw_only=True, eq=False)
class VoucherChannelListing:
    id: str
    channel: Channel
    amount: Decimal
    minimum: Decimal | None = None

    @property
    def discount_value(self) -> Decimal:
        return self.amount

    @property
    def currency(self) -> str:
        return self.channel.currency_code

    @property
    def min_spent(self) -> Money | None:
        return None if self.minimum is None else Money(self.minimum, self.currency)


@dataclass(slots=True, kw_only=True, eq=False)
class Voucher(WithMetadata):
    id: str
    start_date: dt.datetime
    name: str | None = None
    type: str = "ENTIRE_ORDER"
    discount_value_type: str = "FIXED"
    end_date: dt.datetime | None = None
    own_codes: dict[str, VoucherCode] = field(default_factory=dict)
    channel_listings: list[VoucherChannelListing] = field(default_factory=list)
    apply_once_per_order: bool = False
    apply_once_per_customer: bool = False
    single_use: bool = False
    only_for_staff: bool = False
    usage_limit: int | None = None
    min_checkout_items_quantity: int | None = None
    country_codes: list[str] = field(default_factory=list)
    own_products: list[Product] = field(default_factory=list)
    own_variants: list[ProductVariant] = field(default_factory=list)
    own_categories: list[Category] = field(default_factory=list)
    own_collections: list[Collection] = field(default_factory=list)

    @property
    def code(self) -> str | None:
        return next(iter(self.own_codes), None)

    @property
    def used(self) -> int:
        return sum(code.used for code in self.own_codes.values())

    @property
    def countries(self) -> list[CountryDisplay]:
        return [CountryDisplay(code) for code in self.country_codes]

    def listing(self, channel: Channel) -> VoucherChannelListing | None:
        return next((listing for listing in self.channel_listings if listing.channel is channel), None)

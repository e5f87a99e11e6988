"""What the shop sells."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from plugin.sandbox.records.metadata import WithMetadata
from plugin.sandbox.records.places import Warehouse


@dataclass(slots=True, kw_only=True, eq=False)
class ProductType(WithMetadata):
    id: str
    name: str
    slug: str
    is_shipping_required: bool = True
    has_variants: bool = False


@dataclass(slots=True, kw_only=True, eq=False)
class Category(WithMetadata):
    id: str
    name: str
    slug: str
    updated_at: dt.datetime
    level: int = 0
    parent: "Category | None" = None


@dataclass(slots=True, kw_only=True, eq=False)
class Collection(WithMetadata):
    id: str
    name: str
    slug: str


@dataclass(slots=True, kw_only=True, eq=False)
class Product(WithMetadata):
    id: str
    name: str
    slug: str
    product_type: ProductType
    created: dt.datetime
    updated_at: dt.datetime
    category: Category | None = None
    own_variants: list["ProductVariant"] = field(default_factory=list)
    collections: list[Collection] = field(default_factory=list)
    external_reference: str | None = None
    is_available: bool = True
    is_available_for_purchase: bool = True
    #: Saleor's channel context: set on the copy that a query with a channel hands out
    channel: str | None = None


@dataclass(slots=True, kw_only=True, eq=False)
class Stock:
    id: str
    warehouse: Warehouse
    product_variant: "ProductVariant"
    quantity: int
    quantity_allocated: int = 0
    quantity_reserved: int = 0


@dataclass(slots=True, kw_only=True, eq=False)
class ProductVariant(WithMetadata):
    id: str
    name: str
    sku: str
    product: Product
    created: dt.datetime
    updated_at: dt.datetime
    #: channel slug → price
    prices: dict[str, Decimal] = field(default_factory=dict)
    #: channel slug → what a piece costs the shop
    costs: dict[str, Decimal] = field(default_factory=dict)
    stocks: list[Stock] = field(default_factory=list)
    track_inventory: bool = False
    external_reference: str | None = None
    channel: str | None = None

    @property
    def quantity_available(self) -> int:
        return 50 if not self.track_inventory else sum(s.quantity - s.quantity_allocated for s in self.stocks)

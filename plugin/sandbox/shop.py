"""The state of the stand-in shop, all of it in memory."""

import datetime as dt
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from plugin.sandbox.events import Event
from plugin.sandbox.ids import Numbers, fresh_id
from plugin.sandbox.keys import Keys
from plugin.sandbox.records.apps import App, AppInstallation
from plugin.sandbox.records.catalogue import Category, Collection, Product, ProductType, ProductVariant
from plugin.sandbox.records.checkouts import Checkout, ShippingMethod
from plugin.sandbox.records.content import Attribute, Page, PageType
from plugin.sandbox.records.gift_cards import GiftCard
from plugin.sandbox.records.orders import Fulfillment, Order
from plugin.sandbox.records.people import User
from plugin.sandbox.records.places import Address, Channel, ShippingZone, TaxClass, Warehouse
from plugin.sandbox.records.promotions import Promotion
from plugin.sandbox.records.vouchers import Voucher, VoucherCode

VERSION = "3.24.0"
SCHEMA_VERSION = "3.24"


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def no_one_listens(_event: Event) -> None:
    return


async def no_app_ships(_checkout: Checkout) -> list[ShippingMethod]:
    return []


def no_one_installs(_installation: AppInstallation) -> None:
    return


def any_query(_source: str) -> None:
    return


@dataclass(slots=True, eq=False)
class Shop:
    """Everything that the sandbox knows. Dictionaries are keyed by global id unless said otherwise."""

    origin: str
    name: str = "Sandbox Grocery"
    keys: Keys = field(default_factory=Keys)
    numbers: Numbers = field(default_factory=Numbers)
    now: Callable[[], dt.datetime] = utc_now
    #: where events go; the webhooks' engine puts itself here
    listener: Callable[[Event], None] = no_one_listens
    #: asks the apps for their shipping methods (SHIPPING_LIST_METHODS_FOR_CHECKOUT)
    ask_apps: Callable[[Checkout], Awaitable[list[ShippingMethod]]] = no_app_ships
    #: begins an installation in the background
    install: Callable[[AppInstallation], None] = no_one_installs
    #: raises GraphQLError for what is no subscription of this schema
    check_query: Callable[[str], object] = any_query
    confirm_by_email: bool = False
    channels: dict[str, Channel] = field(default_factory=dict)
    warehouses: dict[str, Warehouse] = field(default_factory=dict)
    shipping_zones: dict[str, ShippingZone] = field(default_factory=dict)
    tax_classes: dict[str, TaxClass] = field(default_factory=dict)
    product_types: dict[str, ProductType] = field(default_factory=dict)
    categories: dict[str, Category] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    variants: dict[str, ProductVariant] = field(default_factory=dict)
    variants_by_sku: dict[str, ProductVariant] = field(default_factory=dict)
    users: dict[str, User] = field(default_factory=dict)
    #: lower-cased address → user
    users_by_email: dict[str, User] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    fulfillments: dict[str, Fulfillment] = field(default_factory=dict)
    checkouts: dict[str, Checkout] = field(default_factory=dict)
    vouchers: dict[str, Voucher] = field(default_factory=dict)
    #: the code itself → its record; codes are unique in the shop
    codes: dict[str, VoucherCode] = field(default_factory=dict)
    gift_cards: dict[str, GiftCard] = field(default_factory=dict)
    promotions: dict[str, Promotion] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    page_types: dict[str, PageType] = field(default_factory=dict)
    attributes: dict[str, Attribute] = field(default_factory=dict)
    apps: dict[str, App] = field(default_factory=dict)
    installations: dict[str, AppInstallation] = field(default_factory=dict)
    last_number: int = 0

    @property
    def api_url(self) -> str:
        return f"{self.origin}/graphql/"

    @property
    def domain(self) -> str:
        return urlsplit(self.origin).netloc

    def emit(self, event: str, principal: App | User | None, **body: Any) -> None:
        """Tells the webhooks; `body` holds the payload's own fields by their GraphQL names."""
        self.listener(Event(event, self.now(), principal, body))

    def channel(self, slug: str | None) -> Channel | None:
        return next((channel for channel in self.channels.values() if channel.slug == slug), None)

    def address(self, given: dict[str, Any] | None) -> Address | None:
        """An address from an AddressInput in snake case."""
        if given is None:
            return None
        words = {k: v for k, v in given.items() if k in Address.__dataclass_fields__ and v is not None}
        meta = {item["key"]: item["value"] for item in given.get("metadata") or []}
        country = given.get("country") or "US"
        return Address(
            id=self.numbers.next_id("Address"),
            country_code=country,
            public_meta=meta,
            **{k: v for k, v in words.items() if k not in ("id", "country_code")},
        )

    def add_user(self, email: str, **more: Any) -> User:
        now = self.now()
        more.setdefault("date_joined", now)
        more.setdefault("updated_at", now)
        user = User(id=self.numbers.next_id("User"), email=email, **more)
        self.users[user.id] = user
        self.users_by_email[email.lower()] = user
        return user

    def add_order(self, *, number: str | None = None, **more: Any) -> Order:
        if number is None:
            number = str(self.last_number + 1)
        self.last_number = max(self.last_number, int(number))
        order = Order(id=fresh_id("Order"), number=number, **more)
        self.orders[order.id] = order
        order.channel.has_orders = True
        return order

    def app_by_token(self, token: str) -> App | None:
        return next((app for app in self.apps.values() if app.token == token and app.is_active), None)

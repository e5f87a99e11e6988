"""The shop's first day: two channels, a dozen groceries, paid and free shipping."""

from decimal import Decimal

from plugin.sandbox.events import ASYNC_PERMISSIONS
from plugin.sandbox.ids import fresh_id
from plugin.sandbox.records.catalogue import Category, Product, ProductType, ProductVariant, Stock
from plugin.sandbox.records.places import (
    Channel,
    ShippingMethodChannelListing,
    ShippingMethodType,
    ShippingZone,
    TaxClass,
    TaxConfiguration,
    Warehouse,
)
from plugin.sandbox.shop import Shop
from plugin.sandbox.slugs import slugify, unique_slug

STAFF_EMAIL, STAFF_PASSWORD = "admin@example.com", "admin"
CUSTOMER_PASSWORD = "shopper-2026"  # noqa: S105
_CUSTOMERS = (("Anna", "Kowalska"), ("Ben", "Okafor"), ("Chiara", "Rossi"), ("David", "Nguyen"))
_PRODUCTS = (
    ("Coffee Beans 1 kg", "Coffee", "18.50"),
    ("Espresso Capsules 30", "Coffee", "14.90"),
    ("Oat Milk 1 l", "Dairy & alternatives", "3.20"),
    ("Butter 250 g", "Dairy & alternatives", "4.10"),
    ("Sourdough Bread", "Bakery", "5.60"),
    ("Cinnamon Rolls 6", "Bakery", "7.40"),
    ("Olive Oil 750 ml", "Pantry", "16.80"),
    ("Spaghetti 500 g", "Pantry", "2.30"),
    ("Tomato Passata", "Pantry", "2.90"),
    ("Dog Food 5 kg", "Pets", "27.00"),
    ("Dish Tablets 60", "Household", "12.40"),
    ("Laundry Liquid 2 l", "Household", "15.70"),
)
_ZLOTY = Decimal(4)


def add_channel(shop: Shop, slug: str, name: str, currency: str, country: str) -> Channel:
    channel = Channel(
        id=shop.numbers.next_id("Channel"), slug=slug, name=name, currency_code=currency, country_code=country
    )
    channel.tax_configuration = TaxConfiguration(id=shop.numbers.next_id("TaxConfiguration"), channel=channel)
    channel.warehouses = list(shop.warehouses.values())
    shop.channels[channel.id] = channel
    return channel


def product_type(shop: Shop, name: str) -> ProductType:
    found = next((kind for kind in shop.product_types.values() if kind.name == name), None)
    if found is None:
        found = ProductType(id=shop.numbers.next_id("ProductType"), name=name, slug=slugify(name))
        shop.product_types[found.id] = found
    return found


def category(shop: Shop, name: str) -> Category:
    found = next((each for each in shop.categories.values() if each.name == name), None)
    if found is None:
        found = Category(id=shop.numbers.next_id("Category"), name=name, slug=slugify(name), updated_at=shop.now())
        shop.categories[found.id] = found
    return found


def add_product(shop: Shop, name: str, kind: str, sku: str, prices: dict[str, Decimal]) -> ProductVariant:
    """A product of one variant, in a category of its type's name."""
    now, slugs = shop.now(), {product.slug for product in shop.products.values()} if len(shop.products) < 200 else ()
    slug = unique_slug(name, slugs) if slugs else slugify(f"{name} {sku}")
    product = Product(
        id=shop.numbers.next_id("Product"),
        name=name,
        slug=slug,
        product_type=product_type(shop, kind),
        category=category(shop, kind),
        created=now,
        updated_at=now,
    )
    variant = ProductVariant(
        id=shop.numbers.next_id("ProductVariant"),
        name=name,
        sku=sku,
        product=product,
        created=now,
        updated_at=now,
        prices=prices,
    )
    for warehouse in shop.warehouses.values():
        stock = Stock(id=shop.numbers.next_id("Stock"), warehouse=warehouse, product_variant=variant, quantity=1000)
        variant.stocks.append(stock)
    product.own_variants.append(variant)
    shop.products[product.id] = product
    shop.variants[variant.id] = shop.variants_by_sku[sku] = variant
    return variant


def _add_shipping(shop: Shop, usd: Channel, pln: Channel) -> None:
    def listing(channel: Channel, price: str, minimum: str | None = None) -> ShippingMethodChannelListing:
        return ShippingMethodChannelListing(
            id=shop.numbers.next_id("ShippingMethodChannelListing"),
            channel=channel,
            price_amount=Decimal(price),
            minimum_amount=None if minimum is None else Decimal(minimum),
        )

    def method(name: str, *listings: ShippingMethodChannelListing) -> ShippingMethodType:
        return ShippingMethodType(
            id=shop.numbers.next_id("ShippingMethodType"), name=name, channel_listings=list(listings)
        )

    zone = ShippingZone(
        id=shop.numbers.next_id("ShippingZone"),
        name="Everywhere we drive",
        country_codes=["US", "PL", "DE", "GB"],
        channels=[usd, pln],
        warehouses=list(shop.warehouses.values()),
        shipping_methods=[
            method("Standard delivery", listing(usd, "7.99"), listing(pln, "14.99")),
            method("Express delivery", listing(usd, "14.99")),
            method("Free delivery", listing(usd, "0", "75"), listing(pln, "0", "300")),
        ],
    )
    shop.shipping_zones[zone.id] = zone


def _add_people(shop: Shop) -> None:
    permissions = frozenset(ASYNC_PERMISSIONS.values()) | {
        "MANAGE_STAFF", "MANAGE_PAGES", "MANAGE_PAGE_TYPES_AND_ATTRIBUTES", "MANAGE_ORDERS_IMPORT", "MANAGE_SETTINGS",
        "MANAGE_SHIPPING", "MANAGE_CHANNELS", "MANAGE_GIFT_CARD", "HANDLE_CHECKOUTS", "IMPERSONATE_USER",
        "MANAGE_PRODUCT_TYPES_AND_ATTRIBUTES", "MANAGE_CUSTOMER_TYPES_AND_ATTRIBUTES", "MANAGE_TAXES",
    }  # fmt: skip
    shop.add_user(STAFF_EMAIL, password=STAFF_PASSWORD, is_staff=True, first_name="Ada", permissions=permissions)
    for first, last in _CUSTOMERS:
        shop.add_user(
            f"{first}.{last}@example.com".lower(), first_name=first, last_name=last, password=CUSTOMER_PASSWORD
        )


def seeded_shop(origin: str) -> Shop:
    shop = Shop(origin)
    address = shop.address({"street_address1": "1 Dock Street", "city": "Brooklyn", "country": "US"})
    if address is not None:
        warehouse = Warehouse(id=fresh_id("Warehouse"), name="Main warehouse", slug="main", address=address)
        shop.warehouses[warehouse.id] = warehouse
    for name in ("No taxes", "Default taxes"):
        tax_class = TaxClass(id=shop.numbers.next_id("TaxClass"), name=name)
        shop.tax_classes[tax_class.id] = tax_class
    usd = add_channel(shop, "default-channel", "Default channel", "USD", "US")
    pln = add_channel(shop, "channel-pln", "Channel PLN", "PLN", "PL")
    _add_shipping(shop, usd, pln)
    for number, (name, kind, price) in enumerate(_PRODUCTS, start=1):
        prices = {usd.slug: Decimal(price), pln.slug: Decimal(price) * _ZLOTY}
        add_product(shop, name, kind, f"GROCERY-{number:03}", prices)
    _add_people(shop)
    return shop

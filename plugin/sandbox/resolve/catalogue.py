"""Products as a channel shows them."""

import dataclasses
from decimal import Decimal
from typing import Any

from plugin.sandbox.access import Context, Resolver, denied, require
from plugin.sandbox.connections import Connection, connection
from plugin.sandbox.filtering import begins, contains, matches
from plugin.sandbox.ids import global_id
from plugin.sandbox.records.catalogue import Product, ProductVariant, Stock
from plugin.sandbox.records.money import Money, TaxedMoney, taxed
from plugin.sandbox.records.places import ShippingMethodType
from plugin.sandbox.resolve.shop import by_name
from plugin.sandbox.shop import Shop


def in_channel(variant: ProductVariant, channel: str | None) -> ProductVariant:
    """The copy that carries Saleor's channel context, on which the price depends."""
    return variant if variant.channel == channel else dataclasses.replace(variant, channel=channel)


def _product_in(product: Product, channel: str | None) -> Product | None:
    if channel is not None and not any(channel in variant.prices for variant in product.own_variants):
        return None
    return dataclasses.replace(product, channel=channel)


def price_in(shop: Shop, variant: ProductVariant) -> TaxedMoney | None:
    channel = shop.channel(variant.channel)
    price: Decimal | None = variant.prices.get(variant.channel or "")
    return None if channel is None or price is None else taxed(price, channel.currency_code)


def _variant_pricing(variant: ProductVariant, context: Context, **_: Any) -> dict[str, Any] | None:
    price = price_in(context.shop, variant)
    return None if price is None else {"onSale": False, "price": price, "priceUndiscounted": price}


def _listings(variant: ProductVariant, context: Context) -> list[dict[str, Any]]:
    if not context.is_staff_or_app:
        raise denied("AUTHENTICATED_APP", "AUTHENTICATED_STAFF_USER")
    channels = [(slug, context.shop.channel(slug)) for slug in variant.prices]
    return [
        {
            "id": global_id("ProductVariantChannelListing", f"{variant.sku}-{slug}"),
            "channel": channel,
            "price": Money(variant.prices[slug], channel.currency_code),
            "costPrice": Money(variant.costs[slug], channel.currency_code) if slug in variant.costs else None,
        }
        for slug, channel in channels
        if channel is not None
    ]


def _product_pricing(product: Product, context: Context, **_: Any) -> dict[str, Any] | None:
    variants = [in_channel(variant, product.channel) for variant in product.own_variants]
    prices = [price for price in (price_in(context.shop, variant) for variant in variants) if price]
    if not prices:
        return None
    ordered = sorted(prices, key=lambda price: price.gross.amount)
    span = {"start": ordered[0], "stop": ordered[-1]}
    return {"onSale": False, "displayGrossPrices": True, "priceRange": span, "priceRangeUndiscounted": span}


def _variants(product: Product, _context: Context) -> list[ProductVariant]:
    return [in_channel(variant, product.channel) for variant in product.own_variants]


def _default_variant(product: Product, _context: Context) -> ProductVariant | None:
    return in_channel(product.own_variants[0], product.channel) if product.own_variants else None


def _stocks(variant: ProductVariant, context: Context, **_: Any) -> list[Stock]:
    require(context, "MANAGE_PRODUCTS", "MANAGE_ORDERS")
    return variant.stocks


def _products(
    _source: object,
    context: Context,
    filter_: dict[str, Any] | None = None,
    search: str | None = None,
    channel: str | None = None,
    **page: Any,
) -> Connection:
    given = filter_ or {}
    shown = (_product_in(product, channel) for product in context.shop.products.values())
    found = [
        product
        for product in shown
        if product is not None
        and (channel is not None or context.is_staff_or_app)
        and begins(search or given.get("search"), product.name, product.slug, *_skus(product))
        and (given.get("ids") is None or product.id in given["ids"])
        and (given.get("slugs") is None or product.slug in given["slugs"])
    ]
    return connection("products", found, lambda product: (product.slug,), **page)


def _skus(product: Product) -> list[str]:
    return [variant.sku for variant in product.own_variants]


def _product(_source: object, context: Context, channel: str | None = None, **by: str | None) -> Product | None:
    for product in context.shop.products.values():
        names = (product.id, product.slug, product.external_reference)
        if any(given == name for given, name in zip((by.get("id_"), by.get("slug"), by.get("external_reference")), names, strict=True) if given):  # fmt: skip
            return _product_in(product, channel)
    return None


def _variant(_source: object, context: Context, channel: str | None = None, **by: str | None) -> ProductVariant | None:
    shop = context.shop
    found = shop.variants.get(by.get("id_") or "") or shop.variants_by_sku.get(by.get("sku") or "")
    return None if found is None else in_channel(found, channel)


def _some_variants(
    _source: object,
    context: Context,
    ids: list[str] | None = None,
    where: dict[str, Any] | None = None,
    channel: str | None = None,
    **page: Any,
) -> Connection:
    found = [
        in_channel(variant, channel)
        for variant in context.shop.variants.values()
        if (channel is not None or context.is_staff_or_app)
        and (ids is None or variant.id in ids)
        and matches(variant, where, {"sku": lambda one: one.sku})
    ]
    return connection("productVariants", found, lambda variant: (variant.sku,), **page)


def _excluded_products(method: ShippingMethodType, _context: Context, **page: Any) -> Connection:
    return connection("excludedProducts", method.excluded_products, by_name, **page)


def _product_variants(product: Product, context: Context, **page: Any) -> Connection:
    return connection("productVariants", _variants(product, context), lambda variant: (variant.sku,), **page)


def _collections(
    _source: object,
    context: Context,
    filter_: dict[str, Any] | None = None,
    channel: str | None = None,  # noqa: ARG001 - the sandbox shows every collection in every channel
    **page: Any,
) -> Connection:
    given = filter_ or {}
    found = [
        collection
        for collection in context.shop.collections.values()
        if contains(given.get("search"), collection.name, collection.slug)
        and (given.get("ids") is None or collection.id in given["ids"])
        and (given.get("slugs") is None or collection.slug in given["slugs"])
    ]
    return connection("collections", found, lambda collection: (collection.slug,), **page)


def _product_types(_source: object, context: Context, filter_: dict[str, Any] | None = None, **page: Any) -> Connection:
    given = filter_ or {}
    found = [
        kind
        for kind in context.shop.product_types.values()
        if contains(given.get("search"), kind.name, kind.slug)
        and (given.get("ids") is None or kind.id in given["ids"])
        and (given.get("slugs") is None or kind.slug in given["slugs"])
    ]
    return connection("productTypes", found, lambda kind: (kind.slug,), **page)


FIELDS: dict[tuple[str, str], Resolver] = {
    ("ShippingMethodType", "excludedProducts"): _excluded_products,
    ("Product", "pricing"): _product_pricing,
    ("Product", "variants"): _variants,
    ("Product", "productVariants"): _product_variants,
    ("Product", "defaultVariant"): _default_variant,
    ("ProductVariant", "channelListings"): _listings,
    ("ProductVariant", "pricing"): _variant_pricing,
    ("ProductVariant", "stocks"): _stocks,
}
QUERIES: dict[str, Resolver] = {
    "products": _products,
    "product": _product,
    "productVariant": _variant,
    "productVariants": _some_variants,
    "productTypes": _product_types,
    "collections": _collections,
}

"""The shop, its channels, where it ships and from where."""

from typing import Any

from plugin.sandbox.access import Context, Resolver, denied, needs
from plugin.sandbox.connections import Connection, connection
from plugin.sandbox.events import ASYNC_PERMISSIONS
from plugin.sandbox.ids import global_id
from plugin.sandbox.records.apps import Permission
from plugin.sandbox.records.places import Channel, CountryDisplay, TaxConfiguration
from plugin.sandbox.shop import SCHEMA_VERSION, VERSION, Shop


def by_name(item: Any) -> tuple[str, str]:
    return (item.name, item.id)


def shop_answer(shop: Shop) -> dict[str, Any]:
    return {
        "__typename": "Shop",
        "id": global_id("Shop", 1),
        "name": shop.name,
        "description": "A stand-in for Saleor",
        "version": VERSION,
        "schemaVersion": SCHEMA_VERSION,
        "domain": {"host": shop.domain, "sslEnabled": shop.origin.startswith("https"), "url": shop.origin},
        "defaultCountry": CountryDisplay("US"),
        "channelCurrencies": sorted({channel.currency_code for channel in shop.channels.values()}),
        "permissions": [Permission(code) for code in sorted(set(ASYNC_PERMISSIONS.values()))],
        "enableAccountConfirmationByEmail": shop.confirm_by_email,
        "allowLoginWithoutConfirmation": True,
        "fulfillmentAutoApprove": True,
        "fulfillmentAllowUnpaid": True,
        "metadata": [],
        "privateMetadata": [],
    }


def _shop(_source: object, context: Context) -> dict[str, Any]:
    return shop_answer(context.shop)


def _channels(_source: object, context: Context) -> list[Channel]:
    if not context.is_staff_or_app:
        raise denied("AUTHENTICATED_APP", "AUTHENTICATED_STAFF_USER")
    return list(context.shop.channels.values())


def _channel(_source: object, context: Context, id_: str | None = None, slug: str | None = None) -> Channel | None:
    return context.shop.channels.get(id_) if id_ else context.shop.channel(slug)


def _tax_configuration(channel: Channel, context: Context) -> TaxConfiguration | None:
    if not context.is_staff_or_app:
        raise denied("AUTHENTICATED_APP", "AUTHENTICATED_STAFF_USER")
    return channel.tax_configuration


@needs("MANAGE_SHIPPING")
def _shipping_zones(
    _source: object,
    context: Context,
    channel: str | None = None,
    filter_: dict[str, Any] | None = None,
    **page: Any,
) -> Connection:
    given = filter_ or {}
    zones = [
        zone
        for zone in context.shop.shipping_zones.values()
        if (channel is None or any(each.slug == channel for each in zone.channels))
        and (not given.get("channels") or any(each.id in given["channels"] for each in zone.channels))
        and (given.get("search") or "").lower() in zone.name.lower()
    ]
    return connection("shippingZones", zones, by_name, **page)


@needs("MANAGE_PRODUCTS", "MANAGE_ORDERS", "MANAGE_SHIPPING")
def _warehouses(_source: object, context: Context, **page: Any) -> Connection:
    return connection("warehouses", context.shop.warehouses.values(), by_name, **page)


def _tax_classes(_source: object, context: Context, **page: Any) -> Connection:
    return connection("taxClasses", context.shop.tax_classes.values(), by_name, **page)


def _nothing(_source: object, _context: Context, **_arguments: Any) -> None:
    return None


FIELDS: dict[tuple[str, str], Resolver] = {
    ("Channel", "taxConfiguration"): _tax_configuration,
    ("Shop", "privateMetadata"): lambda _source, _context: [],
    ("Shop", "metafield"): _nothing,
    ("Shop", "metafields"): _nothing,
    ("Shop", "privateMetafield"): _nothing,
    ("Shop", "privateMetafields"): _nothing,
}
QUERIES: dict[str, Resolver] = {
    "shop": _shop,
    "channels": _channels,
    "channel": _channel,
    "shippingZones": _shipping_zones,
    "warehouses": _warehouses,
    "taxClasses": _tax_classes,
}

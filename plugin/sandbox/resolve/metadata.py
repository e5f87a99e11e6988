"""Saleor's two dictionaries on every object: who reads them, who writes them."""

from collections.abc import Callable
from typing import Any

from plugin.sandbox.access import Context, Resolver, denied, not_found, refusal, require
from plugin.sandbox.ids import read_global_id
from plugin.sandbox.records.apps import App
from plugin.sandbox.records.checkouts import Checkout
from plugin.sandbox.records.content import Attribute, Page, PageType
from plugin.sandbox.records.gift_cards import GiftCard
from plugin.sandbox.records.metadata import MetadataItem, WithMetadata
from plugin.sandbox.records.orders import Fulfillment, Order
from plugin.sandbox.records.people import User
from plugin.sandbox.records.places import Channel
from plugin.sandbox.records.promotions import Promotion
from plugin.sandbox.records.vouchers import Voucher
from plugin.sandbox.shop import Shop

_PERMISSIONS: dict[type, str] = {
    User: "MANAGE_USERS",
    Order: "MANAGE_ORDERS",
    Fulfillment: "MANAGE_ORDERS",
    Checkout: "MANAGE_CHECKOUTS",
    Voucher: "MANAGE_DISCOUNTS",
    Promotion: "MANAGE_DISCOUNTS",
    GiftCard: "MANAGE_GIFT_CARD",
    Page: "MANAGE_PAGES",
    PageType: "MANAGE_PAGE_TYPES_AND_ATTRIBUTES",
    Attribute: "MANAGE_PAGE_TYPES_AND_ATTRIBUTES",
    App: "MANAGE_APPS",
    Channel: "MANAGE_CHANNELS",
}
_EVENTS: dict[type, tuple[str, str]] = {
    User: ("CUSTOMER_METADATA_UPDATED", "user"),
    Order: ("ORDER_METADATA_UPDATED", "order"),
    Checkout: ("CHECKOUT_METADATA_UPDATED", "checkout"),
    Voucher: ("VOUCHER_METADATA_UPDATED", "voucher"),
}


def _find(shop: Shop, given: str) -> WithMetadata:
    places: dict[str, Any] = {
        "User": shop.users,
        "Order": shop.orders,
        "Fulfillment": shop.fulfillments,
        "Checkout": shop.checkouts,
        "Voucher": shop.vouchers,
        "GiftCard": shop.gift_cards,
        "Promotion": shop.promotions,
        "Page": shop.pages,
        "PageType": shop.page_types,
        "Attribute": shop.attributes,
        "App": shop.apps,
        "Channel": shop.channels,
    }
    found = places.get(read_global_id(given)[0], {}).get(given)
    if found is None:
        raise not_found()
    assert isinstance(found, WithMetadata)  # noqa: S101 - every place holds such records
    return found


def _require_write(context: Context, item: WithMetadata, private: bool) -> None:
    """Whoever knows a checkout's id writes its public metadata; a customer writes their own."""
    if item is context.app:
        return
    if not private and (isinstance(item, Checkout) or (item is context.user and context.user is not None)):
        return
    require(context, _PERMISSIONS[type(item)])


def _changed(context: Context, item: WithMetadata) -> None:
    if hasattr(item, "updated_at"):
        item.updated_at = context.shop.now()
    event = _EVENTS.get(type(item))
    if event is not None:
        context.shop.emit(event[0], context.principal, **{event[1]: item})


def _update(private: bool) -> Resolver:
    def resolve(_source: object, context: Context, id_: str, input_: list[dict[str, str]]) -> dict[str, Any]:
        item = _find(context.shop, id_)
        _require_write(context, item, private)
        if any(not entry["key"].strip() for entry in input_):
            raise refusal("input", "Metadata key cannot be empty.", "REQUIRED")
        target = item.private_meta if private else item.public_meta
        target.update({entry["key"]: entry["value"] for entry in input_})
        _changed(context, item)
        return {"item": item}

    return resolve


def _delete(private: bool) -> Resolver:
    def resolve(_source: object, context: Context, id_: str, keys: list[str]) -> dict[str, Any]:
        item = _find(context.shop, id_)
        _require_write(context, item, private)
        target = item.private_meta if private else item.public_meta
        for key in keys:
            target.pop(key, None)
        _changed(context, item)
        return {"item": item}

    return resolve


def _private(item: WithMetadata, context: Context) -> dict[str, str]:
    permission = _PERMISSIONS.get(type(item))
    if item is not context.app and not (permission and permission in context.permissions):
        raise denied(*([permission] if permission else []))
    return item.private_meta


def _private_items(item: WithMetadata, context: Context) -> list[MetadataItem]:
    return [MetadataItem(*entry) for entry in _private(item, context).items()]


def _field(read: Callable[[WithMetadata, Context], dict[str, str]]) -> Resolver:
    return lambda item, context, key: read(item, context).get(key)


def _fields(read: Callable[[WithMetadata, Context], dict[str, str]]) -> Resolver:
    def resolve(item: WithMetadata, context: Context, keys: list[str] | None = None) -> dict[str, str]:
        return {key: value for key, value in read(item, context).items() if keys is None or key in keys}

    return resolve


def _public(item: WithMetadata, _context: Context) -> dict[str, str]:
    return item.public_meta


FIELDS: dict[tuple[str, str], Resolver] = {
    ("ObjectWithMetadata", "metafield"): _field(_public),
    ("ObjectWithMetadata", "metafields"): _fields(_public),
    ("ObjectWithMetadata", "privateMetadata"): _private_items,
    ("ObjectWithMetadata", "privateMetafield"): _field(_private),
    ("ObjectWithMetadata", "privateMetafields"): _fields(_private),
}

MUTATIONS: dict[str, Resolver] = {
    "updateMetadata": _update(private=False),
    "deleteMetadata": _delete(private=False),
    "updatePrivateMetadata": _update(private=True),
    "deletePrivateMetadata": _delete(private=True),
}

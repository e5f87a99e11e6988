"""Saleor's events: the type of each payload and the permission that an app needs to receive it."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from plugin.sandbox.records.apps import App
from plugin.sandbox.records.people import User

_ORDERS = (
    "ORDER_CREATED ORDER_CONFIRMED ORDER_PAID ORDER_FULLY_PAID ORDER_UPDATED ORDER_METADATA_UPDATED ORDER_CANCELLED"
    " ORDER_REFUNDED ORDER_FULLY_REFUNDED ORDER_EXPIRED ORDER_BULK_CREATED ORDER_FULFILLED FULFILLMENT_CREATED"
    " FULFILLMENT_CANCELED FULFILLMENT_TRACKING_NUMBER_UPDATED"
)
_USERS = (
    "CUSTOMER_CREATED CUSTOMER_UPDATED CUSTOMER_DELETED CUSTOMER_METADATA_UPDATED ACCOUNT_CONFIRMED ACCOUNT_DELETED"
    " ACCOUNT_EMAIL_CHANGED"
)
_CHECKOUTS = "CHECKOUT_CREATED CHECKOUT_UPDATED CHECKOUT_METADATA_UPDATED"
_DISCOUNTS = (
    "VOUCHER_CREATED VOUCHER_UPDATED VOUCHER_DELETED VOUCHER_METADATA_UPDATED VOUCHER_CODES_CREATED"
    " VOUCHER_CODES_DELETED"
)
_GIFT_CARDS = "GIFT_CARD_CREATED GIFT_CARD_UPDATED GIFT_CARD_DELETED GIFT_CARD_STATUS_CHANGED"
_APPS = "APP_INSTALLED APP_UPDATED APP_STATUS_CHANGED APP_DELETED"

#: event → permission, for asynchronous events
ASYNC_PERMISSIONS: dict[str, str] = {
    **dict.fromkeys(_ORDERS.split(), "MANAGE_ORDERS"),
    **dict.fromkeys(_USERS.split(), "MANAGE_USERS"),
    **dict.fromkeys(_CHECKOUTS.split(), "MANAGE_CHECKOUTS"),
    **dict.fromkeys(_DISCOUNTS.split(), "MANAGE_DISCOUNTS"),
    **dict.fromkeys(_GIFT_CARDS.split(), "MANAGE_GIFT_CARD"),
    **dict.fromkeys(_APPS.split(), "MANAGE_APPS"),
    **dict.fromkeys(("PRODUCT_VARIANT_BACK_IN_STOCK", "PRODUCT_VARIANT_OUT_OF_STOCK"), "MANAGE_PRODUCTS"),
}
SYNC_PERMISSIONS: dict[str, str] = {"SHIPPING_LIST_METHODS_FOR_CHECKOUT": "MANAGE_SHIPPING"}


def payload_type(event: str) -> str:
    """The GraphQL type of an event: ORDER_CREATED → OrderCreated."""
    return "".join(word.capitalize() for word in event.split("_"))


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    issued_at: dt.datetime
    principal: App | User | None
    #: the payload type's own fields, by their GraphQL names
    body: dict[str, Any]

    def root(self, recipient: App, version: str) -> dict[str, Any]:
        return {
            "__typename": payload_type(self.name),
            "issuedAt": self.issued_at,
            "version": version,
            "issuingPrincipal": self.principal,
            "recipient": recipient,
            **self.body,
        }

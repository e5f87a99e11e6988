"""SHIPPING_LIST_METHODS_FOR_CHECKOUT: apps are asked while the shopper waits."""

import base64
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from graphql import FieldNode, Visitor, parse, visit

from plugin.sandbox.delivery import render_body, signed_headers
from plugin.sandbox.events import SYNC_PERMISSIONS, Event
from plugin.sandbox.records.apps import App, Webhook
from plugin.sandbox.records.checkouts import Checkout, ShippingMethod
from plugin.sandbox.records.money import Money
from plugin.sandbox.render import Render
from plugin.sandbox.shop import Shop
from plugin.sandbox.wire import NoAnswer, Wire

EVENT = "SHIPPING_LIST_METHODS_FOR_CHECKOUT"
#: Prices that need the shipping methods, which are just being asked for: Saleor refuses them.
CIRCULAR = frozenset({"subtotalPrice", "totalPrice", "shippingPrice", "unitPrice"})


@cache
def asks_in_circles(query: str) -> str | None:
    """The first such price in the query."""
    found: list[str] = []

    class Look(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            if node.name.value in CIRCULAR:
                found.append(node.name.value)

    visit(parse(query), Look())
    return found[0] if found else None


def _refused(field: str) -> bytes:
    """What an app is sent then: no checkout, and why."""
    said = f"Resolving this field is not allowed in synchronous events: {field}."
    exception = {"exception": {"code": "CircularSubscriptionSyncEvent"}}
    return json.dumps({"checkout": None, "errors": [{"message": said, "extensions": exception}]}).encode()


def _method(app: App, checkout: Checkout, given: Any) -> ShippingMethod | None:
    """One method of an answer; None for what Saleor would silently leave out."""
    if not isinstance(given, dict) or not given.get("id") or not given.get("name"):
        return None
    if given.get("currency") != checkout.channel.currency_code:
        return None
    try:
        amount = Decimal(str(given.get("amount")))
    except InvalidOperation:
        return None
    if not amount.is_finite() or amount < 0:
        return None
    return ShippingMethod(
        id=base64.b64encode(f"app:{app.key}:{given['id']}".encode()).decode(),
        name=str(given["name"])[:100],
        price=Money(amount, checkout.channel.currency_code),
        description=given.get("description"),
        minimum_delivery_days=given.get("minimum_delivery_days"),
        maximum_delivery_days=given.get("maximum_delivery_days"),
        public_meta={str(k): str(v) for k, v in (given.get("metadata") or {}).items()},
    )


class ShippingWebhooks:
    """One attempt a webhook; whatever goes wrong only leaves that app's methods out."""

    def __init__(self, shop: Shop, render_of: Callable[[Webhook], Render], wire: Callable[[], Wire]) -> None:
        self._shop, self._render_of, self._new_wire = shop, render_of, wire
        self.asked = 0

    async def ask(self, checkout: Checkout) -> list[ShippingMethod]:
        found = []
        for app in list(self._shop.apps.values()):
            if not app.is_active or SYNC_PERMISSIONS[EVENT] not in app.codes:
                continue
            for webhook in app.webhooks:
                if webhook.is_active and EVENT in webhook.synchronous:
                    found += await self._ask_one(webhook, checkout)
        return found

    async def _ask_one(self, webhook: Webhook, checkout: Checkout) -> list[ShippingMethod]:
        shop, app, wire = self._shop, webhook.app, self._new_wire()
        own = [delivery.shipping_method for delivery in checkout.deliveries]
        event = Event(EVENT, shop.now(), checkout.user, {"checkout": checkout, "shippingMethods": own})
        circle = asks_in_circles(webhook.subscription_query)
        body = _refused(circle) if circle else render_body(shop, self._render_of(webhook), event, app)
        self.asked += 1
        try:
            answer = await wire.send(
                "POST", webhook.target_url, signed_headers(shop, EVENT, body, webhook.headers), body
            )
            said = json.loads(answer.body) if answer.status == 200 else None
        except (NoAnswer, ValueError):
            said = None
        finally:
            wire.close()
        methods = [_method(app, checkout, each) for each in said] if isinstance(said, list) else []
        return [method for method in methods if method is not None]

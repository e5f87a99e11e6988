"""How a checkout can be shipped: the shop's own methods and those that apps answer."""

import datetime as dt
from typing import Any

from plugin.sandbox.access import Context, Resolver, not_found, refusal
from plugin.sandbox.ids import fresh_id, read_global_id
from plugin.sandbox.pricing import undiscounted_subtotal
from plugin.sandbox.records.checkouts import Checkout, Delivery, ShippingMethod
from plugin.sandbox.resolve.checkouts import find_checkout, touched
from plugin.sandbox.shop import Shop

#: how long Saleor keeps an answer per checkout
KEPT_FOR = dt.timedelta(hours=24)


def _own_methods(shop: Shop, checkout: Checkout) -> list[ShippingMethod]:
    address, subtotal = checkout.shipping_address, undiscounted_subtotal(checkout)
    country = address.country_code if address else checkout.channel.country_code
    found = []
    for zone in shop.shipping_zones.values():
        if checkout.channel not in zone.channels or country not in zone.country_codes:
            continue
        for kind in zone.shipping_methods:
            listing = kind.listing(checkout.channel)
            if listing is None or (listing.minimum_amount is not None and subtotal < listing.minimum_amount):
                continue
            found.append(
                ShippingMethod(
                    id=kind.id.replace("ShippingMethodType", "ShippingMethod"),
                    name=kind.name,
                    price=listing.price,
                    minimum_order_price=listing.minimum_order_price,
                    minimum_delivery_days=kind.minimum_delivery_days,
                    maximum_delivery_days=kind.maximum_delivery_days,
                )
            )
    return found


async def calculate(shop: Shop, checkout: Checkout, *, refresh: bool) -> list[Delivery]:
    """Asked for again when stale or a day old, or when a storefront wishes so."""
    fresh = checkout.calculated_at is not None and shop.now() - checkout.calculated_at < KEPT_FOR
    if fresh and not refresh:
        return checkout.deliveries
    methods = _own_methods(shop, checkout) + await shop.ask_apps(checkout)
    known = {delivery.shipping_method.id: delivery.id for delivery in checkout.deliveries}
    checkout.deliveries = [Delivery(known.get(each.id) or fresh_id("CheckoutDelivery"), each) for each in methods]
    checkout.calculated_at = shop.now()
    if checkout.delivery is not None:
        chosen = checkout.delivery.shipping_method.id
        checkout.delivery = next((each for each in checkout.deliveries if each.shipping_method.id == chosen), None)
    return checkout.deliveries


async def _options_calculate(_source: object, context: Context, id_: str) -> dict[str, Any]:
    checkout = context.shop.checkouts.get(id_)
    if checkout is None:
        raise not_found()
    return {"deliveries": await calculate(context.shop, checkout, refresh=True)}


async def _method_update(
    _source: object, context: Context, id_: str | None = None, delivery_method_id: str | None = None
) -> dict[str, Any]:
    checkout = find_checkout(context.shop, id_)
    if delivery_method_id is None:
        checkout.delivery = None
        return touched(context, checkout)
    if not checkout.is_shipping_required:
        raise refusal("deliveryMethod", "This checkout does not require shipping.", "SHIPPING_NOT_REQUIRED")
    deliveries = await calculate(context.shop, checkout, refresh=False)
    chosen = next((d for d in deliveries if delivery_method_id in (d.id, d.shipping_method.id)), None)
    if chosen is None:
        known = read_global_id(delivery_method_id)[0] in {"ShippingMethod", "CheckoutDelivery", "app"}
        message = "This shipping method is not applicable." if known else "Couldn't resolve to a node."
        raise refusal("deliveryMethodId", message, "DELIVERY_METHOD_NOT_APPLICABLE" if known else "NOT_FOUND")
    checkout.delivery = chosen
    return touched(context, checkout)


async def _shipping_methods(checkout: Checkout, context: Context) -> list[ShippingMethod]:
    return [delivery.shipping_method for delivery in await calculate(context.shop, checkout, refresh=False)]


FIELDS: dict[tuple[str, str], Resolver] = {("Checkout", "shippingMethods"): _shipping_methods}
MUTATIONS: dict[str, Resolver] = {
    "deliveryOptionsCalculate": _options_calculate,
    "checkoutDeliveryMethodUpdate": _method_update,
}

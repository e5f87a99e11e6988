"""orderBulkCreate: orders of the past, one event for all of them."""

from decimal import Decimal
from typing import Any

from plugin.sandbox.access import Context, Refused, Resolver, needs, refusal
from plugin.sandbox.ids import fresh_id, read_global_id
from plugin.sandbox.records.catalogue import ProductVariant
from plugin.sandbox.records.money import ZERO, taxed
from plugin.sandbox.records.orders import Order, OrderLine
from plugin.sandbox.records.people import User
from plugin.sandbox.records.places import Channel
from plugin.sandbox.shop import Shop

MOST_ORDERS = 50


def _user(shop: Shop, given: dict[str, Any]) -> tuple[User | None, str]:
    named = [value for value in given.values() if value]
    if len(named) != 1:
        raise refusal("user", "One of [id, email, external_reference] arguments must be provided.", "TOO_MANY_IDENTIFIERS")  # fmt: skip
    if given.get("email"):
        return shop.users_by_email.get(given["email"].lower()), given["email"]
    reference = given.get("external_reference")
    found = shop.users.get(given.get("id") or "") or next(
        (user for user in shop.users.values() if reference and user.external_reference == reference), None
    )
    if found is None:
        raise refusal("user", "User instance not found.", "NOT_FOUND")
    return found, found.email


def _variant(shop: Shop, given: dict[str, Any]) -> ProductVariant:
    found = shop.variants.get(given.get("variant_id") or "") or shop.variants_by_sku.get(given.get("variant_sku") or "")
    if found is None:
        raise refusal("lines.variantId", "ProductVariant instance not found.", "NOT_FOUND")
    return found


def _line(shop: Shop, channel: Channel, given: dict[str, Any]) -> OrderLine:
    variant, quantity = _variant(shop, given), given["quantity"]
    if quantity < 1:
        raise refusal("lines.quantity", "Invalid quantity; must be integer greater then or equal to 1.", "INVALID_QUANTITY")  # fmt: skip
    if given["warehouse"] not in shop.warehouses:
        raise refusal("lines.warehouse", "Warehouse instance not found.", "NOT_FOUND")
    total = Decimal(given["total_price"]["gross"])
    return OrderLine(
        id=fresh_id("OrderLine"),
        variant=variant,
        product_name=given.get("product_name") or variant.product.name,
        variant_name=given.get("variant_name") or variant.name,
        product_sku=given.get("product_sku") or variant.sku,
        quantity=quantity,
        unit_price=taxed(total / quantity, channel.currency_code),
        total_price=taxed(total, channel.currency_code),
        is_shipping_required=given["is_shipping_required"],
    )


def _shipping(shop: Shop, given: dict[str, Any] | None) -> tuple[str | None, Decimal]:
    if given is None:
        return None, ZERO
    kinds = {m.id: m for zone in shop.shipping_zones.values() for m in zone.shipping_methods}
    named = given.get("shipping_method_id") or ""
    # Saleor takes an id of type ShippingMethod here; the type's own has the same key
    key = read_global_id(named)
    found = next((m for m in kinds.values() if key[0] == "ShippingMethod" and read_global_id(m.id)[1] == key[1]), None)
    if found is None:
        raise refusal("deliveryMethod.shippingMethodId", "ShippingMethod instance not found.", "NOT_FOUND")
    price = (given.get("shipping_price") or {}).get("gross") or ZERO
    return given.get("shipping_method_name") or found.name, Decimal(price)


def _order(shop: Shop, given: dict[str, Any]) -> Order:
    channel = shop.channel(given["channel"])
    if channel is None:
        raise refusal("channel", f"Channel instance with slug={given['channel']} doesn't exist.", "NOT_FOUND")
    if given["currency"] != channel.currency_code:
        raise refusal("currency", "Currency from input doesn't match channel's currency.", "INCORRECT_CURRENCY")
    if given["created_at"] > shop.now():
        raise refusal("createdAt", "Order input contains future date.", "FUTURE_DATE")
    user, email = _user(shop, given["user"])
    lines = [_line(shop, channel, entry) for entry in given["lines"]]
    method, shipping = _shipping(shop, given.get("delivery_method"))
    subtotal = sum((line.total_price.gross.amount for line in lines), ZERO)
    code = shop.codes.get(given.get("voucher_code") or "")
    total = taxed(subtotal + shipping, channel.currency_code)
    return shop.add_order(
        created=given["created_at"],
        updated_at=shop.now(),
        channel=channel,
        user=user,
        user_email=email,
        origin="BULK_CREATE",
        status=given.get("status") or "UNFULFILLED",
        lines=lines,
        total=total,
        undiscounted_total=total,
        subtotal=taxed(subtotal, channel.currency_code),
        shipping_price=taxed(shipping, channel.currency_code),
        shipping_method_name=method,
        billing_address=shop.address(given["billing_address"]),
        shipping_address=shop.address(given.get("shipping_address")),
        external_reference=given.get("external_reference"),
        customer_note=given.get("customer_note") or "",
        language_code_enum=given["language_code"],
        voucher=code.voucher if code else None,
        voucher_code=given.get("voucher_code"),
        public_meta={entry["key"]: entry["value"] for entry in given.get("metadata") or []},
        private_meta={entry["key"]: entry["value"] for entry in given.get("private_metadata") or []},
    )


def _one(shop: Shop, given: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"order": _order(shop, given), "errors": []}
    except Refused as refused:
        errors = [{"path": e["field"], "message": e["message"], "code": e["code"]} for e in refused.errors]
        return {"order": None, "errors": errors}


@needs("MANAGE_ORDERS_IMPORT")
def _bulk_create(
    _source: object,
    context: Context,
    orders: list[dict[str, Any]],
    error_policy: str | None = None,
    stock_update_policy: str | None = None,  # noqa: ARG001 - the sandbox keeps no stock
) -> dict[str, Any]:
    shop = context.shop
    if len(orders) > MOST_ORDERS:
        message = f"Number of orders exceeds limit: {MOST_ORDERS}."
        return {"count": 0, "results": [], "errors": [{"path": None, "message": message, "code": "BULK_LIMIT"}]}
    results = [_one(shop, given) for given in orders]
    errors = [error for result in results for error in result["errors"]]
    made = [result["order"] for result in results if result["order"] is not None]
    if errors and error_policy in (None, "REJECT_EVERYTHING"):
        for order in made:
            del shop.orders[order.id]
        return {"count": 0, "results": [{**result, "order": None} for result in results], "errors": errors}
    if made:
        shop.emit("ORDER_BULK_CREATED", context.principal, orders=made)
    return {"count": len(made), "results": results, "errors": errors}


MUTATIONS: dict[str, Resolver] = {"orderBulkCreate": _bulk_create}

"""From a checkout to an order."""

import datetime as dt
from decimal import Decimal
from typing import Any

from plugin.sandbox.access import Context, Refused, Resolver, refusal
from plugin.sandbox.ids import fresh_id
from plugin.sandbox.pricing import Prices, prices, undiscounted_subtotal, why_not
from plugin.sandbox.records.checkouts import Checkout
from plugin.sandbox.records.money import ZERO, Money, cents, taxed
from plugin.sandbox.records.orders import Order, OrderDiscount, OrderLine, OrderLineDiscount
from plugin.sandbox.resolve.checkout_fields import emails_that_used
from plugin.sandbox.resolve.checkouts import find_checkout


def _check(context: Context, checkout: Checkout) -> None:
    if not checkout.lines:
        raise refusal("lines", "Cannot complete checkout without lines.", "NO_LINES")
    if checkout.email is None:
        raise refusal("email", "Checkout email must be set.", "EMAIL_NOT_SET")
    if checkout.is_shipping_required and checkout.shipping_address is None:
        raise refusal("shippingAddress", "Shipping address is not set", "SHIPPING_ADDRESS_NOT_SET")
    if checkout.is_shipping_required and checkout.delivery is None:
        raise refusal("shippingMethod", "Shipping method is not set", "SHIPPING_METHOD_NOT_SET")
    if checkout.billing_address is None:
        raise refusal("billingAddress", "Billing address is not set", "BILLING_ADDRESS_NOT_SET")
    code = checkout.code
    if code is not None and why_not(code, checkout, context.shop.now(), emails_that_used(context.shop, code.voucher)):
        raise refusal("voucherCode", "Voucher not applicable", "VOUCHER_NOT_APPLICABLE")


def _order_lines(checkout: Checkout, found: Prices) -> list[OrderLine]:
    """An ENTIRE_ORDER discount is spread over the lines by their price, as Saleor does."""
    currency = checkout.channel.currency_code
    before = sum((price.total for price in found.lines.values()), ZERO)
    share = found.subtotal / before if before else ZERO
    lines = []
    for line in checkout.lines:
        price = found.lines[line.id]
        total = cents(price.total * share)
        unit = total / line.quantity
        lines.append(
            OrderLine(
                id=fresh_id("OrderLine"),
                product_name=line.variant.product.name,
                variant_name=line.variant.name,
                product_sku=line.variant.sku,
                variant=line.variant,
                quantity=line.quantity,
                unit_price=taxed(unit, currency),
                total_price=taxed(total, currency),
                unit_discount_amount=cents(price.undiscounted_unit - unit),
                voucher_code=checkout.code.code if checkout.code and price.discount else None,
                discounts=_line_discounts(checkout, price.discount, line.quantity),
                is_gift=line.is_gift,
                is_price_overridden=line.price_override is not None,
                is_shipping_required=line.requires_shipping,
                public_meta=dict(line.public_meta),
            )
        )
    return lines


def _line_discounts(checkout: Checkout, off: Decimal, quantity: int) -> list[OrderLineDiscount]:
    if checkout.code is None or not off:
        return []
    total, unit = (Money(cents(amount), checkout.channel.currency_code) for amount in (off, off / quantity))
    return [
        OrderLineDiscount(
            id=fresh_id("OrderLineDiscount"),
            name=checkout.code.voucher.name or checkout.code.code,
            total=total,
            unit=unit,
            value=unit.amount,
            reason=f"Voucher code: {checkout.code.code}",
        )
    ]


def _discounts(checkout: Checkout, found: Prices) -> list[OrderDiscount]:
    """What is off single lines is told there."""
    off = found.discount - sum((price.discount for price in found.lines.values()), ZERO)
    if checkout.code is None or not off:
        return []
    amount = Money(cents(off), checkout.channel.currency_code)
    name = checkout.code.voucher.name or checkout.code.code
    reason = f"Voucher code: {checkout.code.code}"
    return [OrderDiscount(id=fresh_id("OrderDiscount"), name=name, amount=amount, value=amount.amount, reason=reason)]


def _place(context: Context, checkout: Checkout) -> Order:
    shop, found, now = context.shop, prices(checkout), context.shop.now()
    currency, code = checkout.channel.currency_code, checkout.code
    confirmed = checkout.channel.order_settings.automatically_confirm_all_new_orders
    order = shop.add_order(
        created=now,
        updated_at=now,
        channel=checkout.channel,
        user=checkout.user,
        user_email=checkout.email or "",
        status="UNFULFILLED" if confirmed else "UNCONFIRMED",
        lines=_order_lines(checkout, found),
        total=taxed(found.total, currency),
        subtotal=taxed(found.subtotal, currency),
        shipping_price=taxed(found.shipping, currency),
        undiscounted_total=taxed(undiscounted_subtotal(checkout) + found.undiscounted_shipping, currency),
        discounts=_discounts(checkout, found),
        shipping_address=checkout.shipping_address,
        billing_address=checkout.billing_address,
        shipping_method_name=checkout.delivery.shipping_method.name if checkout.delivery else None,
        voucher=code.voucher if code else None,
        voucher_code=code.code if code else None,
        gift_cards=list(checkout.gift_cards),
        language_code_enum=checkout.language_code,
        checkout_id=checkout.id,
        public_meta=dict(checkout.public_meta),
        private_meta=dict(checkout.private_meta),
    )
    _spend(checkout, found.credit, now)
    if code is not None:
        code.used += 1
        code.is_active = code.is_active and not code.voucher.single_use
    del shop.checkouts[checkout.id]
    shop.emit("ORDER_CREATED", context.principal, order=order)
    if confirmed:
        shop.emit("ORDER_CONFIRMED", context.principal, order=order)
    return order


def _spend(checkout: Checkout, credit: Decimal, now: dt.datetime) -> None:
    """Gift cards pay in the order in which they were entered."""
    for card in checkout.gift_cards:
        paid = min(card.left, credit)
        card.left, credit, card.last_used_on = card.left - paid, credit - paid, now


def _complete(
    _source: object,
    context: Context,
    id_: str | None = None,
    metadata: list[dict[str, str]] | None = None,
    **_unused: Any,
) -> dict[str, Any]:
    shop = context.shop
    done = next((order for order in reversed(shop.orders.values()) if id_ and order.checkout_id == id_), None)
    if done is not None and id_ not in shop.checkouts:
        return {"order": done, "confirmationNeeded": False}
    checkout = find_checkout(shop, id_)
    _check(context, checkout)
    if not checkout.channel.order_settings.allow_unpaid_orders and prices(checkout).total:
        raise Refused(
            {"field": None, "message": "Provided payment methods can not cover the checkout's total amount", "code": "CHECKOUT_NOT_FULLY_PAID"}
        )  # fmt: skip
    checkout.public_meta.update({item["key"]: item["value"] for item in metadata or []})
    return {"order": _place(context, checkout), "confirmationNeeded": False}


MUTATIONS: dict[str, Resolver] = {"checkoutComplete": _complete}

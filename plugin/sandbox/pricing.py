"""What a checkout costs, and when a voucher applies to it."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from plugin.sandbox.records.checkouts import Checkout, CheckoutLine
from plugin.sandbox.records.money import ZERO, cents
from plugin.sandbox.records.vouchers import Voucher, VoucherChannelListing, VoucherCode


@dataclass(frozen=True, slots=True)
class LinePrice:
    undiscounted_unit: Decimal
    #: what the voucher takes off the whole line
    discount: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class Prices:
    lines: dict[str, LinePrice]
    subtotal: Decimal
    shipping: Decimal
    undiscounted_shipping: Decimal
    discount: Decimal
    #: What gift cards pay of it.
    credit: Decimal
    total: Decimal


def unit_price(checkout: Checkout, line: CheckoutLine) -> Decimal:
    if line.is_gift:
        return ZERO
    if line.price_override is not None:
        return line.price_override
    return line.variant.prices.get(checkout.channel.slug, ZERO)


def undiscounted_subtotal(checkout: Checkout) -> Decimal:
    return sum((unit_price(checkout, line) * line.quantity for line in checkout.lines), ZERO)


def _takes_off(voucher: Voucher, listing: VoucherChannelListing, amount: Decimal) -> Decimal:
    if voucher.discount_value_type == "PERCENTAGE":
        return cents(amount * listing.amount / 100)
    return min(listing.amount, amount)


def _covers(voucher: Voucher, line: CheckoutLine) -> bool:
    product = line.variant.product
    return (
        product in voucher.own_products
        or line.variant in voucher.own_variants
        or (product.category is not None and product.category in voucher.own_categories)
        or any(collection in voucher.own_collections for collection in product.collections)
    )


def _line_discounts(checkout: Checkout, voucher: Voucher, listing: VoucherChannelListing) -> dict[str, Decimal]:
    """SPECIFIC_PRODUCT vouchers, and those that apply once per order, discount lines and not the whole."""
    lines = [line for line in checkout.lines if voucher.type != "SPECIFIC_PRODUCT" or _covers(voucher, line)]
    if voucher.apply_once_per_order and lines:
        cheapest = min(lines, key=lambda line: unit_price(checkout, line))
        return {cheapest.id: _takes_off(voucher, listing, unit_price(checkout, cheapest))}
    return {line.id: cents(_takes_off(voucher, listing, unit_price(checkout, line)) * line.quantity) for line in lines}


def prices(checkout: Checkout) -> Prices:
    undiscounted = undiscounted_subtotal(checkout)
    base_shipping = checkout.delivery.shipping_method.price.amount if checkout.delivery else ZERO
    off_lines: dict[str, Decimal] = {}
    off_order = off_shipping = ZERO
    listing = checkout.code.voucher.listing(checkout.channel) if checkout.code else None
    if checkout.code is not None and listing is not None:
        voucher = checkout.code.voucher
        if voucher.type == "SHIPPING":
            off_shipping = _takes_off(voucher, listing, base_shipping)
        elif voucher.type == "SPECIFIC_PRODUCT" or voucher.apply_once_per_order:
            off_lines = _line_discounts(checkout, voucher, listing)
        else:
            off_order = _takes_off(voucher, listing, undiscounted)
    lines = {}
    for line in checkout.lines:
        unit = unit_price(checkout, line)
        off = off_lines.get(line.id, ZERO)
        lines[line.id] = LinePrice(unit, off, unit * line.quantity - off)
    subtotal = sum((price.total for price in lines.values()), ZERO) - off_order
    shipping = base_shipping - off_shipping
    discount = off_order + off_shipping + sum(off_lines.values(), ZERO)
    credit = min(sum((card.left for card in checkout.gift_cards), ZERO), subtotal + shipping)
    return Prices(lines, subtotal, shipping, base_shipping, discount, credit, subtotal + shipping - credit)


def why_not(code: VoucherCode, checkout: Checkout, now: dt.datetime, emails_used: set[str]) -> str | None:
    """The reason for which Saleor refuses this code for this checkout; None where it applies."""
    voucher = code.voucher
    listing = voucher.listing(checkout.channel)
    if not code.is_active or voucher.start_date > now or (voucher.end_date is not None and voucher.end_date < now):
        return "Promo code is invalid"
    if voucher.usage_limit is not None and voucher.used >= voucher.usage_limit:
        return "Promo code is invalid"
    if listing is None:
        return "This offer is not available in this channel."
    subtotal = undiscounted_subtotal(checkout)
    if listing.minimum is not None and subtotal < listing.minimum:
        return f"This offer is only valid for orders over {listing.minimum} {listing.currency}."
    if voucher.min_checkout_items_quantity and checkout.quantity < voucher.min_checkout_items_quantity:
        return f"This offer is only valid for orders with a minimum of {voucher.min_checkout_items_quantity} items."
    if voucher.apply_once_per_customer and (checkout.email or "").lower() in emails_used:
        return "This offer is valid only once per customer."
    if voucher.only_for_staff and not (checkout.user and checkout.user.is_staff):
        return "This offer is valid only for staff customers."
    return _why_not_shipped(voucher, checkout)


def _why_not_shipped(voucher: Voucher, checkout: Checkout) -> str | None:
    if voucher.type == "SPECIFIC_PRODUCT" and not any(_covers(voucher, line) for line in checkout.lines):
        return "This offer is only valid for selected items."
    if voucher.type != "SHIPPING":
        return None
    if not checkout.is_shipping_required:
        return "Your order does not require shipping."
    if checkout.delivery is None:
        return "Please select a delivery method first."
    country = checkout.shipping_address.country_code if checkout.shipping_address else None
    if voucher.country_codes and country not in voucher.country_codes:
        return "This offer is not valid in your country."
    return None

"""What a checkout shows of its prices."""

from collections.abc import Callable
from decimal import Decimal

from plugin.sandbox.access import Context, Resolver
from plugin.sandbox.pricing import Prices, prices
from plugin.sandbox.records.catalogue import ProductVariant
from plugin.sandbox.records.checkouts import Checkout, CheckoutLine, ShippingMethod
from plugin.sandbox.records.money import ZERO, Money, TaxedMoney, taxed
from plugin.sandbox.records.vouchers import Voucher
from plugin.sandbox.resolve.catalogue import in_channel
from plugin.sandbox.shop import Shop


def emails_that_used(shop: Shop, voucher: Voucher) -> set[str]:
    if not voucher.apply_once_per_customer:
        return set()
    return {order.user_email.lower() for order in shop.orders.values() if order.voucher is voucher}


def _taxed(read: Callable[[Prices], Decimal]) -> Resolver:
    def resolve(checkout: Checkout, _context: Context) -> TaxedMoney:
        return taxed(read(prices(checkout)), checkout.channel.currency_code)

    return resolve


def _discount(checkout: Checkout, _context: Context) -> Money:
    return taxed(prices(checkout).discount, checkout.channel.currency_code).gross


def _method(checkout: Checkout, _context: Context) -> ShippingMethod | None:
    return checkout.delivery.shipping_method if checkout.delivery else None


def _voucher(checkout: Checkout, _context: Context) -> Voucher | None:
    return checkout.code.voucher if checkout.code else None


def _voucher_code(checkout: Checkout, _context: Context) -> str | None:
    return checkout.code.code if checkout.code else None


def _line_variant(line: CheckoutLine, _context: Context) -> ProductVariant:
    return in_channel(line.variant, line.checkout.channel.slug)


def _line(read: Callable[[CheckoutLine, Prices], Decimal]) -> Resolver:
    def resolve(line: CheckoutLine, _context: Context) -> TaxedMoney:
        checkout = line.checkout
        return taxed(read(line, prices(checkout)), checkout.channel.currency_code)

    return resolve


def _line_money(read: Callable[[CheckoutLine, Prices], Decimal]) -> Resolver:
    in_full = _line(read)
    return lambda line, context: in_full(line, context).gross


def _unit(line: CheckoutLine, found: Prices) -> Decimal:
    return found.lines[line.id].total / line.quantity if line.quantity else ZERO


def _undiscounted_unit(line: CheckoutLine, found: Prices) -> Decimal:
    return found.lines[line.id].undiscounted_unit


FIELDS: dict[tuple[str, str], Resolver] = {
    ("Checkout", "subtotalPrice"): _taxed(lambda found: found.subtotal),
    ("Checkout", "totalPrice"): _taxed(lambda found: found.total),
    ("Checkout", "shippingPrice"): _taxed(lambda found: found.shipping),
    ("Checkout", "totalBalance"): lambda c, _: taxed(-prices(c).total, c.channel.currency_code).gross,
    ("Checkout", "discount"): _discount,
    ("Checkout", "discountName"): lambda checkout, _: checkout.code.voucher.name if checkout.code else None,
    ("Checkout", "voucher"): _voucher,
    ("Checkout", "voucherCode"): _voucher_code,
    ("Checkout", "shippingMethod"): _method,
    ("Checkout", "deliveryMethod"): _method,
    ("Checkout", "displayGrossPrices"): lambda _checkout, _context: True,
    ("Checkout", "authorizeStatus"): lambda _checkout, _context: "NONE",
    ("Checkout", "chargeStatus"): lambda _checkout, _context: "NONE",
    ("CheckoutLine", "variant"): _line_variant,
    ("CheckoutLine", "unitPrice"): _line(_unit),
    ("CheckoutLine", "undiscountedUnitPrice"): _line_money(_undiscounted_unit),
    ("CheckoutLine", "totalPrice"): _line(lambda line, found: found.lines[line.id].total),
    ("CheckoutLine", "undiscountedTotalPrice"): _line_money(
        lambda line, found: _undiscounted_unit(line, found) * line.quantity
    ),
}

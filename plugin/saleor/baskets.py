"""What a checkout's basket comes to, where Saleor does not say it.

A sync webhook may not ask for a checkout's prices: Saleor would have to ask its tax app for them while
it asks us. So the sum is made from what may be asked for: prices as they were entered, what the
catalogue takes off, and what a voucher or an order promotion takes off. It equalled `subtotalPrice` on a
real server with a catalogue promotion and with vouchers for the order, for one item of it and for a product.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from plugin.domain.free_shipping import Excluded

NOTHING = Decimal(0)
#: A voucher of this type takes nothing off the basket.
SHIPPING = "SHIPPING"
#: One of this type takes it off some lines alone.
SPECIFIC = "SPECIFIC_PRODUCT"
NONE_EXCLUDED = Excluded()


@dataclass(frozen=True, slots=True)
class BasketLine:
    """Before what a voucher or an order promotion takes off; lines add up."""

    #: As prices are entered.
    entered: Decimal = NOTHING
    net: Decimal = NOTHING
    gross: Decimal = NOTHING

    def __add__(self, other: "BasketLine") -> "BasketLine":
        return BasketLine(self.entered + other.entered, self.net + other.net, self.gross + other.gross)


@dataclass(frozen=True, slots=True)
class BasketTotal:
    """After all discounts, without shipping."""

    net: Decimal
    gross: Decimal


def basket_total(checkout: Mapping[str, Any], excluded: Excluded = NONE_EXCLUDED) -> BasketTotal:
    """`checkout` as `shipping_list_methods_for_checkout.graphql` asks for it, its amounts as Decimals.

    Net and gross differ by the flat rates of the channel; the rates of a tax app are not known here, and
    with one both are the price as entered. What is excluded is left out of the sum, with its share of the
    discounts. Raises what reading a wrong shape raises.
    """
    entered_with = "gross" if checkout["channel"]["taxConfiguration"]["pricesEnteredWithTax"] else "net"
    entered, counted = BasketLine(), BasketLine()
    for line in checkout["lines"]:
        if line["isGift"]:
            continue
        each = _read_line(line, entered_with)
        entered += each
        if not (excluded and _is_excluded(line["variant"].get("product"), excluded)):
            counted += each
    left = _left(checkout, entered.entered, counted.entered)
    return BasketTotal(counted.net * left, counted.gross * left)


def _read_line(line: Mapping[str, Any], entered_with: str) -> BasketLine:
    total, prices = line["undiscountedTotalPrice"]["amount"], line["variant"]["pricing"]
    price = prices["price"] if prices else None
    if price is None:
        return BasketLine(total, total, total)
    off = prices["priceUndiscounted"][entered_with]["amount"] - price[entered_with]["amount"]
    total = max(total - line["quantity"] * off, NOTHING)
    return BasketLine(total, *(_taxed(total, price, entered_with, kind) for kind in ("net", "gross")))


def _is_excluded(product: Mapping[str, Any] | None, excluded: Excluded) -> bool:
    """A product that is not told, by a webhook older than this app, earns nothing."""
    if product is None:
        return True
    collections = {name for one in product["collections"] or () for name in _names(one)}
    return not (
        excluded.products.isdisjoint(_names(product))
        and excluded.product_types.isdisjoint(_names(product["productType"]))
        and excluded.collections.isdisjoint(collections)
    )


def _names(node: Mapping[str, Any]) -> set[str]:
    return {node["id"], node["slug"]}


def _taxed(total: Decimal, price: Mapping[str, Any], entered_with: str, kind: str) -> Decimal:
    base: Decimal = price[entered_with]["amount"]
    amount: Decimal = price[kind]["amount"]
    return total * amount / base if base else total


def _left(checkout: Mapping[str, Any], entered: Decimal, counted: Decimal) -> Decimal:
    """The share of what counts that a voucher or an order promotion leaves to pay.

    A discount of some lines alone may be of those that count: then it is taken off them, so that a basket
    never earns more than it may.
    """
    voucher = checkout["voucher"] or {}
    if checkout["discount"] is None or voucher.get("type") == SHIPPING or not counted:
        return Decimal(1)
    of_some = voucher.get("type") == SPECIFIC or voucher.get("applyOncePerOrder")
    whole = counted if of_some else entered
    off: Decimal = checkout["discount"]["amount"]
    return max(whole - off, NOTHING) / whole

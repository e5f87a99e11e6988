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

NOTHING = Decimal(0)
#: A voucher of this type takes nothing off the basket.
SHIPPING = "SHIPPING"


@dataclass(frozen=True, slots=True)
class BasketTotal:
    """After all discounts, without shipping."""

    net: Decimal
    gross: Decimal


def basket_total(checkout: Mapping[str, Any]) -> BasketTotal:
    """`checkout` as `shipping_list_methods_for_checkout.graphql` asks for it, its amounts as Decimals.

    Net and gross differ by the flat rates of the channel; the rates of a tax app are not known here, and
    with one both are the price as entered. Raises what reading a wrong shape raises.
    """
    entered_with = "gross" if checkout["channel"]["taxConfiguration"]["pricesEnteredWithTax"] else "net"
    entered = net = gross = NOTHING
    for line in checkout["lines"]:
        if line["isGift"]:
            continue
        total, prices = line["undiscountedTotalPrice"]["amount"], line["variant"]["pricing"]
        price = prices["price"] if prices else None
        if price is None:
            each = (total, total, total)
        else:
            off = prices["priceUndiscounted"][entered_with]["amount"] - price[entered_with]["amount"]
            total = max(total - line["quantity"] * off, NOTHING)
            each = (total, *(_taxed(total, price, entered_with, kind) for kind in ("net", "gross")))
        entered, net, gross = entered + each[0], net + each[1], gross + each[2]
    left = _left(checkout, entered)
    return BasketTotal(net * left, gross * left)


def _taxed(total: Decimal, price: Mapping[str, Any], entered_with: str, kind: str) -> Decimal:
    base: Decimal = price[entered_with]["amount"]
    amount: Decimal = price[kind]["amount"]
    return total * amount / base if base else total


def _left(checkout: Mapping[str, Any], entered: Decimal) -> Decimal:
    """The share of the basket that a voucher or an order promotion leaves to pay."""
    if checkout["discount"] is None or (checkout["voucher"] or {}).get("type") == SHIPPING or not entered:
        return Decimal(1)
    off: Decimal = checkout["discount"]["amount"]
    return max(entered - off, NOTHING) / entered

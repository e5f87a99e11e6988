"""What a basket comes to: the sums that a real Saleor named for the same checkouts."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from plugin.saleor.baskets import BasketTotal, basket_total

RECORDED = Path(__file__).parents[1] / "payloads" / "shipping_list_methods_for_checkout.json"


def recorded(**changes: Any) -> dict[str, Any]:
    """Two shirts of 20, and three juices of 1.99 that the catalogue sells at 0.99."""
    told = json.loads(RECORDED.read_text("utf-8"), parse_float=Decimal)["checkout"]
    return {**told, **changes}


def price(net: str, gross: str) -> dict[str, dict[str, Decimal]]:
    return {"net": {"amount": Decimal(net)}, "gross": {"amount": Decimal(gross)}}


def line(total: str, quantity: int = 1, *, now: Any = None, before: Any = None, gift: bool = False) -> dict[str, Any]:
    pricing = None if now is None else {"price": now, "priceUndiscounted": before or now}
    return {
        "quantity": quantity,
        "isGift": gift,
        "undiscountedTotalPrice": {"amount": Decimal(total), "currency": "USD"},
        "variant": {"pricing": pricing},
    }


def off(amount: str, kind: str | None) -> dict[str, Any]:
    return {"discount": {"amount": Decimal(amount)}, "voucher": {"type": kind} if kind else None}


def total(**changes: Any) -> tuple[Decimal, Decimal]:
    found = basket_total(recorded(**changes))
    return found.net.quantize(Decimal("0.01")), found.gross.quantize(Decimal("0.01"))


@pytest.mark.parametrize(
    ("changes", "subtotal"),
    [
        ({}, "42.97"),
        (off("4.60", "ENTIRE_ORDER"), "38.37"),
        (off("0.10", "ENTIRE_ORDER"), "42.87"),  # once an order: the cheapest item
        (off("4.00", "SPECIFIC_PRODUCT"), "38.97"),
    ],
)
def test_the_sum_is_the_one_that_saleor_names(changes: dict[str, Any], subtotal: str) -> None:
    assert total(**changes) == (Decimal(subtotal), Decimal(subtotal))


@pytest.mark.parametrize(
    ("changes", "subtotal"),
    [
        (off("5.00", "SHIPPING"), "42.97"),
        (off("5.00", None), "37.97"),  # an order promotion
        ({"discount": None, "voucher": None}, "42.97"),
        (off("100.00", "ENTIRE_ORDER"), "0.00"),
        ({"lines": []}, "0.00"),
        ({"lines": [line("10"), line("5", gift=True)]}, "10.00"),
        ({"lines": [line("10", 2, now=price("1", "1"), before=price("9", "9"))]}, "0.00"),  # never less than nothing
    ],
)
def test_what_counts_and_what_does_not(changes: dict[str, Any], subtotal: str) -> None:
    assert total(**changes) == (Decimal(subtotal), Decimal(subtotal))


@pytest.mark.parametrize(
    ("with_tax", "entered", "net", "gross"),
    [(False, "90", "90.00", "110.70"), (True, "110.70", "90.00", "110.70")],
)
def test_net_and_gross_follow_the_flat_rate(with_tax: bool, entered: str, net: str, gross: str) -> None:
    tax = {"slug": "pl", "currencyCode": "PLN", "taxConfiguration": {"pricesEnteredWithTax": with_tax}}
    lines = [line(entered, 3, now=price("30", "36.90"))]
    assert total(channel=tax, lines=lines) == (Decimal(net), Decimal(gross))


def test_a_price_of_nothing_divides_nothing() -> None:
    lines = [line("0", now=price("0", "0"))]
    assert basket_total(recorded(lines=lines)) == BasketTotal(Decimal(0), Decimal(0))

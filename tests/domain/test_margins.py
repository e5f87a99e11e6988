"""A customer's own margin, from what they bought and what it cost the shop."""

from decimal import Decimal

import pytest

from plugin.domain.margins import Sold, usual_margin


def sold(total: str, net: str | None = None, cost: str | None = None, quantity: int = 1) -> Sold:
    return Sold(Decimal(total), Decimal(net) if net else None, Decimal(cost) if cost else None, quantity)


@pytest.mark.parametrize(
    ("lines", "margin"),
    [
        ([], None),
        ([sold("20")], None),
        ([sold("20", "16", "6")], "0.5"),
        ([sold("20", "16", "3", 2)], "0.5"),
        ([sold("20", "16", "21")], "-0.25"),
        ([sold("20", "16")], None),
        ([sold("20", None, "6")], None),
        ([sold("20", "16", "6"), sold("20")], "0.5"),
        ([sold("20", "16", "6"), sold("20.01")], None),
        ([sold("20", "16", "6"), sold("60", "48", "28")], "0.375"),
        ([sold("0", "0", "6")], None),
    ],
)
def test_half_of_what_was_bought_must_have_a_cost(lines: list[Sold], margin: str | None) -> None:
    assert usual_margin(lines) == (margin and Decimal(margin))

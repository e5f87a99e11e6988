"""What is left of a price after tax and what the pieces cost, of what one customer buys."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

#: The last orders that a customer's margin is learnt from.
MARGIN_FROM = 20
#: Of what they bought, by its price, so much must have a cost price.
KNOWN_SHARE = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Sold:
    """A line of an order, in one currency."""

    #: Gross, and without tax.
    total: Decimal
    net: Decimal | None
    #: Of one piece.
    cost: Decimal | None
    quantity: int


def usual_margin(lines: Iterable[Sold]) -> Decimal | None:
    """A share of the gross price, below zero for who buys at a loss; None where too little of it has a cost price."""
    bought, known, left = Decimal(0), Decimal(0), Decimal(0)
    for line in lines:
        bought += line.total
        if line.net is not None and line.cost is not None:
            known += line.total
            left += line.net - line.cost * line.quantity
    return left / known if known > 0 and known >= bought * KNOWN_SHARE else None

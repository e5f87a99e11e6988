"""How sure a share is, and what a campaign has to bring in to pay for it."""

import math
from decimal import Decimal

from plugin.domain.customer import History

#: Standard deviations to either side that hold 95 %.
NINETY_FIVE_PERCENT = 1.959963984540054


def mean_order(history: History, currency: str) -> Decimal | None:
    """Gross less refunds; None for who never bought in this currency."""
    bought = history.bought.get(currency, 0)
    return max(Decimal(0), history.spent[currency]) / bought if bought else None


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927): it stays within 0 and 1 and holds for few, too. (0, 1) of none."""
    if not of:
        return 0.0, 1.0
    z2, share = NINETY_FIVE_PERCENT**2, hits / of
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    spread = NINETY_FIVE_PERCENT / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return max(0.0, middle - spread), min(1.0, middle + spread)


def break_even(anyway: float, cost: Decimal, order: Decimal, margin: float) -> float | None:
    """Orders an offer has to bring in beyond those that come anyway, so that margin pays for it; None if none can.

    The break-even sales change of a price cut (Nagle and Holden, The Strategy and Tactics of Pricing), a cut of
    `cost` on a contribution of `margin` times `order`: each order that would have come anyway loses `cost`, each one
    more brings `margin` times `order` - `cost`. So that many more, for each that comes anyway, make up for it:
    cost / (margin times order - cost). Everybody who comes is taken to use the offer.
    """
    brought = margin * float(order) - float(cost)
    return anyway * float(cost) / brought if brought > 0 else None

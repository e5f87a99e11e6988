"""A basket that was begun and not ordered, as tactics see it; and the way back to it that a message has in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from plugin.domain.money import Money

#: What stands for the checkout's id, and for what was in it, in the addresses that merchants write.
CHECKOUT, VARIANTS = "{checkout}", "{variants}"
#: Kept of one basket; a link holds no more.
MOST_VARIANTS = 50


@dataclass(frozen=True, slots=True)
class Basket:
    """A checkout of this customer; whose addresses are in it is not known here."""

    checkout_id: str
    channel: str
    currency: str
    #: Gross, after discounts.
    subtotal: Decimal
    #: What the delivery that was chosen costs; 0 as long as none is.
    shipping: Decimal
    #: Since when it has been as it is.
    changed_at: datetime
    #: Variant and pieces, as “id:2”.
    variants: tuple[str, ...] = ()
    #: What the customer is promised to ship free from, there; None where nothing is, or not all of the basket counts.
    free_from: Money | None = None

    @property
    def shipping_share(self) -> Decimal:
        """Of what the order would cost in all."""
        total = self.subtotal + self.shipping
        return self.shipping / total if total > 0 else Decimal(0)


@dataclass(frozen=True, slots=True)
class WayBack:
    """To the basket as long as the checkout is there; else to the storefront, with what was in it."""

    checkout_id: str
    #: Paths of the storefront or whole addresses, with `CHECKOUT` in the one and perhaps `VARIANTS` in the other.
    there: str
    gone: str
    variants: tuple[str, ...] = ()


def write_way(way: WayBack) -> dict[str, Any]:
    """As JSON values."""
    return {"checkout": way.checkout_id, "there": way.there, "gone": way.gone, "variants": list(way.variants)}


def read_way(said: Mapping[str, Any]) -> WayBack:
    """The inverse of `write_way`."""
    return WayBack(said["checkout"], said["there"], said["gone"], tuple(said["variants"]))


def newest(baskets: Sequence[Basket]) -> Basket | None:
    """Of several, the one that was changed last."""
    return max(baskets, key=lambda basket: (basket.changed_at, basket.checkout_id), default=None)

"""A sales channel of the shop, as far as offers and thresholds need it."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Channel:
    slug: str
    #: Saleor's id.
    channel_id: str
    currency: str
    active: bool
    #: Its prices are shown with tax.
    gross: bool
    #: The basket from which the channel's own rates ship free for everyone; None where none do.
    free_from: Decimal | None

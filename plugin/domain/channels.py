"""A channel of the shop, as far as offers and thresholds need it."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Channel:
    slug: str
    channel_id: str
    #: ISO 4217.
    currency: str
    active: bool
    #: Its prices are shown with tax.
    gross: bool
    #: The basket from which the channel's own zero-price rates ship free to everyone in its default
    #: country; zero for every basket, None where no rate does.
    free_from: Decimal | None

"""A channel of the shop, as far as offers and thresholds need it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    #: The same by country, of all countries that one of those rates ships to.
    free_in: Mapping[str, Decimal] = field(default_factory=dict)

    def free_to(self, country: str | None) -> Decimal | None:
        """Where it is not known where to, what holds in the default country."""
        return self.free_from if country is None else self.free_in.get(country)

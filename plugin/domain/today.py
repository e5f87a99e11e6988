"""What goes by the calendar and the shelf instead of by one customer: public gifts, and content that has an end."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from plugin.domain.offers import Offer


@dataclass(frozen=True, slots=True)
class Today:
    now: datetime
    #: The shop's.
    zone: tzinfo = UTC
    #: Products, as merchants name them, of which nothing is left.
    out_of_stock: frozenset[str] = frozenset()
    #: Campaigns whose budget does not pay for one more of what they give everybody.
    spent: frozenset[int] = frozenset()

    @property
    def day(self) -> date:
        return self.now.astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class PublicOffer:
    """What everybody is offered, for a while; None: as long as the campaign is on."""

    offer: Offer
    starts_at: datetime | None = None
    ends_at: datetime | None = None

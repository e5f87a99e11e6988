"""What is known of the parcel of an order: when it was to come, and what of it has left.

Saleor is told when a parcel leaves and never when it arrives; so a parcel that left is taken to be on its way,
and one that should have arrived and has not even left is late for sure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from plugin.domain.ledger import CANCELLED, NOT_SENT, SENT

#: Parcels of orders placed longer ago are nobody's concern any more.
PARCEL_DAYS = 90


@dataclass(frozen=True, slots=True)
class Part:
    """One fulfilment of an order, as it was told last."""

    status: str
    created_at: datetime
    #: Since when that is known.
    told_at: datetime
    #: The carrier can be asked about it.
    tracked: bool = False

    def left_by(self, as_of: datetime) -> bool:
        """What was taken back later had left before."""
        if self.created_at > as_of:
            return False
        return self.status == SENT or (self.status == CANCELLED and self.told_at > as_of)

    def back_by(self, as_of: datetime) -> bool:
        return self.status == CANCELLED and self.told_at <= as_of


@dataclass(frozen=True, slots=True)
class Shipment:
    """The newest version of what an order says of its delivery."""

    status: str
    #: Days in which it is to arrive at the latest, as its delivery method says; None where the merchant said none.
    promised_days: int | None = None
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True)
class Parcel:
    """An order of the customer's that is to be shipped, at one moment."""

    order_id: str
    number: str
    placed_at: datetime
    #: As of `Shipment`.
    promised_days: int | None = None
    #: Something of it has not left.
    waiting: bool = True
    #: When the first part of it left; None where none has.
    left_at: datetime | None = None
    #: Every part that left has a tracking number.
    tracked: bool = True
    #: When a part of it was taken back last; None where none was.
    back_at: datetime | None = None
    #: Money of it went back.
    refunded: bool = False

    def late_from(self, days: float, grace: timedelta) -> datetime:
        """When it was to be there, with some grace; what was taken back has that grace again."""
        due = self.placed_at + timedelta(days=days)
        return max(due, self.back_at or due) + grace


def parcel_of(
    order_id: str, number: str, placed_at: datetime, refunded: Decimal, shipment: Shipment, as_of: datetime
) -> Parcel:
    """As it was known at that moment. Of what left later nothing had been heard."""
    left = [part for part in shipment.parts if part.left_by(as_of)]
    later = any(part.status == SENT and part.created_at > as_of for part in shipment.parts)
    undone_later = any(part.status == CANCELLED for part in left)
    # An order can be cancelled only while nothing of it has left.
    not_sent = shipment.status in NOT_SENT or shipment.status == CANCELLED
    return Parcel(
        order_id,
        number,
        placed_at,
        shipment.promised_days,
        waiting=later or (not_sent and not undone_later),
        left_at=min((part.created_at for part in left), default=None),
        tracked=all(part.tracked for part in left),
        back_at=max((part.told_at for part in shipment.parts if part.back_by(as_of)), default=None),
        refunded=refunded > 0,
    )


def recent(parcels: Sequence[Parcel], now: datetime) -> tuple[Parcel, ...]:
    """Those that somebody may still wait for, the oldest first."""
    since = now - timedelta(days=PARCEL_DAYS)
    return tuple(sorted((one for one in parcels if one.placed_at > since), key=lambda one: one.placed_at))

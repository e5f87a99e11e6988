"""Order promotions that put a gift into baskets."""

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

from plugin.sandbox.records.catalogue import ProductVariant
from plugin.sandbox.records.metadata import WithMetadata
from plugin.sandbox.records.places import Channel


@dataclass(slots=True, kw_only=True, eq=False)
class PromotionRule:
    id: str
    name: str | None
    minimum: Decimal
    channels: list[Channel]
    gifts: list[ProductVariant]
    reward_type: str = "GIFT"

    @property
    def gift_ids(self) -> list[str]:
        return [gift.id for gift in self.gifts]


@dataclass(slots=True, kw_only=True, eq=False)
class Promotion(WithMetadata):
    id: str
    name: str
    created_at: dt.datetime
    start_date: dt.datetime
    end_date: dt.datetime | None = None
    type: str = "ORDER"
    rules: list[PromotionRule] = field(default_factory=list)

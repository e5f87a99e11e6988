"""Gift cards: money by a code, for whoever has it or for one customer."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal

from plugin.sandbox.records.metadata import WithMetadata
from plugin.sandbox.records.money import Money
from plugin.sandbox.records.people import User


@dataclass(slots=True, kw_only=True, eq=False)
class GiftCard(WithMetadata):
    id: str
    code: str
    created: dt.datetime
    currency: str
    initial: Decimal
    left: Decimal
    is_active: bool = True
    expiry_date: dt.date | None = None
    assigned_to: User | None = None
    last_used_on: dt.datetime | None = None

    @property
    def last4_code_chars(self) -> str:
        return self.code[-4:]

    @property
    def initial_balance(self) -> Money:
        return Money(self.initial, self.currency)

    @property
    def current_balance(self) -> Money:
        return Money(self.left, self.currency)

    def pays(self, currency: str, user: User | None, today: dt.date) -> bool:
        """Whether a checkout of this currency and person takes it, empty or not; Saleor does not say why not."""
        return (
            self.is_active
            and self.currency == currency
            and (self.expiry_date is None or self.expiry_date >= today)
            and (self.assigned_to is None or self.assigned_to is user)
        )

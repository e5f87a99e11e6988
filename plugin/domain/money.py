"""An amount and its currency, always together."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

#: Currencies whose smallest unit is not a hundredth (ISO 4217; the ones that shops meet).
DIGITS = {"JPY": 0, "KRW": 0, "CLP": 0, "ISK": 0, "VND": 0, "HUF": 2, "BHD": 3, "KWD": 3, "JOD": 3, "OMR": 3, "TND": 3}
_UNITS = {currency: Decimal(1).scaleb(-digits) for currency, digits in DIGITS.items()}
_HUNDREDTH = Decimal("0.01")


@dataclass(frozen=True, slots=True, order=False)
class Money:
    #: In units of the currency (12.50), not in cents.
    amount: Decimal
    #: ISO 4217, three capital letters.
    currency: str

    def __add__(self, other: Self) -> "Money":
        return Money(self.amount + other._in(self.currency), self.currency)

    def __sub__(self, other: Self) -> "Money":
        return Money(self.amount - other._in(self.currency), self.currency)

    def __ge__(self, other: Self) -> bool:
        return self.amount >= other._in(self.currency)

    def __lt__(self, other: Self) -> bool:
        return not self >= other

    def _in(self, currency: str) -> Decimal:
        if currency != self.currency:
            raise ValueError(f"{self.currency} and {currency} are never added or compared.")
        return self.amount

    def rounded(self) -> "Money":
        """To the currency's smallest unit, halves away from zero."""
        unit = _UNITS.get(self.currency, _HUNDREDTH)
        return Money(self.amount.quantize(unit, ROUND_HALF_UP), self.currency)

    def __str__(self) -> str:
        return f"{self.rounded().amount} {self.currency}"


def zero(currency: str) -> Money:
    return Money(Decimal(0), currency)

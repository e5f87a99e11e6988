from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)


def cents(amount: Decimal) -> Decimal:
    if amount.as_tuple().exponent == -2:
        return amount
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Money:
    amount: Decimal
    currency: str

    @property
    def fraction_digits(self) -> int:
        return 2

    @property
    def fractional_amount(self) -> int:
        return int(self.amount * 100)


@dataclass(frozen=True, slots=True)
class TaxedMoney:
    """The sandbox charges no tax: net equals gross."""

    gross: Money

    @property
    def net(self) -> Money:
        return self.gross

    @property
    def tax(self) -> Money:
        return Money(ZERO, self.gross.currency)

    @property
    def currency(self) -> str:
        return self.gross.currency


def taxed(amount: Decimal, currency: str) -> TaxedMoney:
    return TaxedMoney(Money(cents(amount), currency))

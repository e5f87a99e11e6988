"""Orders added up: by currency, and how often customers buy."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from plugin.domain.purchase_days import OrderRow, PurchaseDay, gaps

#: What "lately" means for the order value and the frequency.
YEAR = 365


@dataclass(frozen=True, slots=True)
class CurrencySales:
    orders: int
    #: Customers with an order in this currency.
    customers: int
    #: Gross less refunds, ever.
    kept: Decimal
    #: Within the last year.
    year_orders: int
    year_kept: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    currencies: Mapping[str, CurrencySales]
    orders: int
    customers: int
    #: With at least two purchase days.
    repeaters: int
    #: Purchase days within the last year, and the customers that they are of.
    year_days: int
    year_customers: int
    #: Days between successive purchase days of one customer, counted.
    gaps: Mapping[int, int]


class Sales:
    """Adds up, one customer after another."""

    def __init__(self, today: int) -> None:
        self._since = today - YEAR
        self._orders, self._customers, self._year_orders = Counter[str](), Counter[str](), Counter[str]()
        self._kept: dict[str, Decimal] = {}
        self._year_kept: dict[str, Decimal] = {}
        self._everyone = self._repeaters = self._year_days = self._year_customers = 0
        self._gaps = Counter[int]()

    def add(self, orders: Sequence[OrderRow], days: Sequence[PurchaseDay]) -> dict[str, Decimal]:
        """One customer's orders, sorted by time, and their purchase days; returns what was kept, by currency."""
        spent: dict[str, Decimal] = {}
        recent = sum(day.orders for day in days if day.day > self._since)
        for n, order in enumerate(orders, recent - len(orders)):
            kept, currency = order.total - order.refunded, order.currency
            spent[currency] = spent.get(currency, Decimal(0)) + kept
            self._orders[currency] += 1
            if n >= 0:
                self._year_orders[currency] += 1
                self._year_kept[currency] = self._year_kept.get(currency, Decimal(0)) + kept
        for currency, kept in spent.items():
            self._kept[currency] = self._kept.get(currency, Decimal(0)) + kept
            self._customers[currency] += 1
        lately = sum(day.day > self._since for day in days)
        self._everyone += 1
        self._repeaters += len(days) > 1
        self._year_days += lately
        self._year_customers += lately > 0
        self._gaps.update(gaps(days))
        return spent

    def result(self) -> Totals:
        return Totals(
            {
                currency: CurrencySales(
                    self._orders[currency],
                    self._customers[currency],
                    self._kept[currency],
                    self._year_orders[currency],
                    self._year_kept.get(currency, Decimal(0)),
                )
                for currency in sorted(self._orders)
            },
            self._orders.total(),
            self._everyone,
            self._repeaters,
            self._year_days,
            self._year_customers,
            dict(sorted(self._gaps.items())),
        )

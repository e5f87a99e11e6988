"""The shop's numbers, each with its definition in a sentence, its unit, and “not enough data yet” as an answer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from plugin.domain.forecast import Expected
from plugin.domain.phrases import joined, phrase
from plugin.domain.quantiles import spread
from plugin.domain.retention import Kept
from plugin.domain.sales import CurrencySales, Totals

#: A figure is said of at least so many.
ENOUGH = 20


class Unit(StrEnum):
    #: 0 to 1; retention may be above 1.
    SHARE = "share"
    DAYS = "days"
    #: Purchase days of one customer.
    PURCHASES = "purchases"
    #: Of the figure's currency.
    MONEY = "money"


@dataclass(frozen=True, slots=True)
class Figure:
    key: str
    title: str
    definition: str
    unit: Unit
    #: None where there is not enough data; `missing` says what is lacking.
    value: float | Decimal | None
    #: How many it is of, and of what.
    count: int
    counted: str
    currency: str | None = None
    #: The quarters around a median.
    lower: float | None = None
    upper: float | None = None
    missing: str = ""


def figures(
    totals: Totals, kept: Kept | None, expected: Expected | None, limit_days: int, horizon_days: int, no_model: str
) -> list[Figure]:
    """All of them, in the order of the report. no_model: why there is none, where there is none.

    kept: the period of the headline.
    """
    found = [*_keeping(kept, limit_days), *_buying(totals), *_worth(totals)]
    found += _expected(totals, expected, horizon_days, no_model)
    return [_if_enough(figure) for figure in found]


def _keeping(kept: Kept | None, limit_days: int) -> Iterator[Figure]:
    active = phrase("Active is who bought within the {days} days before.", days=limit_days)
    number = kept.active_at_start if kept else 0
    for key, title, what, value in (
        (
            "retention",
            phrase("Retention, last 3 months"),
            phrase(
                "Active customers at the end less those who first bought in these months, divided by active customers "
                "at the start; who comes back after a longer silence counts, so it can be above 100 %."
            ),
            kept.retention if kept else None,
        ),
        (
            "churn",
            phrase("Churn, last 3 months"),
            phrase("The share of the customers active at the start who were no longer active at the end."),
            kept.churn if kept else None,
        ),
    ):
        yield Figure(
            key, title, joined((what, active)), Unit.SHARE, value, number, phrase("customers active at the start")
        )


def _buying(totals: Totals) -> Iterator[Figure]:
    yield Figure(
        "repeat_rate",
        phrase("Repeat-purchase rate"),
        phrase("The share of all customers who bought on at least two days."),
        Unit.SHARE,
        totals.repeaters / totals.customers if totals.customers else None,
        totals.customers,
        phrase("customers"),
    )
    yield Figure(
        "purchase_frequency",
        phrase("Purchase frequency, last 365 days"),
        phrase(
            "Purchase days divided by the customers who bought at all, within the last 365 days; several orders on one "
            "day are one purchase."
        ),
        Unit.PURCHASES,
        totals.year_days / totals.year_customers if totals.year_customers else None,
        totals.year_customers,
        phrase("customers"),
    )
    between = spread(totals.gaps)
    yield Figure(
        "time_between_orders",
        phrase("Time between orders"),
        phrase(
            "The middle one of all gaps between two successive purchase days of one customer; half of the gaps lie "
            "between the quartiles."
        ),
        Unit.DAYS,
        between.median if between else None,
        between.count if between else 0,
        phrase("gaps"),
        lower=between.lower if between else None,
        upper=between.upper if between else None,
    )


def _worth(totals: Totals) -> Iterator[Figure]:
    for currency, sales in _largest_first(totals):
        yield Figure(
            "average_order_value",
            phrase("Average order value, last 365 days, {currency}", currency=currency),
            phrase(
                "Gross less refunds, with tax and shipping, divided by the orders of the last 365 days in this currency."
            ),
            Unit.MONEY,
            sales.year_kept / sales.year_orders if sales.year_orders else None,
            sales.year_orders,
            phrase("orders"),
            currency,
        )
        yield Figure(
            "lifetime_value",
            phrase("Lifetime value so far, {currency}", currency=currency),
            phrase("Gross less refunds of all orders in this currency, divided by the customers who have one."),
            Unit.MONEY,
            sales.kept / sales.customers if sales.customers else None,
            sales.customers,
            phrase("customers"),
            currency,
        )


def _expected(totals: Totals, expected: Expected | None, horizon_days: int, no_model: str) -> Iterator[Figure]:
    for currency, sales in _largest_first(totals):
        customers = expected.customers.get(currency, 0) if expected else sales.customers
        value = expected.value.get(currency, 0.0) if expected else None
        lost = sum(expected.at_risk.get(currency, {}).values()) if expected else None
        silent = expected.at_risk_customers.get(currency, 0) if expected else 0
        predicted = Figure(
            "predicted_value",
            phrase("Predicted lifetime value, next {days} days, {currency}", days=horizon_days, currency=currency),
            phrase(
                "What the model expects a customer with orders in this currency to spend within {days} days, on average"
                " over all of them.",
                days=horizon_days,
            ),
            Unit.MONEY,
            value / customers if value is not None and customers else None,
            customers,
            phrase("customers"),
            currency,
        )
        at_risk = Figure(
            "revenue_at_risk",
            phrase("Revenue at risk, next {days} days, {currency}", days=horizon_days, currency=currency),
            phrase(
                "What the model expected customers who are now at risk to spend within {days} days of their last"
                " purchase, less what it expects of them within the next {days} days.",
                days=horizon_days,
            ),
            Unit.MONEY,
            lost,
            customers,
            phrase("customers, of whom {number} at risk", number=silent),
            currency,
        )
        for figure in (predicted, at_risk):
            yield figure if expected else replace(figure, missing=no_model)


def _if_enough(figure: Figure) -> Figure:
    if figure.missing:
        return replace(figure, value=None, lower=None, upper=None)
    if figure.count >= ENOUGH and figure.value is not None:
        return replace(figure, value=round(figure.value, 3)) if isinstance(figure.value, Decimal) else figure
    missing = phrase("Not enough data yet: {count} of at least {enough}.", count=figure.count, enough=ENOUGH)
    return replace(figure, value=None, lower=None, upper=None, missing=missing)


def _largest_first(totals: Totals) -> Sequence[tuple[str, CurrencySales]]:
    return sorted(totals.currencies.items(), key=lambda pair: (-pair[1].orders, pair[0]))

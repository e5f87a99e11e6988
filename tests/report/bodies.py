"""Reports as they are stored, without a database."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from plugin.domain.bright_spots import Basket, Products
from plugin.domain.cohorts import Cohorts
from plugin.domain.forecast import Expected
from plugin.domain.indicators import Indicators
from plugin.domain.numbers import figures
from plugin.domain.purchase_days import OrderRow, purchase_days
from plugin.domain.retention import Keeping, past_periods
from plugin.domain.rfm import Rfm
from plugin.domain.sales import Sales
from plugin.domain.stages import Step
from plugin.flow.report import effects_of, plain
from tests.domain.purchases import TODAY, row

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
EXPECTED = Expected({"USD": 4200.0}, {"USD": 60}, {"USD": {Step.FIRST: 310.5, Step.LOYAL: 1234.5}}, {"USD": 7})


def people() -> Iterable[list[OrderRow]]:
    """Sixty customers over a year: every second one stays; a late parcel comes before leaving."""
    for who in range(160):
        late = who % 4 == 1
        stop = 200 if who % 2 else 5
        yield [
            row(ago, fulfilled_at=row(ago).placed_at + timedelta(days=9 if late else 1))
            for ago in range(330 - who % 60, stop, -28)
        ]


def report(
    customers: Iterable[list[OrderRow]] = (), expected: Expected | None = None, name: str = "Tea"
) -> dict[str, Any]:
    today, horizon = TODAY.toordinal(), 60
    first_day = date(2025, 7, 1) if customers else None
    keeping, sales, cohorts = Keeping(past_periods(TODAY, first_day), 45), Sales(today), Cohorts()
    rfm, indicators, products = Rfm(today), Indicators(3.0, today, horizon), Products(5, today, horizon)
    for orders in customers:
        days = purchase_days(orders, UTC)
        rfm.add(days, sales.add(orders, days))
        for counter in (keeping, cohorts, indicators):
            counter.add(days)
        products.add([Basket(day.day, {"P1": name}, {"Drinks"}) for day in days])
    totals, kept = sales.result(), keeping.result()
    headline = next((period for period in kept if period.period.key == "last_3_months"), None)
    body: dict[str, Any] = plain(
        {
            "version": 1,
            "made_at": NOW,
            "today": TODAY,
            "shop": {"name": name, "api_url": "http://one.test/graphql/", "time_zone": "Europe/Warsaw"},
            "limit_days": 45,
            "horizon_days": horizon,
            "loyal_from": 5,
            "model": None,
            "orders": totals.orders,
            "customers": totals.customers,
            "ahead": 0,
            "first_day": first_day,
            "currencies": list(totals.currencies),
            "figures": figures(totals, headline, expected, 45, horizon, "Not enough data yet: no model."),
            "retention": [{**plain(one), "retention": one.retention, "churn": one.churn} for one in kept],
            "gaps": [[days, count] for days, count in totals.gaps.items()],
            "cohorts": cohorts.result(TODAY),
            "stages": {
                "prospect": {"active": 3 if totals.customers else 0, "at_risk": 0, "dormant": 0},
                "loyal": {
                    "active": 80 if totals.customers else 0,
                    "at_risk": 9 if totals.customers else 0,
                    "dormant": 0,
                },
            },
            "rfm": rfm.result(),
            "expected": expected,
            "indicators": effects_of(indicators.result(), horizon),
            "bright_spots": products.result(),
        }
    )
    return body

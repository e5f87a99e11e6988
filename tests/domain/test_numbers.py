"""The shop's figures: from orders to numbers with a unit, or to what is lacking."""

from collections.abc import Sequence
from datetime import UTC, date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.forecast import Expected
from plugin.domain.numbers import ENOUGH, Figure, Unit, figures
from plugin.domain.purchase_days import OrderRow, purchase_days
from plugin.domain.retention import Kept, Period
from plugin.domain.sales import Sales, Totals
from plugin.domain.stages import Step
from tests.domain.purchases import TODAY, row

KEPT = Kept(Period("last_3_months", date(2026, 3, 1), date(2026, 6, 1)), 100, 90, 20, 65)
EXPECTED = Expected({"USD": 2000.0}, {"USD": 40}, {"USD": {Step.FIRST: 100.0, Step.LOYAL: 23.5}}, {"USD": 7})


def added(*customers: Sequence[OrderRow]) -> Totals:
    sales = Sales(TODAY.toordinal())
    for orders in customers:
        sales.add(orders, purchase_days(orders, UTC))
    return sales.result()


def found(totals: Totals, kept: Kept | None = KEPT, expected: Expected | None = EXPECTED) -> dict[str, Figure]:
    return {figure.key: figure for figure in figures(totals, kept, expected, 45, 60, "Not enough data yet: no model.")}


ANN = [row(40), row(10, total=Decimal(30), refunded=Decimal(5))]
BEN = [row(400, total=Decimal(100))]


def test_figures_of_a_shop() -> None:
    shop = found(added(*[ANN] * 30, *[BEN] * 10))
    assert {key: figure.value for key, figure in shop.items()} == {
        "retention": pytest.approx(0.7),
        "churn": pytest.approx(0.35),
        "repeat_rate": 0.75,
        "purchase_frequency": 2.0,
        "time_between_orders": 30,
        "average_order_value": Decimal("22.5"),
        "lifetime_value": Decimal("58.75"),
        "predicted_value": 50.0,
        "revenue_at_risk": 123.5,
    }
    assert (shop["average_order_value"].count, shop["lifetime_value"].count) == (60, 40)
    assert (shop["time_between_orders"].lower, shop["time_between_orders"].upper) == (30, 30)
    assert shop["revenue_at_risk"].counted == "customers, of whom 7 at risk"
    assert not any(figure.missing for figure in shop.values())


def test_every_figure_has_its_definition_and_money_its_currency() -> None:
    for figure in found(added(*[ANN] * 30)).values():
        assert figure.definition.endswith(".")
        assert figure.title
        assert (figure.unit is Unit.MONEY) == (figure.currency == "USD")


def test_of_too_few_no_figure_is_said() -> None:
    few = found(added(*[ANN] * (ENOUGH - 1)), None, None)
    assert {figure.value for key, figure in few.items() if key != "average_order_value"} == {None}
    assert few["repeat_rate"].missing == "Not enough data yet: 19 of at least 20."
    assert few["retention"].missing == "Not enough data yet: 0 of at least 20."
    assert few["predicted_value"].missing == "Not enough data yet: no model."
    assert few["average_order_value"].value == Decimal("22.5")


def test_without_orders_there_are_no_currencies_and_no_values() -> None:
    nothing = found(added(), None, None)
    assert set(nothing) == {"retention", "churn", "repeat_rate", "purchase_frequency", "time_between_orders"}
    assert all(figure.missing for figure in nothing.values())


def test_currencies_are_never_added() -> None:
    euros = [row(5, currency="EUR", total=Decimal(7)), row(4)]
    both = figures(added(*[ANN] * 30, *[euros] * 25), KEPT, None, 45, 60, "No model.")
    values = {(figure.key, figure.currency): figure.value for figure in both if figure.key == "lifetime_value"}
    assert values == {("lifetime_value", "USD"): Decimal("33.636"), ("lifetime_value", "EUR"): Decimal(7)}


def test_refunds_larger_than_orders_are_a_negative_value() -> None:
    shop = found(added(*[[row(5, refunded=Decimal(50))]] * 20))
    assert shop["average_order_value"].value == Decimal(-30)
    assert shop["repeat_rate"].value == 0


def test_all_orders_on_one_day_are_one_purchase() -> None:
    shop = found(added(*[[row(5), row(5)]] * 20))
    assert (shop["repeat_rate"].value, shop["purchase_frequency"].value) == (0, 1.0)
    assert shop["time_between_orders"].missing == "Not enough data yet: 0 of at least 20."


orders = st.lists(
    st.builds(
        lambda ago, currency, total, refunded: row(
            ago, currency=currency, total=Decimal(total), refunded=Decimal(refunded)
        ),
        st.integers(0, 900),
        st.sampled_from(["USD", "EUR", "JPY"]),
        st.integers(-50, 500),
        st.integers(0, 600),
    ),
    min_size=1,
    max_size=8,
).map(lambda found: sorted(found, key=lambda order: order.placed_at))


@given(st.lists(orders, max_size=12))
def test_totals_are_those_of_all_orders(customers: list[list[OrderRow]]) -> None:
    totals = added(*customers)
    every = [order for one in customers for order in one]
    assert totals.orders == len(every)
    assert totals.customers == len(customers)
    for currency, sales in totals.currencies.items():
        own = [order for order in every if order.currency == currency]
        lately = [order for order in own if TODAY.toordinal() - order.placed_at.date().toordinal() < 365]
        assert sales.kept == sum(order.total - order.refunded for order in own)
        assert sales.orders == len(own)
        assert (sales.year_orders, sales.year_kept) == (len(lately), sum(o.total - o.refunded for o in lately))
        assert sales.customers == sum(any(order.currency == currency for order in one) for one in customers)

"""Orders as columns: the same histories as the fold, at any cutoff."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.customer import History, fold
from plugin.domain.ledger import Order as LedgerOrder
from plugin.domain.model.purchases import (
    Order,
    Purchases,
    bought_within,
    chosen,
    from_orders,
    histories,
    typical_orders,
    until,
)
from tests.shop import order

START = datetime(2025, 1, 1, tzinfo=UTC)
FIRST = START.toordinal()


def row(customer: str, day: int, total: float = 20.0, currency: str = "USD") -> Order:
    return Order(customer, FIRST + day, float(day), total, currency)


@st.composite
def ledgers(draw: st.DrawFn) -> dict[str, list[LedgerOrder]]:
    """Some customers' orders, several on one day, some given away or sent back."""
    return {
        f"C{number}": [
            order(
                f"O{index}",
                START + timedelta(minutes=draw(st.integers(0, 90 * 24 * 60))),
                total=draw(st.decimals(-20, 300, places=2)),
                refunded=draw(st.decimals(0, 300, places=2)),
                currency=draw(st.sampled_from(["USD", "PLN"])),
                voucher_code=draw(st.sampled_from([None, "SAVE"])),
            )
            for index in range(draw(st.integers(1, 8)))
        ]
        for number in range(draw(st.integers(1, 5)))
    }


def as_purchases(ledger: dict[str, list[LedgerOrder]]) -> Purchases:
    return from_orders(
        Order(
            customer=customer,
            day=placed.placed_at.toordinal(),
            moment=placed.placed_at.timestamp() + int(placed.order_id[1:]) * 1e-6,
            total=float(placed.total),
            currency=placed.currency,
            discounted=bool(placed.voucher_code),
            items=placed.items,
            refunded=float(placed.refunded),
        )
        for customer, orders in ledger.items()
        for placed in orders
    )


def folded(ledger: dict[str, list[LedgerOrder]], day: int) -> dict[str, History]:
    known = {
        customer: fold([placed for placed in orders if placed.placed_at.toordinal() <= day], UTC)
        for customer, orders in ledger.items()
    }
    return {customer: history for customer, history in known.items() if history.orders}


@given(ledgers(), st.integers(-1, 95))
def test_histories_are_those_of_the_fold(ledger: dict[str, list[LedgerOrder]], after: int) -> None:
    purchases, expected = as_purchases(ledger), folded(ledger, FIRST + after)
    found = histories(purchases, FIRST + after)
    assert [purchases.names[number] for number in found.customer] == list(expected)
    for number, history in enumerate(expected.values()):
        assert history.last_day is not None
        assert history.first_day is not None
        assert history.currency is not None
        assert found.orders[number] == history.orders
        assert found.frequency[number] == history.purchase_days - 1
        assert found.recency[number] == (history.last_day - history.first_day).days
        assert found.last_day[number] == history.last_day.toordinal()
        assert found.gap_squares[number] == history.gap_squares
        assert found.last_gap[number] == (history.last_gap or 0)
        assert found.recent_28[number] == pytest.approx(history.recent_28)
        assert found.recent_91[number] == pytest.approx(history.recent_91)
        assert purchases.currencies[found.currency[number]] == history.currency
        assert found.last_total[number] == pytest.approx(float(history.last_total))
        mean = history.spent[history.currency] / Decimal(history.bought[history.currency])
        assert found.mean_total[number] == pytest.approx(float(mean), abs=1e-9)
        assert found.discounted[number] == history.discounted
        assert found.refunded[number] == history.refunded
        assert found.items[number] == history.items


def test_rows_come_in_whatever_order() -> None:
    rows = [row("A", 3), row("B", 1), row("A", 0), row("B", 1), row("A", 0)]
    found = [histories(from_orders(given), FIRST + 9) for given in (rows, rows[::-1])]
    assert sorted(found[0].frequency) == sorted(found[1].frequency) == [0, 1]
    assert sorted(found[0].orders) == [2, 3]


@pytest.mark.parametrize(
    ("day", "horizon", "came"), [(0, 1, [False]), (0, 9, [False]), (0, 10, [True]), (9, 1, [True]), (10, 5, [False])]
)
def test_the_window_begins_after_the_cutoff_and_ends_with_its_last_day(
    day: int, horizon: int, came: list[bool]
) -> None:
    purchases = from_orders([row("A", 0), row("A", 10)])
    known = histories(purchases, FIRST + day)
    assert bought_within(purchases, known, FIRST + day, horizon).tolist() == came


def test_what_comes_later_is_not_known() -> None:
    purchases = from_orders([row("A", 0), row("B", 5), row("A", 10)])
    assert len(histories(purchases, FIRST + 4)) == 1
    assert until(purchases, FIRST + 5).day.tolist() == [FIRST, FIRST + 5]
    assert len(histories(purchases, FIRST - 1)) == 0


def test_a_refund_is_known_from_its_day_on() -> None:
    purchases = from_orders([row("A", 0, 20.0)._replace(refunded=15.0, refund_day=FIRST + 5), row("B", 0)])
    before, after = histories(purchases, FIRST + 4), histories(purchases, FIRST + 5)
    assert (before.refunded.tolist(), before.last_total.tolist()) == ([0, 0], [20.0, 20.0])
    assert (after.refunded.tolist(), after.mean_total.tolist()) == ([1, 0], [5.0, 20.0])


def test_of_no_orders_there_are_no_histories() -> None:
    nothing = from_orders([])
    assert len(histories(nothing, FIRST)) == 0
    assert typical_orders(nothing) == {}


def test_some_customers_alone() -> None:
    purchases = from_orders([row("A", 0), row("B", 5), row("C", 6)])
    some = chosen(purchases, np.array([0, 2]))
    assert {some.names[number] for number in some.customer} == {"A", "C"}


def test_the_typical_order_is_by_currency_and_of_what_was_paid_for() -> None:
    totals = [row("A", 0, 10), row("A", 1, 30), row("B", 2, 20), row("B", 3, 0), row("B", 4, 5, "PLN")]
    assert typical_orders(from_orders(totals)) == {"USD": 20, "PLN": 5}

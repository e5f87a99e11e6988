"""The fold: the same whatever the order of arrival, and never different from the cheap increment."""

from datetime import UTC, timedelta, timezone
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.customer import History, extend, fold
from plugin.domain.ledger import Order
from tests.shop import NOW, ago, days, order

statuses = st.sampled_from(["UNFULFILLED", "FULFILLED", "CANCELED", "UNCONFIRMED", "RETURNED", "EXPIRED"])
amounts = st.decimals(-50, 500, places=2)


@st.composite
def orders(draw: st.DrawFn) -> list[Order]:
    count = draw(st.integers(0, 12))
    return [
        order(
            f"O{number}",
            NOW - timedelta(hours=draw(st.integers(0, 2000))),
            status=draw(statuses),
            total=draw(amounts),
            refunded=draw(amounts),
            currency=draw(st.sampled_from(["USD", "PLN"])),
        )
        for number in range(count)
    ]


@given(orders(), st.randoms(use_true_random=False), st.sampled_from([UTC, timezone(timedelta(hours=9))]))
def test_fold_does_not_depend_on_the_order_of_arrival(bought: list[Order], random: object, zone: timezone) -> None:
    shuffled = sorted(bought, key=lambda _: random.random())  # type: ignore[attr-defined]
    assert fold(shuffled, zone) == fold(bought, zone)


@given(orders(), st.sampled_from([UTC, timezone(timedelta(hours=-11))]))
def test_an_increment_equals_the_fold(bought: list[Order], zone: timezone) -> None:
    history = History()
    for number, latest in enumerate(sorted(bought, key=lambda o: o.placed_at)):
        so_far = sorted(bought, key=lambda o: o.placed_at)[: number + 1]
        extended = extend(history, latest, zone)
        history = fold(so_far, zone)
        assert extended is None or extended == history


def test_an_increment_is_possible_for_orders_one_after_the_other() -> None:
    bought = [order(f"O{n}", ago(30 - n)) for n in range(5)]
    history = History()
    for latest in bought:
        extended = extend(history, latest, UTC)
        assert extended is not None
        history = extended
    assert history == fold(bought, UTC)


def test_a_late_arrival_needs_the_fold() -> None:
    assert extend(fold([order("O2", ago(1))], UTC), order("O1", ago(2)), UTC) is None


@pytest.mark.parametrize(
    ("bought", "counted", "purchase_days"),
    [
        ([], 0, 0),
        ([order("A", ago(3), status="CANCELED")], 0, 0),
        ([order("A", ago(3), status="UNCONFIRMED")], 0, 0),
        ([order("A", ago(3)), order("B", ago(3) + timedelta(hours=2))], 2, 1),
        ([order("A", ago(3)), order("B", ago(2))], 2, 2),
        ([order("A", ago(3)), order("B", ago(2), status="EXPIRED")], 1, 1),
    ],
)
def test_orders_that_count(bought: list[Order], counted: int, purchase_days: int) -> None:
    history = fold(bought, UTC)
    assert (history.orders, history.purchase_days) == (counted, purchase_days)


def test_the_shops_midnight_divides_days() -> None:
    late, early = order("A", NOW.replace(hour=23)), order("B", NOW.replace(hour=23) + timedelta(hours=2))
    assert fold([late, early], UTC).purchase_days == 2
    assert fold([late, early], timezone(timedelta(hours=-5))).purchase_days == 1


def test_money_is_kept_by_currency_and_less_refunds() -> None:
    bought = [
        order("A", ago(3), total=Decimal(10), refunded=Decimal(4)),
        order("B", ago(2), total=Decimal(7), currency="PLN"),
    ]
    assert fold(bought, UTC).spent == {"USD": Decimal(6), "PLN": Decimal(7)}


def test_the_last_order_is_the_newest_that_counts() -> None:
    bought = [order("A", ago(3)), order("B", ago(2)), order("C", ago(1), status="CANCELED")]
    assert fold(bought, UTC).last_order_id == "B"


def test_history_spans_first_to_last() -> None:
    moments = [ago(n) for n in (40, 20, 4)]
    history = fold([order(f"O{n}", at) for n, at in enumerate(moments)], UTC)
    assert (history.first_at, history.last_at) == (moments[0], moments[-1])
    assert all(a < b for a, b in pairwise(moments))
    assert history.last_at == NOW - days(4)

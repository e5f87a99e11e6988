"""One customer's purchase days: several orders on one are one purchase."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.purchase_days import gaps, purchase_days
from tests.domain.purchases import bought, row


def test_a_day_counts_all_and_knows_its_last_order() -> None:
    placed = row(5).placed_at
    first = row(5, discounted=True, fulfilled_at=placed + timedelta(days=2), shipping=Decimal(5))
    second = row(5, refunded=Decimal(1), total=Decimal(30), fulfilled_at=placed + timedelta(days=4))
    (day,) = purchase_days([first, second], UTC)
    assert (day.orders, day.items, day.discounted, day.only_discounted) == (2, 4, True, False)
    assert (day.total, day.refunded, day.shipping, day.delay) == (Decimal(30), Decimal(1), Decimal(0), 4.0)
    assert (day.earlier, day.earlier_kept) == (1, Decimal(20))


def test_earlier_orders_are_those_in_the_same_currency() -> None:
    orders = [row(9, refunded=Decimal(3)), row(5), row(5, currency="EUR", total=Decimal(7)), row(1), row(1)]
    *_, two, last = purchase_days(orders, UTC)
    assert (two.orders, two.currency, two.earlier, two.earlier_kept) == (2, "EUR", 0, Decimal(0))
    assert (last.currency, last.earlier, last.earlier_kept) == ("USD", 3, Decimal(57))


def test_the_shops_midnight_divides_days() -> None:
    late = row(5, placed_at=datetime(2026, 5, 1, 22, 30, tzinfo=UTC))
    later = row(5, placed_at=datetime(2026, 5, 1, 23, 30, tzinfo=UTC))
    assert len(purchase_days([late, later], UTC)) == 1
    assert len(purchase_days([late, later], ZoneInfo("Europe/London"))) == 2


def test_a_parcel_before_its_order_took_no_time() -> None:
    placed = row(5).placed_at
    assert bought(5, fulfilled_at=placed - timedelta(days=1))[0].delay == 0


@given(st.lists(st.integers(0, 400), min_size=1, max_size=30))
def test_gaps_are_at_least_a_day_and_add_up(ago: list[int]) -> None:
    days = bought(*ago)
    assert len(days) == len(set(ago))
    assert sum(gaps(days)) == max(ago) - min(ago)
    assert all(gap >= 1 for gap in gaps(days))
    assert sum(day.orders for day in days) == len(ago)

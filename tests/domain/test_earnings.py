"""What a campaign earned, against the group that was left alone."""

from datetime import timedelta
from decimal import Decimal

import pytest

from plugin.domain.decide import Outcome
from plugin.domain.earnings import ENOUGH, Earnings, Spent
from tests.shop import NOW, ago

WINDOW = 30


def decided(number: int, outcome: Outcome, amount: int | None, after: float = 1, days_ago: float = 40) -> list[Spent]:
    at = ago(days_ago)
    if amount is None:
        return [Spent(7, number, outcome, at, None, None, None)]
    return [Spent(7, number, outcome, at, "EUR", at + timedelta(days=after), Decimal(amount))]


def earnings(*each: list[Spent]) -> Earnings:
    found = Earnings(WINDOW, NOW)
    for rows in each:
        found.add(rows)
    return found


def test_the_difference_for_as_many_as_were_given_something() -> None:
    given = [decided(n, Outcome.GIVEN, 10 if n % 2 else 20) for n in range(40)]
    control = [decided(100 + n, Outcome.CONTROL, 10 if n % 2 else None) for n in range(20)]
    [found] = earnings(*given, *control).result()
    assert (found.campaign_id, found.currency, found.given, found.control) == (7, "EUR", 40, 20)
    assert found.more == 40 * (15 - 5)
    assert found.low is not None
    assert found.high is not None
    # By hand: variances of the means 25 · 40/39 / 40 and 25 · 20/19 / 20.
    assert found.high - found.more == pytest.approx(40 * 1.959964 * (25 / 39 + 25 / 19) ** 0.5, abs=0.01)
    assert found.more - found.low == pytest.approx(found.high - found.more, abs=0.02)


def test_nothing_is_said_of_too_few() -> None:
    given = [decided(n, Outcome.GIVEN, 10) for n in range(ENOUGH)]
    control = [decided(100 + n, Outcome.CONTROL, 5) for n in range(ENOUGH - 1)]
    [found] = earnings(*given, *control).result()
    assert (found.given, found.control, found.more, found.low, found.high) == (ENOUGH, ENOUGH - 1, None, None, None)


def test_only_windows_that_are_over_and_orders_within_them_count() -> None:
    given = [decided(n, Outcome.GIVEN, 10, after=WINDOW + 1) for n in range(ENOUGH)]
    control = [decided(100 + n, Outcome.CONTROL, 5) for n in range(ENOUGH)]
    late = [decided(200 + n, Outcome.GIVEN, 99, days_ago=WINDOW - 1) for n in range(5)]
    [found] = earnings(*given, *control, *late).result()
    assert (found.given, found.more) == (ENOUGH, -5.0 * ENOUGH)


def test_currencies_are_never_added() -> None:
    both = decided(1, Outcome.GIVEN, 10)
    both.append(Spent(7, 1, Outcome.GIVEN, both[0].decided_at, "USD", both[0].placed_at, Decimal(3)))
    assert [found.currency for found in earnings(both).result()] == ["EUR", "USD"]

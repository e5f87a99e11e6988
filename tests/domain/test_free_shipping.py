"""Thresholds as promises, and how far a basket is."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.free_shipping import Threshold, best_of, progress, shown_threshold, threshold_now
from plugin.domain.money import DIGITS, Money
from tests.shop import NOW, days

LIFE = days(7)


def usd(amount: int | str | Decimal) -> Money:
    return Money(Decimal(amount), "USD")


def until(number: float) -> datetime:
    return NOW + days(number)


@pytest.mark.parametrize(
    ("why", "rule", "shown", "now"),
    [
        ("nothing said, nothing shown", None, None, None),
        ("the first time", usd(40), None, Threshold(usd(40))),
        ("the same", usd(40), Threshold(usd(40)), Threshold(usd(40))),
        ("lowered", usd(30), Threshold(usd(40)), Threshold(usd(30))),
        ("lowered while a promise lives", usd(30), Threshold(usd(40), until(2)), Threshold(usd(30))),
        ("raised", usd(50), Threshold(usd(40)), Threshold(usd(40), until(7))),
        ("withdrawn", None, Threshold(usd(40)), Threshold(usd(40), until(7))),
        ("raised, and noted before", usd(50), Threshold(usd(40), until(2)), Threshold(usd(40), until(2))),
        ("raised, at the promise's end", usd(50), Threshold(usd(40), NOW), Threshold(usd(50))),
        ("raised, after the promise", usd(50), Threshold(usd(40), until(-1)), Threshold(usd(50))),
        ("withdrawn, after the promise", None, Threshold(usd(40), until(-1)), None),
        ("free for all is a threshold too", usd(0), Threshold(usd(40)), Threshold(usd(0))),
        ("another currency", usd(50), Threshold(Money(Decimal(1), "EUR")), Threshold(usd(50))),
    ],
)
def test_a_shown_threshold_is_a_promise(
    why: str, rule: Money | None, shown: Threshold | None, now: Threshold | None
) -> None:
    assert threshold_now(rule, shown, LIFE, NOW) == now


amounts = st.decimals(0, 10_000, places=2).map(usd)


@given(amounts, st.none() | amounts, amounts, st.floats(0, 30))
def test_a_promise_never_costs_the_shopper_and_never_outlives_its_days(
    first: Money, then: Money | None, later: Money, wait: float
) -> None:
    changed = threshold_now(then, Threshold(first), LIFE, NOW)
    assert changed is not None
    assert changed.money.amount <= first.amount
    after = threshold_now(later, changed, LIFE, NOW + days(wait))
    assert after is not None
    assert after.money.amount <= later.amount
    if changed.until is not None and wait > 7:
        assert after == Threshold(later)


@given(amounts, st.none() | st.timedeltas(days(-400), days(400)))
def test_what_is_shown_is_read_back(money: Money, end: timedelta | None) -> None:
    threshold = Threshold(money, None if end is None else NOW + end)
    assert shown_threshold(threshold.as_data()) == threshold


def test_nothing_shown_is_nothing_read() -> None:
    assert shown_threshold(None) is None
    assert shown_threshold({}) is None


@pytest.mark.parametrize(
    ("basket", "threshold", "left", "share"),
    [
        ("0", "40", "40.00", 0.0),
        ("10", "40", "30.00", 0.25),
        ("39.99", "40", "0.01", 0.99975),
        ("39.995", "40", "0", 1.0),
        ("39.994", "40", "0.01", 0.99975),
        ("40", "40", "0", 1.0),
        ("400", "40", "0", 1.0),
        ("0", "0", "0", 1.0),
        ("-5", "40", "45.00", 0.0),
    ],
)
def test_how_far_a_basket_is(basket: str, threshold: str, left: str, share: float) -> None:
    done = progress(usd(basket), usd(threshold))
    assert (done.left, done.share) == (usd(left), share)
    assert done.earned is (share == 1.0)


@given(st.decimals(0, 100_000, places=4), st.decimals(0, 100_000, places=4), st.sampled_from(["USD", "PLN", *DIGITS]))
def test_what_is_left_is_what_earns_it(basket: Decimal, threshold: Decimal, currency: str) -> None:
    done = progress(Money(basket, currency), Money(threshold, currency))
    assert 0 <= done.share <= 1
    assert progress(Money(basket, currency).rounded() + done.left, Money(threshold, currency)).earned
    if not done.earned:
        smallest = Money(Decimal(1).scaleb(-DIGITS.get(currency, 2)), currency)
        almost = Money(basket, currency).rounded() + done.left - smallest
        assert not progress(almost, Money(threshold, currency)).earned


def test_currencies_are_never_compared() -> None:
    with pytest.raises(ValueError, match="never"):
        progress(usd(10), Money(Decimal(10), "PLN"))


def test_the_best_is_the_lowest_there_is() -> None:
    assert best_of(None, usd(30), usd(20)) == usd(20)
    assert best_of(None, None) is None

"""What a condition says of one customer, when time changes that, and what cannot be said."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from plugin.domain.conditions import (
    EVERYONE,
    Condition,
    Person,
    holds,
    in_words,
    needs_lines,
    next_change,
    read_condition,
    resolve,
    write_condition,
)
from plugin.domain.customer import CustomerState, History, fold
from plugin.domain.fields import BoughtLine
from plugin.domain.stages import Turns
from plugin.errors import Rejected
from tests.shop import NOW, ago, days, order
from tests.somebody import conditions, people

ORDERS = [
    order("O1", ago(90), total=Decimal(40), voucher_code="SPRING", channel="web", country="PL"),
    order("O2", ago(60), total=Decimal(20), refunded=Decimal(5), channel="web", country="DE"),
]
TEA = BoughtLine(ago(90), "Tea", "P1", "leaves", "TEA", ("C1", "summer", "C2", "sale"))
LINES = (TEA, BoughtLine(ago(60), "Cup", "P2", "china", None, ()))
ANN = Person(
    CustomerState(1, "U1", "Ann", "EN", confirmed=True, history=fold(ORDERS, UTC)),
    Turns(ago(10), ago(-20), due_from=ago(30), likely_until=ago(50)),
    offers_since_order=2,
    lines=LINES,
)
NOBODY = Person(CustomerState(2, None, "", None, confirmed=False, history=History()), Turns())


def says(data: Any, person: Person = ANN, now: datetime = NOW) -> bool:
    return holds(read_condition(data), person, now)


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"field": "orders", "is": 2},
        {"field": "orders", "between": [1, 2]},
        {"field": "purchase_days", "more_than": 1},
        {"field": "days_since_last_order", "at_least": 60},
        {"field": "days_since_last_order", "between": [0, 60]},
        {"field": "first_order", "before": NOW.date().isoformat()},
        {"field": "last_order", "after": ago(60).isoformat()},
        {"field": "spent", "is": 55, "currency": "USD"},
        {"field": "average_order", "is": 27.5, "currency": "USD"},
        {"field": "last_total", "less_than": "15.001", "currency": "USD"},
        {"field": "discounted_share", "is": 50},
        {"field": "used_voucher", "is": "yes"},
        {"field": "refunded_orders", "at_most": 1},
        {"field": "items_per_order", "at_least": 1},
        {"field": "usual_gap", "is": 30},
        {"field": "last_gap", "is": 30},
        {"field": "activity", "is": "at_risk"},
        {"field": "step", "in": ["repeat", "loyal"]},
        {"field": "due", "is": True},
        {"field": "likely_to_buy", "is": False},
        {"field": "offers_since_order", "at_least": 2},
        {"field": "channel", "starts_with": "we"},
        {"field": "country", "in": ["PL", "DE"]},
        {"field": "currency", "is": "USD"},
        {"field": "language", "is": "EN"},
        {"field": "confirmed", "is": True},
        {"field": "guest", "is": False},
        {"bought": {"product": "P1"}},
        {"bought": {"product": "Cup", "within_days": 60}},
        {"bought": {"type": "leaves", "within_days": 90}},
        {"bought": {"sku": "TEA"}},
        {"bought": {"collection": "summer", "within_days": 90}},
        {"all": [{"bought": {"collection": "C2"}}, {"not": {"bought": {"collection": "Sale"}}}]},
        {"not": {"bought": {"collection": "sale", "within_days": 89}}},
        {"all": [{"field": "orders", "is": 2}, {"not": {"bought": {"sku": "TEA", "within_days": 89}}}]},
        {"any": [{"field": "orders", "is": 3}, {"field": "guest", "is": False}]},
    ],
)
def test_is_true_of_her_and_its_opposite_is_not(data: dict[str, Any]) -> None:
    assert says(data)
    assert not says({"not": data})


@pytest.mark.parametrize(
    "data",
    [
        {"field": "days_since_last_order", "at_most": 36500},
        {"field": "first_order", "before": "2100-01-01"},
        {"field": "spent", "at_least": 0, "currency": "USD"},
        {"field": "average_order", "at_most": 10, "currency": "USD"},
        {"field": "discounted_share", "at_most": 100},
        {"field": "items_per_order", "at_least": 0},
        {"field": "usual_gap", "at_least": 0},
        {"field": "last_gap", "at_least": 0},
        {"field": "activity", "is": "active"},
        {"field": "due", "is": False},
        {"field": "likely_to_buy", "is": False},
        {"field": "country", "starts_with": "P"},
        {"field": "language", "is": "EN"},
        {"bought": {"sku": "TEA"}},
        {"bought": {"collection": "summer"}},
    ],
)
def test_what_is_not_known_makes_every_test_false_and_its_opposite_true(data: dict[str, Any]) -> None:
    assert not says(data, NOBODY)
    assert says({"not": data}, NOBODY)


def test_another_currency_is_compared_with_nothing() -> None:
    assert not says({"field": "spent", "at_least": 1, "currency": "EUR"})
    assert not says({"field": "spent", "at_most": 1000, "currency": "EUR"})


@pytest.mark.parametrize(
    ("data", "flips"),
    [
        ({"field": "days_since_last_order", "at_least": 61}, ago(60) + days(61)),
        ({"field": "days_since_last_order", "less_than": 61}, ago(60) + days(61)),
        ({"field": "days_since_last_order", "at_most": 61}, ago(60) + days(61) + timedelta(microseconds=1)),
        ({"field": "days_since_last_order", "between": [10, 70]}, ago(60) + days(70) + timedelta(microseconds=1)),
        ({"field": "days_since_last_order", "at_least": 60}, None),
        ({"field": "activity", "is": "dormant"}, ago(-20)),
        ({"field": "due", "is": True}, None),
        ({"bought": {"sku": "TEA", "within_days": 91}}, ago(90) + days(91) + timedelta(microseconds=1)),
        ({"bought": {"sku": "TEA"}}, None),
        ({"field": "orders", "is": 2}, None),
    ],
)
def test_the_moment_at_which_time_alone_changes_it(data: dict[str, Any], flips: datetime | None) -> None:
    condition = read_condition(data)
    assert next_change(condition, ANN, NOW) == flips
    if flips is not None:
        before = holds(condition, ANN, flips - timedelta(microseconds=1))
        assert holds(condition, ANN, flips) is not before


@given(conditions(), people())
def test_nothing_changes_before_the_next_change(condition: Condition, person: Person) -> None:
    now, then = NOW, holds(condition, person, NOW)
    for _ in range(5):
        change = next_change(condition, person, now)
        assert holds(condition, person, (change or NOW + days(50_000)) - timedelta(microseconds=1)) is then
        if change is None:
            return
        now, then = change, holds(condition, person, change)


@given(conditions())
def test_what_is_written_is_read_again(condition: Condition) -> None:
    assert read_condition(write_condition(condition)) == condition
    assert in_words(condition)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([], "is no condition"),
        ({"field": "order", "is": 2}, "There is no field “order”. Did you mean “orders”"),
        ({"al": []}, "“al” is no kind of condition. Did you mean “all”"),
        ({"all": [], "any": []}, "stand side by side"),
        ({"all": {"field": "orders", "is": 1}}, "needs a list"),
        ({"any": []}, "is nobody"),
        ({"field": "orders", "starts_with": "2"}, "orders: it knows no “starts_with”"),
        ({"field": "orders"}, "nothing to compare with"),
        ({"field": ["orders"], "is": 2}, "There is no field"),
        ({"field": {}, "is": 2}, "There is no field"),
        ({"field": "orders", "is": 2, "at_least": 1}, "it has is, at_least at once"),
        ({"field": "orders", "is": "many"}, "is not a number"),
        ({"field": "orders", "is": True}, "is not a number"),
        ({"field": "orders", "is": 1.5}, "not a whole number"),
        ({"field": "orders", "is": 10**10}, "is beyond"),
        ({"field": "orders", "is": "NaN"}, "is not a number"),
        ({"field": "orders", "between": [5, 3]}, "must not be above"),
        ({"field": "orders", "between": 5}, "give two values"),
        ({"field": "items_per_order", "is": 1.0001}, "three decimals"),
        ({"field": "days_since_last_order", "at_least": -1}, "is not between 0"),
        ({"field": "spent", "at_least": 5}, "needs a currency"),
        ({"field": "spent", "at_least": 5, "currency": "euro"}, "needs a currency"),
        ({"field": "orders", "at_least": 5, "currency": "EUR"}, "is no money"),
        ({"field": "first_order", "before": "soon"}, "is no date"),
        ({"field": "guest", "is": "perhaps"}, "must be yes or no"),
        ({"field": "country", "in": [False]}, "between quotes"),
        ({"field": "country", "in": "DE"}, "give a list"),
        ({"field": "country", "in": []}, "one value or more"),
        ({"field": "country", "is": ""}, "must be a text"),
        ({"field": "country", "is": "\0"}, "must be a text"),
        ({"field": "country", "is": "\ud800"}, "must be a text"),
        ({"field": "step", "is": "loyl"}, "step: it cannot be “loyl”. Did you mean “loyal”"),
        ({"bought": "TEA"}, "needs a table"),
        ({"bought": {"collections": "summer"}}, "“bought” knows no “collections”"),
        ({"bought": {"collection": ["summer"]}}, "must be a text"),
        ({"bought": {"within_days": 3}}, "exactly one of"),
        ({"bought": {"sku": "TEA", "within_days": 0}}, "whole number of days"),
    ],
)
def test_what_cannot_be_is_one_sentence(data: Any, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        read_condition(data)
    assert said in str(refused.value)


def test_a_condition_that_never_ends_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"not": deep}
    with pytest.raises(Rejected, match="has more"):
        read_condition(deep)
    with pytest.raises(Rejected, match="has more"):
        read_condition({"all": [{}] * 1000})


def test_names_are_resolved_and_circles_refused() -> None:
    named = {
        "big": read_condition({"all": [{"field": "orders", "at_least": 2}, {"not": {"segment": "tea"}}]}),
        "tea": read_condition({"bought": {"sku": "TEA"}}),
        "chicken": read_condition({"segment": "egg"}),
        "egg": read_condition({"not": {"segment": "chicken"}}),
    }
    resolved = resolve(read_condition({"any": [{"segment": "big"}, {"segment": "tea"}]}), named)
    assert needs_lines(resolved)
    assert holds(resolved, ANN, NOW)
    with pytest.raises(Rejected, match="egg → chicken → egg"):
        resolve(named["chicken"], named)
    with pytest.raises(Rejected, match=r"There is no segment “bigg”\. Did you mean “big”"):
        resolve(read_condition({"segment": "bigg"}), named)


def test_it_is_said_in_words() -> None:
    assert in_words(EVERYONE) == "Everyone"
    data = {
        "all": [
            {"field": "spent", "between": [10, 20.5], "currency": "EUR"},
            {"any": [{"field": "guest", "is": True}, {"bought": {"type": "coffee", "within_days": 90}}]},
            {"not": {"field": "country", "in": ["DE", "AT"]}},
            {"field": "first_order", "before": "2026-01-31"},
        ]
    }
    assert in_words(read_condition(data)) == (
        "Spent between 10 and 20.5 EUR and (Guest: yes or Bought of the type “coffee” within 90 days) "
        "and not (Country is one of DE, AT) and First order before 2026-01-31"
    )

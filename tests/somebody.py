"""Random customers and random conditions, with values that meet often and ends that are met exactly."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from plugin.domain.condition_values import read_value
from plugin.domain.conditions import AllOf, AnyOf, Bought, By, Condition, FieldTest, Not, Person
from plugin.domain.customer import CustomerState, History
from plugin.domain.fields import FIELDS, OPERATORS, BoughtLine, Field, Kind, Operator
from plugin.domain.stages import Limits, Turns
from tests.shop import NOW

#: Few, so that tests and customers meet; one looks like another in small letters, one is no ASCII.
TEXTS = ("web", "WEB", "we%", "żółw", "PL", "DE", "EUR", "USD", "EN")
CURRENCIES = ("EUR", "USD")
NAMES, SKUS = ("P1", "Tea", "P2"), ("TEA", "tea", "CUP")
LIMITS = Limits(loyal_from=4)

#: Whole days before and after now, and a microsecond to either side.
moments = st.builds(
    lambda day, bit: NOW - timedelta(days=day, microseconds=bit), st.integers(-3, 40), st.integers(-1, 1)
)
money = st.decimals(-20, 60, places=3)
counts = st.integers(0, 6)


@st.composite
def people(draw: st.DrawFn, customer_id: int = 1) -> Person:
    state = CustomerState(
        customer_id,
        draw(st.none() | st.just(f"U{customer_id}")),
        "Ann",
        draw(st.none() | st.sampled_from(TEXTS)),
        confirmed=draw(st.booleans()),
        history=draw(histories()),
    )
    bought = state.history.last_at is not None
    turns = Turns(*(draw(_maybe(moments)) for _ in range(4))) if bought else Turns()
    lines = draw(st.lists(_lines, max_size=4)) if bought else []
    return Person(state, turns, LIMITS, draw(counts), tuple(lines))


@st.composite
def histories(draw: st.DrawFn) -> History:
    """What the store could hold, whether or not a fold could come to it."""
    if draw(st.integers(0, 5)) == 0:
        return History()
    currency = draw(st.sampled_from(CURRENCIES))
    first_at, last_at = sorted([draw(moments), draw(moments)])
    orders = draw(st.integers(1, 7))
    days = draw(st.integers(1, orders))
    return History(
        orders=orders,
        purchase_days=days,
        first_at=first_at,
        last_at=last_at,
        last_order_id="O1",
        first_day=first_at.date(),
        last_day=last_at.date(),
        spent={currency: draw(money)},
        bought={currency: draw(st.integers(1, orders))},
        last_gap=draw(_maybe(counts)),
        currency=currency,
        last_total=draw(money),
        channel=draw(_maybe(st.sampled_from(TEXTS))),
        country=draw(_maybe(st.sampled_from(["PL", "DE", "pl"]))),
        discounted=draw(st.integers(0, orders)),
        refunded=draw(st.integers(0, orders)),
        items=draw(st.integers(0, 20)),
    )


def conditions() -> st.SearchStrategy[Condition]:
    return st.recursive(
        _tests() | _bought,
        lambda inner: (
            st.builds(AllOf, st.lists(inner, max_size=3).map(tuple))
            | st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple))
            | st.builds(Not, inner)
        ),
        max_leaves=6,
    )


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


_lines = st.builds(
    BoughtLine,
    moments,
    st.sampled_from(NAMES),
    _maybe(st.sampled_from(NAMES)),
    _maybe(st.sampled_from(TEXTS)),
    _maybe(st.sampled_from(SKUS)),
)
_bought = st.builds(Bought, st.sampled_from(By), st.sampled_from((*NAMES, *SKUS, *TEXTS)), _maybe(st.integers(1, 40)))


@st.composite
def _tests(draw: st.DrawFn) -> FieldTest:
    field = draw(st.sampled_from(list(FIELDS.values())))
    operator = draw(st.sampled_from(OPERATORS[field.kind]))
    given = draw(_values(field, operator))
    currency = draw(st.sampled_from(CURRENCIES)) if field.kind is Kind.MONEY else None
    return FieldTest(field.key, operator, read_value(field, operator, given), currency)


def _values(field: Field, operator: Operator) -> st.SearchStrategy[Any]:
    one = _one(field)
    if operator is Operator.BETWEEN:
        return st.lists(one, min_size=2, max_size=2).map(sorted)
    if operator is Operator.IN:
        return st.lists(one, min_size=1, max_size=3)
    if operator is Operator.STARTS_WITH:
        return st.builds(lambda text, end: text[:end], one, st.integers(1, 4))
    return one


def _one(field: Field) -> st.SearchStrategy[Any]:
    match field.kind:
        case Kind.COUNT:
            return st.integers(-1, 7)
        case Kind.NUMBER:
            return st.sampled_from([0, 1, 2, 3, 5, 10, 20, 25, 50, 100]) | st.decimals(0, 12, places=3)
        case Kind.MONEY:
            return st.sampled_from([Decimal(0), Decimal(10), Decimal("12.5")]) | money
        case Kind.MOMENT:
            return moments
        case Kind.DAYS_SINCE:
            return st.integers(0, 40)
        case Kind.TEXT:
            return st.sampled_from(TEXTS)
        case Kind.CHOICE:
            return st.sampled_from(field.choices)
        case Kind.YES_NO:
            return st.booleans()

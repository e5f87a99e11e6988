"""Random customers and random conditions, of few values, so that they meet often and ends are met exactly."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from plugin.domain.condition_values import read_value
from plugin.domain.conditions import AllOf, AnyOf, Bought, By, Condition, FieldTest, Not, Person
from plugin.domain.consent import Consent
from plugin.domain.customer import CustomerState, History
from plugin.domain.fields import FIELDS, OPERATORS, BoughtLine, Field, Kind, Operator
from plugin.domain.stages import Limits, Turns
from tests.shop import NOW

T = TypeVar("T")

#: One looks like another in small letters, one is a pattern, one is no ASCII.
TEXTS = ("web", "WEB", "we%", "żółw", "PL", "DE", "EUR", "EN")
CURRENCIES = ("EUR", "USD")
NAMES, SKUS = ("P1", "Tea", "P2"), ("TEA", "tea", "CUP")
#: One is the beginning of another.
COLLECTIONS = ("tea", "tea-sale", "we%", "żółw")
DAYS = (0, 1, 2, 7, 30)
AMOUNTS = tuple(Decimal(amount) for amount in ("0", "10", "10.001", "12.5", "20", "25", "-5"))
LIMITS = Limits(loyal_from=3)

seeds = st.integers(0, 2**32 - 1)


def people() -> st.SearchStrategy[Person]:
    return seeds.map(lambda seed: person(Random(seed)))


def conditions() -> st.SearchStrategy[Condition]:
    return seeds.map(lambda seed: condition(Random(seed)))


def person(chance: Random) -> Person:
    history = _history(chance)
    bought = history.last_at is not None
    return Person(
        CustomerState(
            1,
            _maybe(chance, "U1"),
            "Ann",
            _maybe(chance, chance.choice(TEXTS)),
            confirmed=chance.random() < 0.5,
            history=history,
            consent=Consent(chance.random() < 0.5, chance.random() < 0.5),
        ),
        Turns(*(_maybe(chance, _moment(chance)) for _ in range(4))) if bought else Turns(),
        LIMITS,
        chance.randrange(4),
        tuple(_line(chance) for _ in range(chance.randrange(4))) if bought else (),
    )


def condition(chance: Random, depth: int = 3) -> Condition:
    shape = chance.randrange(6) if depth else 5
    if shape == 0:
        return AllOf(tuple(condition(chance, depth - 1) for _ in range(chance.randrange(4))))
    if shape == 1:
        return AnyOf(tuple(condition(chance, depth - 1) for _ in range(chance.randrange(1, 4))))
    if shape == 2:
        return Not(condition(chance, depth - 1))
    if chance.randrange(8) == 0:
        by, value = chance.choice(list(By)), chance.choice((*NAMES, *SKUS, *TEXTS, *COLLECTIONS, "tea\nsale"))
        return Bought(by, value, _maybe(chance, chance.choice(DAYS[1:])))
    return field_test(chance, chance.choice(list(FIELDS.values())))


def field_test(chance: Random, field: Field) -> FieldTest:
    operator = chance.choice(OPERATORS[field.kind])
    currency = chance.choice(CURRENCIES) if field.kind is Kind.MONEY else None
    return FieldTest(field.key, operator, read_value(field, operator, _value(chance, field, operator)), currency)


def _history(chance: Random) -> History:
    """What the store could hold, whether or not a fold could come to it."""
    if chance.randrange(6) == 0:
        return History()
    currency = chance.choice(CURRENCIES)
    first_at, last_at = sorted([_moment(chance), _moment(chance)])
    orders = chance.randrange(1, 5)
    return History(
        orders=orders,
        purchase_days=chance.randrange(1, orders + 1),
        first_at=first_at,
        last_at=last_at,
        last_order_id="O1",
        first_day=first_at.date(),
        last_day=last_at.date(),
        spent={currency: chance.choice(AMOUNTS)},
        bought={currency: chance.randrange(1, orders + 1)},
        last_gap=_maybe(chance, chance.randrange(4)),
        currency=currency,
        last_total=chance.choice(AMOUNTS),
        channel=_maybe(chance, chance.choice(TEXTS)),
        country=_maybe(chance, chance.choice(("PL", "DE", "pl"))),
        discounted=chance.randrange(orders + 1),
        refunded=chance.randrange(orders + 1),
        items=chance.randrange(9),
    )


def _line(chance: Random) -> BoughtLine:
    return BoughtLine(
        _moment(chance),
        chance.choice(NAMES),
        _maybe(chance, chance.choice(NAMES)),
        _maybe(chance, chance.choice(TEXTS)),
        _maybe(chance, chance.choice(SKUS)),
        _maybe(chance, tuple(chance.sample(COLLECTIONS, chance.randrange(4)))),
    )


def _moment(chance: Random) -> datetime:
    """So many days ago or ahead, sometimes a microsecond more or less."""
    bit = timedelta(microseconds=chance.choice((0, 0, 1, -1)))
    return NOW - timedelta(days=chance.choice((*DAYS, -1))) + bit


def _maybe(chance: Random, value: T) -> T | None:
    return None if chance.randrange(5) == 0 else value


def _value(chance: Random, field: Field, operator: Operator) -> Any:
    if operator is Operator.BETWEEN:
        return sorted(_one(chance, field) for _ in range(2))
    if operator is Operator.IN:
        return [_one(chance, field) for _ in range(chance.randrange(1, 4))]
    if operator is Operator.STARTS_WITH:
        return _one(chance, field)[: chance.randrange(1, 5)]
    return _one(chance, field)


def _one(chance: Random, field: Field) -> Any:
    values: dict[Kind, Sequence[Any]] = {
        Kind.COUNT: range(-1, 5),
        Kind.NUMBER: (0, 1, 2, 3, 7, 25, 50, 100, Decimal("0.5"), Decimal("1.333"), Decimal("33.334")),
        Kind.MONEY: AMOUNTS,
        Kind.DAYS_SINCE: DAYS,
        Kind.TEXT: TEXTS,
        Kind.CHOICE: field.choices,
        Kind.YES_NO: (True, False),
    }
    return _moment(chance) if field.kind is Kind.MOMENT else chance.choice(values[field.kind])

"""What a condition says of one customer at one moment, and when time alone may change that.

A field that is not known (the last order of who has never bought) makes every test on it false, and so
`not` of that test true. `plugin.store.conditions` says the same in SQL.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from operator import eq, ge, gt, le, lt
from typing import Any

from plugin.domain.condition_form import read_condition, write_condition
from plugin.domain.condition_types import (
    EVERYONE,
    AllOf,
    AnyOf,
    Bought,
    By,
    Condition,
    FieldTest,
    Named,
    Not,
    leaves,
    names_in,
    names_wanted,
    needs_lines,
    resolve,
)
from plugin.domain.condition_words import in_words
from plugin.domain.fields import FIELDS, BoughtLine, Kind, Operator, Person, Value

__all__ = [
    "EVERYONE",
    "AllOf",
    "AnyOf",
    "Bought",
    "By",
    "Condition",
    "FieldTest",
    "Named",
    "Not",
    "Person",
    "comparable",
    "current_value",
    "holds",
    "in_words",
    "leaves",
    "moves_by_time",
    "names_in",
    "names_wanted",
    "needs_lines",
    "next_change",
    "read_condition",
    "resolve",
    "write_condition",
]

#: After a moment that is itself still inside.
_NEXT = timedelta(microseconds=1)


def holds(condition: Condition, person: Person, now: datetime) -> bool:
    """Whether this is true of that customer; names must have been resolved."""
    match condition:
        case AllOf(parts):
            return all(holds(part, person, now) for part in parts)
        case AnyOf(parts):
            return any(holds(part, person, now) for part in parts)
        case Not(part):
            return not holds(part, person, now)
        case Bought():
            return any(_is_recent(condition, line, now) for line in person.lines if _matches(condition, line))
        case FieldTest():
            return _passes(condition, person, now)
        case Named(segment):
            raise ValueError(f"“{segment}” has not been resolved.")


def next_change(condition: Condition, person: Person, now: datetime) -> datetime | None:
    """The earliest moment later than now at which time alone may flip it; None: never."""
    return min((moment for moment in _moments(condition, person, now) if moment > now), default=None)


def moves_by_time(condition: Condition | None) -> bool:
    """Whether `next_change` can be anything; None is everybody."""
    return condition is not None and any(
        leaf.within_days is not None if isinstance(leaf, Bought) else FIELDS[leaf.field].moves_by_time
        for leaf in leaves(condition)
        if not isinstance(leaf, Named)
    )


def current_value(test: FieldTest, person: Person, now: datetime) -> Value:
    """What the field of this test says of the customer now; None where it is not known."""
    return FIELDS[test.field].read(person, now)


_COMPARE: Mapping[Operator, Callable[[Any, Any], bool]] = {
    Operator.IS: eq,
    Operator.IN: lambda value, wanted: value in wanted,
    Operator.STARTS_WITH: lambda value, wanted: value.startswith(wanted),
    Operator.AT_LEAST: ge,
    Operator.AT_MOST: le,
    Operator.MORE_THAN: gt,
    Operator.LESS_THAN: lt,
    Operator.BETWEEN: lambda value, ends: ends[0] <= value <= ends[1],
    Operator.BEFORE: lt,
    Operator.AFTER: ge,
}


def _passes(test: FieldTest, person: Person, now: datetime) -> bool:
    kind = FIELDS[test.field].kind
    value = current_value(test, person, now)
    if value is None or (kind is Kind.MONEY and test.currency != person.history.currency):
        return False
    if isinstance(value, Decimal):
        value = Fraction(value)
    elif kind is Kind.DAYS_SINCE and isinstance(value, datetime):
        return _COMPARE[test.operator](now - value, comparable(test))
    return _COMPARE[test.operator](value, comparable(test))


def comparable(test: FieldTest) -> Any:
    """The test's value as its field's values are compared: exactly."""
    if test.operator is Operator.BETWEEN and isinstance(test.value, tuple):
        return tuple(_exact(test, end) for end in test.value)
    return _exact(test, test.value)


def _exact(test: FieldTest, value: Any) -> Any:
    if not isinstance(value, Decimal):
        return value
    return timedelta(days=int(value)) if FIELDS[test.field].kind is Kind.DAYS_SINCE else Fraction(value)


def _matches(bought: Bought, line: BoughtLine) -> bool:
    match bought.by:
        case By.PRODUCT:
            return bought.value in {line.product_id, line.name}
        case By.TYPE:
            return bought.value == line.product_type
        case By.SKU:
            return bought.value == line.sku
        case By.COLLECTION:
            return bought.value in (line.collections or ())


def _is_recent(bought: Bought, line: BoughtLine, now: datetime) -> bool:
    return bought.within_days is None or line.placed_at >= now - timedelta(days=bought.within_days)


def _moments(condition: Condition, person: Person, now: datetime) -> Iterator[datetime]:
    for leaf in leaves(condition):
        match leaf:
            case Bought(within_days=int() as days):
                ends = timedelta(days=days) + _NEXT
                yield from (line.placed_at + ends for line in person.lines if _matches(leaf, line))
            case FieldTest(field):
                yield from (moment for moment in FIELDS[field].turns(person) if moment is not None)
                since = current_value(leaf, person, now)
                if FIELDS[field].kind is Kind.DAYS_SINCE and isinstance(since, datetime):
                    yield from _passing(leaf, since)


def _passing(test: FieldTest, since: datetime) -> Iterator[datetime]:
    """When the days since that moment enter and leave what the test allows."""
    wanted = comparable(test)
    match test.operator:
        case Operator.AT_LEAST | Operator.LESS_THAN:
            yield since + wanted
        case Operator.BETWEEN:
            yield since + wanted[0]
            yield since + wanted[1] + _NEXT
        case _:
            yield since + wanted + _NEXT

"""A condition as a person would say it."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from plugin.domain.condition_types import AllOf, AnyOf, Bought, By, Condition, FieldTest, Named, Not
from plugin.domain.fields import FIELDS, Kind, Operator

_SAID: Mapping[Operator, str] = {
    Operator.IS: "is",
    Operator.IN: "is one of",
    Operator.STARTS_WITH: "starts with",
    Operator.AT_LEAST: "at least",
    Operator.AT_MOST: "at most",
    Operator.MORE_THAN: "more than",
    Operator.LESS_THAN: "less than",
    Operator.BETWEEN: "between",
    Operator.BEFORE: "before",
    Operator.AFTER: "from",
}
_BY: Mapping[By, str] = {
    By.PRODUCT: "",
    By.TYPE: "of the type ",
    By.SKU: "with the SKU ",
    By.COLLECTION: "from the collection ",
}


def in_words(condition: Condition) -> str:
    """One line: `Days since the last order at least 60 and not (Country is one of DE, AT)`."""
    match condition:
        case AllOf(()):
            return "Everyone"
        case AllOf(parts):
            return " and ".join(_inner(part, AnyOf) for part in parts)
        case AnyOf(parts):
            return " or ".join(_inner(part, AllOf) for part in parts)
        case Not(part):
            return f"not ({in_words(part)})"
        case FieldTest():
            return _test(condition)
        case Bought(by, value, within_days):
            within = "ever" if within_days is None else f"within {within_days} days"
            return f"Bought {_BY[by]}“{value}” {within}"
        case Named(segment):
            return f"in “{segment}”"


def _inner(part: Condition, brackets: type[AllOf] | type[AnyOf]) -> str:
    several = isinstance(part, AllOf | AnyOf) and len(part.parts) > 1
    return f"({in_words(part)})" if several and isinstance(part, brackets) else in_words(part)


def _test(test: FieldTest) -> str:
    field = FIELDS[test.field]
    if field.kind is Kind.YES_NO:
        return f"{field.label}: {'yes' if test.value else 'no'}"
    unit = test.currency or ("%" if field.unit == "%" else "")
    return f"{field.label} {_SAID[test.operator]} {_value(test)}{' ' if unit else ''}{unit}"


def _value(test: FieldTest) -> str:
    if isinstance(test.value, tuple):
        said = [_plain(item) for item in test.value]
        return " and ".join(said) if test.operator is Operator.BETWEEN else ", ".join(said)
    return _plain(test.value)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        midnight = value.hour == value.minute == value.second == value.microsecond == 0
        return f"{value:%Y-%m-%d}" if midnight else f"{value:%Y-%m-%d %H:%M} UTC"
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)

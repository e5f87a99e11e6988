"""A condition part by part, for who asks why somebody is in a segment or is not."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from plugin.domain.condition_words import choice_in_words
from plugin.domain.conditions import (
    AllOf,
    AnyOf,
    Condition,
    FieldTest,
    Not,
    Person,
    current_value,
    holds,
    in_words,
)
from plugin.domain.fields import FIELDS, Kind
from plugin.domain.money import Money
from plugin.domain.phrases import phrase, phrases


@dataclass(frozen=True, slots=True)
class Part:
    #: 0 for the whole.
    depth: int
    said: str
    holds: bool
    #: What the field says of the customer; None for what is made of parts.
    value: str | None


def parts_of(condition: Condition, person: Person, now: datetime, depth: int = 0) -> Iterator[Part]:
    """The whole first, each part right after what it is a part of; names must have been resolved."""
    true = holds(condition, person, now)
    match condition:
        case AllOf(inner) | AnyOf(inner) if inner:
            yield Part(depth, phrase("All of") if isinstance(condition, AllOf) else phrase("One of"), true, None)
            for part in inner:
                yield from parts_of(part, person, now, depth + 1)
        case Not(part):
            yield Part(depth, phrase("Not"), true, None)
            yield from parts_of(part, person, now, depth + 1)
        case FieldTest():
            yield Part(depth, in_words(condition), true, _told(condition, person, now))
        case _:
            yield Part(depth, in_words(condition), true, None)


def _told(test: FieldTest, person: Person, now: datetime) -> str:
    value, kind = current_value(test, person, now), FIELDS[test.field].kind
    if value is None:
        return phrase("not known")
    if isinstance(value, bool):
        return phrase("yes") if value else phrase("no")
    if isinstance(value, datetime):
        if kind is Kind.DAYS_SINCE:
            return phrases((now - value).days, "{n} day", "{n} days")
        return phrase("{at}", at=value)
    if isinstance(value, Fraction | Decimal):
        if kind is Kind.MONEY:
            return phrase("{amount}", amount=Money(Decimal(float(value)), person.history.currency or ""))
        return phrase("{number}", number=round(float(value), 2))
    return choice_in_words(str(value)) if kind is Kind.CHOICE else str(value)

"""The values in conditions, read from what people and files say; each raises `Rejected` with one sentence."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, TypeAlias

from plugin.domain.fields import Field, Kind, Operator
from plugin.errors import Rejected

Given: TypeAlias = Decimal | tuple[Decimal, Decimal] | datetime | str | tuple[str, ...] | bool

#: Larger numbers are compared with nothing, so that every product with them fits into 64 bits.
LARGEST = Decimal(1_000_000_000)
#: A century: no silence is longer.
MOST_DAYS = 36_500
#: Values of one list, and characters of one value.
MOST_VALUES, LONGEST = 1_000, 255
_FINEST = Decimal("0.001")


def read_value(field: Field, operator: Operator, given: Any) -> Given:
    if operator is Operator.BETWEEN:
        if not isinstance(given, Sequence) or isinstance(given, str) or len(given) != 2:
            raise Rejected(f"{field.key} between: give two values, like [3, 5].")
        low, high = (_number(field, end) for end in given)
        if low > high:
            raise Rejected(f"{field.key} between {low} and {high}: the first must not be above the second.")
        return low, high
    match field.kind:
        case Kind.MOMENT:
            return _moment(field, given)
        case Kind.YES_NO:
            return _yes_no(field, given)
        case Kind.TEXT | Kind.CHOICE:
            return _texts(field, operator, given)
        case _:
            return _number(field, given)


def write_value(value: Given) -> Any:
    """As JSON and YAML have it."""
    if isinstance(value, Decimal):
        return int(value) if value == int(value) else float(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [write_value(item) for item in value]
    return value


def near(name: str, names: Sequence[str]) -> str:
    """The end of a sentence that refuses a name: those that look like it, or all where few are there."""
    close = get_close_matches(name, names, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(f'“{found}”' for found in close)}?"
    return f"There {'is' if len(names) == 1 else 'are'} {', '.join(names) or 'none'}."


def _number(field: Field, given: Any) -> Decimal:
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(given, bool) or not number.is_finite():
        raise Rejected(f"{field.key}: {given!r} is not a number.")
    if abs(number) > LARGEST:
        raise Rejected(f"{field.key}: {given} is beyond {LARGEST:,}.")
    whole = field.kind in {Kind.COUNT, Kind.DAYS_SINCE}
    if whole and number != int(number):
        raise Rejected(f"{field.key}: {given} is not a whole number.")
    if number != number.quantize(_FINEST):
        raise Rejected(f"{field.key}: {given} has more than three decimals.")
    if field.kind is Kind.DAYS_SINCE and not 0 <= number <= MOST_DAYS:
        raise Rejected(f"{field.key}: {given} days is not between 0 and {MOST_DAYS}.")
    return number.quantize(Decimal(1)) if number == int(number) else number.normalize()


def _moment(field: Field, given: Any) -> datetime:
    """A day is its midnight in UTC; so is a time without a zone."""
    try:
        told = datetime.fromisoformat(given) if isinstance(given, str) else given
        if isinstance(told, datetime):
            return told.replace(tzinfo=UTC) if told.tzinfo is None else told.astimezone(UTC)
        if isinstance(told, date):
            return datetime.combine(told, time(0), UTC)
    except (ValueError, OverflowError):
        pass
    raise Rejected(f"{field.key}: {given!r} is no date; write it like 2026-01-31.")


def _yes_no(field: Field, given: Any) -> bool:
    words: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}
    if str(given).lower() not in words:
        raise Rejected(f"{field.key}: {given!r} must be yes or no.")
    return words[str(given).lower()]


def _texts(field: Field, operator: Operator, given: Any) -> str | tuple[str, ...]:
    if operator is not Operator.IN:
        return _text(field, given)
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise Rejected(f"{field.key} in: give a list, like [{', '.join(field.choices[:2]) or 'DE, AT'}].")
    if not 0 < len(given) <= MOST_VALUES:
        raise Rejected(f"{field.key} in: the list must have one value or more, and at most {MOST_VALUES:,}.")
    return tuple(dict.fromkeys(_text(field, item) for item in given))


def _text(field: Field, given: Any) -> str:
    if isinstance(given, bool):
        raise Rejected(f"{field.key}: {given} is a yes or no; put a country like 'NO' between quotes.")
    text = read_text(field.key, given)
    if field.choices and text not in field.choices:
        raise Rejected(f"{field.key} cannot be “{text}”. {near(text, field.choices)}")
    return text


def read_text(what: str, given: Any) -> str:
    """Text that a database can be asked for."""
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST or "\0" in given or _broken(given):
        raise Rejected(f"{what}: {given!r} must be a text of 1 to {LONGEST} characters.")
    return given


def _broken(text: str) -> bool:
    """Half a character, as JSON can spell it."""
    return any("\ud800" <= character <= "\udfff" for character in text)

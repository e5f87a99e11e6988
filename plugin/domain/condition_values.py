"""The values in conditions, read from what people and files say; each raises `Rejected` with one sentence."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Any, TypeAlias

from plugin.domain.fields import Field, Kind, Operator
from plugin.domain.phrases import joined, phrase
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
            raise wrong(field.key, phrase("give two values, like [3, 5]."))
        low, high = (_number(field, end) for end in given)
        if low > high:
            raise wrong(
                field.key,
                phrase(
                    "{low} is the first and {high} the second: the first must not be above the second.",
                    low=low,
                    high=high,
                ),
            )
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
        return phrase("Did you mean {names}?", names=tuple(f"“{found}”" for found in close))
    if not names:
        return phrase("There are none.")
    return (
        phrase("There is {names}.", names=names[0])
        if len(names) == 1
        else phrase("There are {names}.", names=tuple(names))
    )


def wrong(key: str, problem: str) -> Rejected:
    """Of one field. Beside it on a page the problem is said alone (`problem` among the phrase's values)."""
    return Rejected(phrase("{key}: {problem}", key=key, problem=problem))


def _number(field: Field, given: Any) -> Decimal:
    try:
        number = Decimal(str(given))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(given, bool) or not number.is_finite():
        raise wrong(field.key, phrase("{given} is not a number.", given=repr(given)))
    if abs(number) > LARGEST:
        raise wrong(field.key, phrase("{given} is beyond {most}.", given=str(given), most=LARGEST))
    whole = field.kind in {Kind.COUNT, Kind.DAYS_SINCE}
    if whole and number != int(number):
        raise wrong(field.key, phrase("{given} is not a whole number.", given=str(given)))
    if number != number.quantize(_FINEST):
        raise wrong(field.key, phrase("{given} has more than three decimals.", given=str(given)))
    if field.kind is Kind.DAYS_SINCE and not 0 <= number <= MOST_DAYS:
        raise wrong(field.key, phrase("{given} days is not between 0 and {most}.", given=str(given), most=MOST_DAYS))
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
    raise wrong(field.key, phrase("{given} is no date; write it like 2026-01-31.", given=repr(given)))


def _yes_no(field: Field, given: Any) -> bool:
    words: Mapping[str, bool] = {"true": True, "yes": True, "false": False, "no": False}
    if str(given).lower() not in words:
        raise wrong(field.key, phrase("{given} must be yes or no.", given=repr(given)))
    return words[str(given).lower()]


def _texts(field: Field, operator: Operator, given: Any) -> str | tuple[str, ...]:
    if operator is not Operator.IN:
        return _text(field, given)
    if isinstance(given, str) or not isinstance(given, Sequence):
        raise wrong(field.key, phrase("give a list, like [{like}].", like=tuple(field.choices[:2]) or "DE, AT"))
    if not 0 < len(given) <= MOST_VALUES:
        raise wrong(field.key, phrase("the list must have one value or more, and at most {most}.", most=MOST_VALUES))
    return tuple(dict.fromkeys(_text(field, item) for item in given))


def _text(field: Field, given: Any) -> str:
    if isinstance(given, bool):
        raise wrong(
            field.key, phrase("{given} is a yes or no; put a country like 'NO' between quotes.", given=str(given))
        )
    text = read_text(field.key, given)
    if field.choices and text not in field.choices:
        raise wrong(field.key, joined((phrase("it cannot be “{text}”.", text=text), near(text, field.choices))))
    return text


def read_text(what: str, given: Any) -> str:
    """Text that a database can be asked for."""
    if not isinstance(given, str) or not 0 < len(given) <= LONGEST or "\0" in given or _broken(given):
        raise wrong(what, phrase("{given} must be a text of 1 to {most} characters.", given=repr(given), most=LONGEST))
    return given


def _broken(text: str) -> bool:
    """Half a character, as JSON can spell it."""
    return any("\ud800" <= character <= "\udfff" for character in text)

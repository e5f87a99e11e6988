"""A condition as a person would say it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from plugin.domain.condition_types import AllOf, AnyOf, Bought, By, Condition, FieldTest, Named, Not
from plugin.domain.fields import FIELDS, Kind, Operator
from plugin.domain.phrases import N_, phrase, phrases, plurals

_SAID: Mapping[Operator, str] = {
    Operator.IS: N_("{field} is {value}"),
    Operator.IN: N_("{field} is one of {value}"),
    Operator.STARTS_WITH: N_("{field} starts with {value}"),
    Operator.AT_LEAST: N_("{field} at least {value}"),
    Operator.AT_MOST: N_("{field} at most {value}"),
    Operator.MORE_THAN: N_("{field} more than {value}"),
    Operator.LESS_THAN: N_("{field} less than {value}"),
    Operator.BETWEEN: N_("{field} between {value} and {high}"),
    Operator.BEFORE: N_("{field} before {value}"),
    Operator.AFTER: N_("{field} from {value}"),
}
_EVER: Mapping[By, str] = {
    By.PRODUCT: N_("Bought “{what}” ever"),
    By.TYPE: N_("Bought of the type “{what}” ever"),
    By.SKU: N_("Bought with the SKU “{what}” ever"),
    By.COLLECTION: N_("Bought from the collection “{what}” ever"),
}
_WITHIN: Mapping[By, tuple[str, str]] = {
    By.PRODUCT: plurals("Bought “{what}” within {n} day", "Bought “{what}” within {n} days"),
    By.TYPE: plurals("Bought of the type “{what}” within {n} day", "Bought of the type “{what}” within {n} days"),
    By.SKU: plurals("Bought with the SKU “{what}” within {n} day", "Bought with the SKU “{what}” within {n} days"),
    By.COLLECTION: plurals(
        "Bought from the collection “{what}” within {n} day", "Bought from the collection “{what}” within {n} days"
    ),
}


def in_words(condition: Condition) -> str:
    """One line: `Days since the last order at least 60 and not (Country is one of DE, AT)`."""
    match condition:
        case AllOf(()):
            return phrase("Everyone")
        case AllOf(parts):
            return _chain([_inner(part, AnyOf) for part in parts], N_("{one} and {other}"))
        case AnyOf(parts):
            return _chain([_inner(part, AllOf) for part in parts], N_("{one} or {other}"))
        case Not(part):
            return phrase("not ({part})", part=in_words(part))
        case FieldTest():
            return _test(condition)
        case Bought(by, value, within_days):
            if within_days is None:
                return phrase(_EVER[by], what=value)
            return phrases(within_days, *_WITHIN[by], what=value)
        case Named(segment):
            return phrase("in “{segment}”", segment=segment)


def _chain(parts: Sequence[str], between: str) -> str:
    """In halves, so that many parts do not lie within each other as deep as they are many."""
    if len(parts) == 1:
        return parts[0]
    half = len(parts) // 2
    return phrase(between, one=_chain(parts[:half], between), other=_chain(parts[half:], between))


def _inner(part: Condition, brackets: type[AllOf] | type[AnyOf]) -> str:
    several = isinstance(part, AllOf | AnyOf) and len(part.parts) > 1
    return phrase("({part})", part=in_words(part)) if several and isinstance(part, brackets) else in_words(part)


def _test(test: FieldTest) -> str:
    field = FIELDS[test.field]
    if field.kind is Kind.YES_NO:
        said = N_("{field}: yes") if test.value else N_("{field}: no")
        return phrase(said, field=phrase(field.label))
    unit = test.currency or ("%" if field.unit == "%" else "")
    values: dict[str, Any] = {"value": _value(test.value, field.kind)}
    if test.operator is Operator.BETWEEN and isinstance(test.value, tuple):
        values = {name: _value(end, field.kind) for name, end in zip(("value", "high"), test.value, strict=True)}
    if unit:
        last = next(reversed(values))
        values[last] = phrase("{number} {unit}", number=values[last], unit=unit)
    return phrase(_SAID[test.operator], field=phrase(field.label), **values)


def _value(value: Any, kind: Kind) -> Any:
    if isinstance(value, tuple):
        return tuple(_value(item, kind) for item in value)
    if isinstance(value, datetime):
        midnight = value.hour == value.minute == value.second == value.microsecond == 0
        return value.date() if midnight else value
    return choice_in_words(value) if kind is Kind.CHOICE else value


def choice_in_words(value: str) -> str:
    """`at_risk` as At risk."""
    return phrase(value.replace("_", " ").capitalize())

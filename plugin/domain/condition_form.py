"""Conditions as people and files write them: JSON, and so YAML.

`{all: [{field: orders, at_least: 2}, {not: {segment: loyal}}, {bought: {type: coffee, within_days: 90}}]}`
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from plugin.domain.condition_types import AllOf, AnyOf, Bought, By, Condition, FieldTest, Named, Not
from plugin.domain.condition_values import MOST_DAYS, near, read_text, read_value, write_value, wrong
from plugin.domain.fields import FIELDS, OPERATORS, Kind, Operator
from plugin.domain.phrases import joined, phrase
from plugin.errors import Rejected

#: Conditions within conditions, and all of them: no person writes more.
DEEPEST, MOST_PARTS = 20, 500
_WITHIN = "within_days"


def read_condition(data: Any) -> Condition:
    """The condition; nothing at all (`{}`) is everyone. Raises `Rejected` with one sentence."""
    return _read(data, 1, iter(range(MOST_PARTS)))


def write_condition(condition: Condition) -> dict[str, Any]:
    """As JSON values: the inverse of `read_condition`."""
    match condition:
        case AllOf(parts):
            return {"all": [write_condition(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [write_condition(part) for part in parts]}
        case Not(part):
            return {"not": write_condition(part)}
        case FieldTest(field, operator, value, currency):
            money = {} if currency is None else {"currency": currency}
            return {"field": field, operator.value: write_value(value), **money}
        case Bought(by, value, within_days):
            within = {} if within_days is None else {_WITHIN: within_days}
            return {"bought": {by.value: value, **within}}
        case Named(segment):
            return {"segment": segment}


def _read(data: Any, depth: int, left: Iterator[int]) -> Condition:
    if depth > DEEPEST or next(left, None) is None:
        raise Rejected(
            phrase(
                "A condition may be {deep} deep and have {parts} parts; this one has more.",
                deep=DEEPEST,
                parts=MOST_PARTS,
            )
        )
    if isinstance(data, Mapping) and not data:
        return AllOf(())
    if not isinstance(data, Mapping):
        raise Rejected(
            phrase("{given} is no condition; it must be a table like {{field: orders, at_least: 2}}.", given=repr(data))
        )
    if "field" in data:
        return _test(data)
    readers: Mapping[str, Callable[[Any], Condition]] = {
        "all": lambda given: AllOf(tuple(_read(part, depth + 1, left) for part in _parts("all", given))),
        "any": lambda given: AnyOf(tuple(_read(part, depth + 1, left) for part in _parts("any", given))),
        "not": lambda given: Not(_read(given, depth + 1, left)),
        "bought": _bought,
        "segment": lambda given: Named(read_text("segment", given)),
    }
    names = [str(name) for name in data]
    if len(names) != 1:
        raise Rejected(
            phrase("{names} stand side by side in one condition; put them into an all or an any.", names=tuple(names))
        )
    read = readers.get(names[0])
    if read is None:
        raise Rejected(
            joined((phrase("“{name}” is no kind of condition.", name=names[0]), near(names[0], ["field", *readers])))
        )
    return read(data[names[0]])


def _parts(name: str, given: Any) -> Sequence[Any]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise Rejected(phrase("“{name}” needs a list of conditions.", name=name))
    if name == "any" and not given:
        raise Rejected(phrase("“any” of no conditions is nobody; name at least one."))
    return given


def _test(data: Mapping[Any, Any]) -> FieldTest:
    key = data["field"]
    if not isinstance(key, str) or key not in FIELDS:
        raise Rejected(joined((phrase("There is no field “{key}”.", key=str(key)), near(str(key), list(FIELDS)))))
    field = FIELDS[key]
    names = [str(name) for name in data if name not in {"field", "currency"}]
    allowed = [operator.value for operator in OPERATORS[field.kind]]
    for name in names:
        if name not in allowed:
            raise wrong(key, phrase("it knows no “{name}”; it knows {allowed}.", name=name, allowed=tuple(allowed)))
    if not names:
        raise wrong(key, phrase("it has nothing to compare with; give one of {allowed}.", allowed=tuple(allowed)))
    if len(names) != 1:
        said = phrase("it has {names} at once; give one of {allowed}.", names=tuple(names), allowed=tuple(allowed))
        raise wrong(key, said)
    operator = Operator(names[0])
    return FieldTest(key, operator, read_value(field, operator, data[names[0]]), _currency(field.kind, data))


def _currency(kind: Kind, data: Mapping[Any, Any]) -> str | None:
    key, given = data["field"], data.get("currency")
    if kind is not Kind.MONEY:
        if given is not None:
            raise wrong(key, phrase("it is no money, so it has no currency."))
        return None
    if not isinstance(given, str) or len(given) != 3 or not given.isascii() or not given.isupper():
        raise wrong(
            key, phrase("it needs a currency, like currency: EUR; amounts are never compared across currencies.")
        )
    return given


def _bought(given: Any) -> Bought:
    if not isinstance(given, Mapping):
        raise Rejected(phrase("“bought” needs a table like {type: coffee, within_days: 90}."))
    ways = [way.value for way in By]
    named = [str(name) for name in given if name != _WITHIN]
    for name in named:
        if name not in ways:
            raise Rejected(joined((phrase("“bought” knows no “{name}”.", name=name), near(name, [*ways, _WITHIN]))))
    if len(named) != 1:
        raise Rejected(phrase("“bought” needs exactly one of {ways}.", ways=tuple(ways)))
    return Bought(By(named[0]), read_text(f"bought {named[0]}", given[named[0]]), _days(given.get(_WITHIN)))


def _days(given: Any) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_DAYS:
        raise wrong(
            "bought within_days",
            phrase("{given} must be a whole number of days from 1 to {most}.", given=repr(given), most=MOST_DAYS),
        )
    return given

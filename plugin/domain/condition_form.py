"""Conditions as people and files write them: JSON, and so YAML.

`{all: [{field: orders, at_least: 2}, {not: {segment: loyal}}, {bought: {type: coffee, within_days: 90}}]}`
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from plugin.domain.condition_types import AllOf, AnyOf, Bought, By, Condition, FieldTest, Named, Not
from plugin.domain.condition_values import MOST_DAYS, near, read_text, read_value, write_value
from plugin.domain.fields import FIELDS, OPERATORS, Kind, Operator
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
        raise Rejected(f"A condition may be {DEEPEST} deep and have {MOST_PARTS} parts; this one has more.")
    if isinstance(data, Mapping) and not data:
        return AllOf(())
    if not isinstance(data, Mapping):
        raise Rejected(f"{data!r} is no condition; it must be a table like {{field: orders, at_least: 2}}.")
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
        raise Rejected(f"{', '.join(names)} stand side by side in one condition; put them into an all or an any.")
    read = readers.get(names[0])
    if read is None:
        raise Rejected(f"“{names[0]}” is no kind of condition. {near(names[0], ['field', *readers])}")
    return read(data[names[0]])


def _parts(name: str, given: Any) -> Sequence[Any]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise Rejected(f"“{name}” needs a list of conditions.")
    if name == "any" and not given:
        raise Rejected("“any” of no conditions is nobody; name at least one.")
    return given


def _test(data: Mapping[Any, Any]) -> FieldTest:
    key = data["field"]
    if not isinstance(key, str) or key not in FIELDS:
        raise Rejected(f"There is no field “{key}”. {near(str(key), list(FIELDS))}")
    field = FIELDS[key]
    names = [str(name) for name in data if name not in {"field", "currency"}]
    allowed = [operator.value for operator in OPERATORS[field.kind]]
    for name in names:
        if name not in allowed:
            raise Rejected(f"{key} knows no “{name}”; it knows {', '.join(allowed)}.")
    if len(names) != 1:
        said = f"both {' and '.join(names)}" if names else "nothing to compare with"
        raise Rejected(f"{key} has {said}; give one of {', '.join(allowed)}.")
    operator = Operator(names[0])
    return FieldTest(key, operator, read_value(field, operator, data[names[0]]), _currency(field.kind, data))


def _currency(kind: Kind, data: Mapping[Any, Any]) -> str | None:
    key, given = data["field"], data.get("currency")
    if kind is not Kind.MONEY:
        if given is not None:
            raise Rejected(f"{key} is no money, so it has no currency.")
        return None
    if not isinstance(given, str) or len(given) != 3 or not given.isascii() or not given.isupper():
        raise Rejected(f"{key} needs a currency, like currency: EUR; amounts are never compared across currencies.")
    return given


def _bought(given: Any) -> Bought:
    if not isinstance(given, Mapping):
        raise Rejected("“bought” needs a table like {type: coffee, within_days: 90}.")
    ways = [way.value for way in By]
    named = [str(name) for name in given if name != _WITHIN]
    for name in named:
        if name not in ways:
            raise Rejected(f"“bought” knows no “{name}”. {near(name, [*ways, _WITHIN])}")
    if len(named) != 1:
        raise Rejected(f"“bought” needs exactly one of {', '.join(ways)}.")
    return Bought(By(named[0]), read_text(f"bought {named[0]}", given[named[0]]), _days(given.get(_WITHIN)))


def _days(given: Any) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_DAYS:
        raise Rejected(f"bought within_days: {given!r} must be a whole number of days from 1 to {MOST_DAYS}.")
    return given

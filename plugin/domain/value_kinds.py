"""What kind of value a field of a parameters' dataclass holds, as a form has to know it."""

import types
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, StrEnum
from typing import Any, Union, get_args, get_origin


class ValueKind(StrEnum):
    INTEGER = "integer"
    NUMBER = "number"
    #: An amount of a currency that is said elsewhere.
    MONEY = "money"
    YES_NO = "yes_no"
    CHOICE = "choice"
    TEXT = "text"
    #: More than a line.
    LONG_TEXT = "long_text"
    MOMENT = "moment"
    DAY = "day"
    LIST = "list"
    #: Key → value, and key → key → value.
    TABLE = "table"
    NESTED_TABLE = "nested_table"


_PLAIN: Mapping[Any, ValueKind] = {
    bool: ValueKind.YES_NO,
    int: ValueKind.INTEGER,
    float: ValueKind.NUMBER,
    Decimal: ValueKind.NUMBER,
    datetime: ValueKind.MOMENT,
    date: ValueKind.DAY,
}


def describe_hint(hint: Any, said: ValueKind | None = None) -> dict[str, Any]:
    """kind, optional, choices, and of lists and tables the kind of an item; `said` goes before what the type says."""
    optional = get_origin(hint) in {Union, types.UnionType}
    if optional:
        hint = next(arg for arg in get_args(hint) if arg is not type(None))
    kind, item = _kind_of(hint), _item_of(hint)
    choices = [str(one.value) for one in hint] if kind is ValueKind.CHOICE else []
    if said is not None and item is not None:
        item = said
    elif said is not None:
        kind = said
    return {
        "kind": kind.value,
        "item": None if item is None else item.value,
        "optional": optional,
        "choices": choices,
    }


def _kind_of(hint: Any) -> ValueKind:
    if get_origin(hint) in {Mapping, dict}:
        return ValueKind.NESTED_TABLE if get_origin(get_args(hint)[1]) in {Mapping, dict} else ValueKind.TABLE
    if get_origin(hint) is tuple:
        return ValueKind.LIST
    if isinstance(hint, type) and issubclass(hint, Enum):
        return ValueKind.CHOICE
    return _PLAIN.get(hint, ValueKind.TEXT)


def _item_of(hint: Any) -> ValueKind | None:
    """The innermost: of a nested table, what its inner tables hold."""
    if get_origin(hint) is tuple:
        return _kind_of(get_args(hint)[0])
    if get_origin(hint) not in {Mapping, dict}:
        return None
    inner = get_args(hint)[1]
    return _item_of(inner) or _kind_of(inner)

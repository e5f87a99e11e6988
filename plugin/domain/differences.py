"""What changed between two versions of a campaign, for people."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

#: Said as a whole: half of a condition means nothing.
_WHOLE = frozenset({"audience", "exclude"})
_MISSING = object()


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """One line for each value that differs, as `value: 10 → 15`; tables are compared name by name."""
    return list(_differences(before, after, ""))


def _differences(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in (*after, *(name for name in before if name not in after)):
        was, is_now = before.get(name, _MISSING), after.get(name, _MISSING)
        if was == is_now or (_is_empty(was) and _is_empty(is_now)):
            continue
        where = name if path in {"", "params"} else f"{path}.{name}"
        tables = all(isinstance(value, Mapping) or _is_empty(value) for value in (was, is_now))
        if tables and name not in _WHOLE:
            yield from _differences(_table(was), _table(is_now), where)
        else:
            yield f"{where}: {_said(was)} → {_said(is_now)}"


def _table(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_empty(value: Any) -> bool:
    return value is _MISSING or value is None or (isinstance(value, Mapping | list | str) and not value)


def _said(value: Any) -> str:
    if _is_empty(value):
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

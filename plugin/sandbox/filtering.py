"""Saleor's `where` inputs, for the fields that the sandbox knows."""

import re
from collections.abc import Callable, Mapping
from typing import Any

Readers = Mapping[str, Callable[[Any], Any]]


def _fits(value: Any, want: Any) -> bool:
    if not isinstance(want, dict):
        return bool(value == want)
    if want.get("eq") is not None and value != want["eq"]:
        return False
    if want.get("one_of") is not None and value not in want["one_of"]:
        return False
    between = want.get("range") or want
    low, high = between.get("gte"), between.get("lte")
    if low is None and high is None:
        return True
    return value is not None and (low is None or value >= low) and (high is None or value <= high)


def matches(item: Any, where: Mapping[str, Any] | None, readers: Readers) -> bool:
    for key, want in (where or {}).items():
        if want is None:
            continue
        if key == "and":
            fits = all(matches(item, part, readers) for part in want)
        elif key == "or":
            fits = any(matches(item, part, readers) for part in want)
        elif key == "ids":
            fits = item.id in want
        else:
            fits = _fits(readers[key](item), want)
        if not fits:
            return False
    return True


def contains(text: str | None, *values: str | None) -> bool:
    """Whether a search would find it; everything is found by an empty one."""
    return not text or any(text.lower() in value.lower() for value in values if value)


def begins(text: str | None, *values: str | None) -> bool:
    """Whether a full-text search would find it: each word of the text begins a word of these."""
    words = [word for value in values if value for word in _words(value)]
    return all(any(word.startswith(asked) for word in words) for asked in _words(text or ""))


def _words(text: str) -> list[str]:
    return [word for word in re.split(r"[^\w]+", text.lower()) if word]

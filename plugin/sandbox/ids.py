"""Saleor's global ids: base64 of `Type:key`."""

import base64
import binascii
import uuid
from collections import defaultdict


def global_id(typename: str, key: int | str | uuid.UUID) -> str:
    return base64.b64encode(f"{typename}:{key}".encode()).decode()


def read_global_id(text: str) -> tuple[str, str]:
    """The type and the key; two empty strings for what is no global id."""
    try:
        typename, separator, key = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (typename, key) if separator else ("", "")


class Numbers:
    """Serial numbers by type, for those of Saleor's types whose keys are integers."""

    def __init__(self) -> None:
        self._last: defaultdict[str, int] = defaultdict(int)

    def next(self, typename: str) -> int:
        self._last[typename] += 1
        return self._last[typename]

    def next_id(self, typename: str) -> str:
        return global_id(typename, self.next(typename))


def fresh_id(typename: str) -> str:
    """An id for those of Saleor's types whose keys are UUIDs."""
    return global_id(typename, uuid.uuid4())

"""Relay pages over lists, with Saleor's limits."""

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from graphql import GraphQLError

MAX_PAGE = 100

#: what a list is sorted by, unique for each item; a cursor holds it, so that changes meanwhile skip nothing
SortKey = Callable[[Any], tuple[str | int | float, ...]]


@dataclass(frozen=True, slots=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class Edge:
    node: Any
    cursor: str


@dataclass(frozen=True, slots=True)
class Connection:
    edges: list[Edge]
    page_info: PageInfo
    total_count: int


def _to_cursor(key: tuple[str | int | float, ...]) -> str:
    return base64.b64encode(json.dumps(key).encode()).decode()


def _from_cursor(cursor: str) -> tuple[str | int | float, ...]:
    try:
        key = json.loads(base64.b64decode(cursor, validate=True))
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, list):
        raise GraphQLError("Received cursor is invalid.")
    return tuple(key)


def _check(name: str, first: int | None, last: int | None) -> None:
    if first is None and last is None:
        raise GraphQLError(f"You must provide a `first` or `last` value to properly paginate the `{name}` connection.")
    for word, number in (("first", first), ("last", last)):
        if number is not None and number > MAX_PAGE:
            raise GraphQLError(
                f"Requesting {number} records on the `{name}` connection exceeds the `{word}` limit of {MAX_PAGE} records."
            )


def connection(
    name: str,
    items: Iterable[Any],
    key: SortKey,
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    descending: bool = False,
) -> Connection:
    _check(name, first, last)
    rows = sorted(items, key=key)
    start, stop = 0, len(rows)
    low, high = (before, after) if descending else (after, before)
    if low:
        start = bisect_right(rows, _from_cursor(low), key=key)
    if high:
        stop = max(start, bisect_left(rows, _from_cursor(high), key=key))
    size = first if first is not None else last
    from_the_end = descending if first is not None else not descending
    page = (start, stop)
    if size is not None and stop - start > size:
        page = (stop - size, stop) if from_the_end else (start, start + size)
    found = rows[page[0] : page[1]]
    edges = [Edge(item, _to_cursor(key(item))) for item in found]
    before_page, after_page = page[0] > 0, page[1] < len(rows)
    if descending:
        edges.reverse()
        before_page, after_page = after_page, before_page
    info = PageInfo(after_page, before_page, edges[0].cursor if edges else None, edges[-1].cursor if edges else None)
    return Connection(edges, info, len(rows))

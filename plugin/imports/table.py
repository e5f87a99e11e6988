"""Tables in CSV files: cells by the names of their columns, and what is wrong with a row in a sentence.

Rows that cannot be read are told apart from those that can, with their lines and what is wrong with them.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal, InvalidOperation
from io import StringIO
from pathlib import Path
from typing import Generic, TypeVar

from plugin.errors import Rejected

R = TypeVar("R")

#: Lines of broken rows that are told.
TOLD = 10
FIRST_YEAR, LAST_YEAR = 1970, 9999
#: A clock may be so wrong, and a file be of another zone.
FUTURE = timedelta(days=1)
#: Of one order.
MOST_PIECES = 10**6
#: Digits with at most one point: nothing that a spreadsheet made of a number.
NUMBER = re.compile(r"[+-]?(\d{1,15}(\.\d{0,6})?|\.\d{1,6})")


@dataclass(frozen=True, slots=True)
class Columns:
    required: Sequence[str]
    optional: Sequence[str]


@dataclass(frozen=True, slots=True)
class Broken:
    line: int
    problem: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Reading(Generic[R]):
    """What a file says, in its order, and what of it could not be read."""

    orders: Sequence[R]
    broken: Sequence[Broken]

    def complete(self, name: str, *, skip_broken: bool, nothing: str) -> Sequence[R]:
        """The orders. Raises `Rejected` where rows are broken and are not to be skipped: `nothing` was done."""
        if self.broken and not skip_broken:
            rows = len(self.broken) + len(self.orders)
            told = "\n".join(f"  {broken}" for broken in self.broken[:TOLD])
            more = f"\n  and {len(self.broken) - TOLD} more" if len(self.broken) > TOLD else ""
            raise Rejected(
                f"{name}: {len(self.broken)} of {rows} rows cannot be read, so {nothing}. Correct them, or leave "
                f"them out with --skip-broken.\n{told}{more}"
            )
        if not self.orders:
            raise Rejected(f"{name} has no orders.")
        return self.orders


class Unreadable(Exception):
    """Of one row: the sentence says what is wrong."""


def read_table(path: Path, columns: Columns, read: Callable[[int, Mapping[str, str]], R]) -> Reading[R]:
    """Each row by `read`, which gets its line and its cells, trimmed, and raises `Unreadable`.

    Raises `Rejected` where the file as a whole cannot be read.
    """
    text = _text(path)
    rows = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text))
    places = _places(path, columns, rows)
    good, broken = list[R](), list[Broken]()
    for line, row in _lines(path, rows):
        try:
            good.append(read(line, _cells(places, columns, row)))
        except Unreadable as error:
            broken.append(Broken(line, str(error)))
    return Reading(good, broken)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise Rejected(f"{path} cannot be read: {error.strerror or error}.") from None
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Rejected(f"{path} is not UTF-8, as line {line} shows: save it as “CSV UTF-8” and try again.") from None


def _delimiter(text: str) -> str:
    header = text.lstrip().partition("\n")[0]
    return max(",;\t", key=header.count)


def _places(path: Path, columns: Columns, rows: Iterator[list[str]]) -> Mapping[str, int]:
    header = next((row for _, row in _lines(path, rows)), None)
    if header is None:
        raise Rejected(f"{path} is empty: its first line has to name the columns {', '.join(columns.required)}.")
    names = [name.strip().casefold() for name in header]
    missing = [name for name in columns.required if name not in names]
    if missing:
        raise Rejected(
            f"{path} has no column {' and no '.join(missing)}. Its first line has to name {', '.join(columns.required)} "
            f"and may name {', '.join(columns.optional)}; it is: {', '.join(names)[:200]}."
        )
    twice = [name for name in (*columns.required, *columns.optional) if names.count(name) > 1]
    if twice:
        raise Rejected(f"{path} has more than one column {twice[0]}: which one is meant?")
    return {name: names.index(name) for name in names} | {"": len(names)}


def _lines(path: Path, rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """With their line numbers (the last one's, where a row has several); empty lines are passed over."""
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise Rejected(f"{path} is no CSV file from line {rows.line_num} on: {error}.") from None  # type: ignore[attr-defined]
        if any(cell.strip() for cell in row):
            yield rows.line_num, row  # type: ignore[attr-defined]


def _cells(places: Mapping[str, int], columns: Columns, row: list[str]) -> Mapping[str, str]:
    if len(row) != places[""]:
        raise Unreadable(f"{len(row)} cells where the first line names {places['']}")
    cells = {name: row[places[name]].strip() for name in (*columns.required, *columns.optional) if name in places}
    for name, cell in cells.items():
        if "\0" in cell:
            raise Unreadable(f"{name} has a character in it that is none (NUL)")
    return cells


def moment_of(cell: str, zone: tzinfo, now: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        raise Unreadable(
            f"ordered_at is “{cell[:40]}”, where 2026-03-31 or 2026-03-31T18:05:00+02:00 is understood"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        raise Unreadable(f"ordered_at is in the year {moment.year}")
    if moment > now + FUTURE:
        raise Unreadable(f"ordered_at is {cell[:40]}, which is yet to come")
    return moment.astimezone(UTC)


def amount_of(name: str, cell: str) -> Decimal:
    number = cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell
    if not NUMBER.fullmatch(number):
        raise Unreadable(f"{name} is “{cell[:40]}”, where a plain number such as 1234.50 is understood")
    try:
        return Decimal(number)
    except InvalidOperation:
        raise Unreadable(f"{name} is “{cell[:40]}”, which is no number") from None


def pieces_of(cell: str) -> int:
    pieces = amount_of("items", cell)
    if not 0 <= pieces < MOST_PIECES:
        raise Unreadable(f"items is “{cell[:40]}”, where less than a million is understood")
    return int(pieces)

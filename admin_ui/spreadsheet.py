"""Files of rows for a spreadsheet: CSV, written as it is read, so that a long one takes no memory."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO

from starlette.responses import StreamingResponse

#: With which a cell would be a formula to a spreadsheet.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: So that spreadsheets read the file as UTF-8.
_MARK = "\N{ZERO WIDTH NO-BREAK SPACE}"


def spreadsheet(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingResponse:
    """name: of the file, without its ending."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(_lines(columns, rows), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield _MARK + _line(columns)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[object]) -> str:
    written = StringIO()
    csv.writer(written).writerow([_cell(cell) for cell in cells])
    return written.getvalue()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULA) else text

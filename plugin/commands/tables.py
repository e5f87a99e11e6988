"""Tables on a terminal of any width."""

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table


def print_table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """The last column takes the words and is wrapped; the others stay on their line."""
    table = Table()
    for name in names[:-1]:
        table.add_column(name, no_wrap=True)
    table.add_column(names[-1], overflow="fold")
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    Console().print(table)

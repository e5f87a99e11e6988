"""The report on a terminal of any width."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table as RichTable
from rich.text import Text

from plugin.report import words
from plugin.report.section import Section, Table
from plugin.report.sections import sections

#: Between two columns; and what a column of words can do with.
SPACE, WORDS = 2, 20


def print_report(body: Mapping[str, Any], console: Console) -> None:
    shop = body["shop"]
    console.print(Text(shop["name"] or shop["api_url"], style="bold"))
    console.print(headline(body))
    _figures(body, console)
    for section in sections(body):
        print_section(section, console)


def headline(body: Mapping[str, Any]) -> str:
    """What the report is of."""
    if not body["orders"]:
        since = "No order counts yet."
    else:
        orders = "1 order" if body["orders"] == 1 else f"{words.number(body['orders'])} orders"
        customers = "1 customer" if body["customers"] == 1 else f"{words.number(body['customers'])} customers"
        since = f"{orders} of {customers} since {words.day(body['first_day'])}."
    if body["ahead"]:
        since += f" {words.number(body['ahead'])} with a date in the future are not in it yet."
    return f"{since} Worked out {words.moment(body['made_at'], body['shop']['time_zone'])}."


def _figures(body: Mapping[str, Any], console: Console) -> None:
    for figure in body["figures"]:
        line = Text.assemble(
            "\n", figure["title"], ": ", (words.figure(figure), "bold" if figure["missing"] == "" else "")
        )
        console.print(line)
        told = figure["definition"] if figure["missing"] else f"{figure['definition']} ({words.basis(figure)})"
        console.print(Padding(Text(told, style="dim"), (0, 0, 0, 2)))


def print_section(section: Section, console: Console) -> None:
    console.print()
    console.print(Text(section.title, style="bold underline"))
    if section.says:
        console.print(Text(section.says, style="dim"))
    for finding in section.findings:
        console.print(Padding(Text(f"• {finding}"), (0, 0, 0, 1)))
    if section.missing:
        console.print(section.missing)
    for table in section.tables:
        _table(table, console)


def _table(table: Table, console: Console) -> None:
    """With headings on one line, or one word a line, as the width allows; else row by row."""
    for headings in (table.columns, tuple(name.replace(" ", "\n") for name in table.columns)):
        if _width(table, headings) <= console.width:
            _gridded(table, headings, console)
            return
    _listed(table, console)


def _gridded(table: Table, headings: Sequence[str], console: Console) -> None:
    shown = RichTable(
        title=table.caption, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for n, name in enumerate(headings):
        words = n < table.words
        shown.add_column(Text(name), justify="left" if words else "right", overflow="fold", no_wrap=not words)
    for row in table.rows:
        shown.add_row(*map(Text, row))
    console.print(shown)


def _width(table: Table, headings: Sequence[str]) -> int:
    """The least that keeps every number on its line, and leaves words their room."""
    wanted = 0
    for n, heading in enumerate(headings):
        cells = max((len(row[n]) for row in table.rows), default=0)
        wanted += max(*map(len, heading.split("\n")), min(WORDS, cells) if n < table.words else cells) + SPACE
    return wanted


def _listed(table: Table, console: Console) -> None:
    """Row by row, where the terminal is too narrow for columns."""
    console.print()
    console.print(Text(table.caption, style="bold"))
    for row in table.rows:
        console.print(Text(" · ".join(row[: table.words])))
        told = ", ".join(
            f"{name} {cell}"
            for name, cell in zip(table.columns[table.words :], row[table.words :], strict=True)
            if cell
        )
        console.print(Padding(Text(told), (0, 0, 0, 2)))

"""What every part of a report is made of: words, and tables of words."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from plugin.domain.phrases import phrase

#: A stored report.
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Table:
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    #: The first so many columns are words, the others numbers.
    words: int = 1


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    #: What is counted, in plain sentences.
    says: str
    tables: tuple[Table, ...] = ()
    #: Findings, one sentence each.
    findings: tuple[str, ...] = ()
    #: Why there is nothing to show.
    missing: str = ""


def one_table(
    caption: str, columns: tuple[str, ...], rows: tuple[tuple[str, ...], ...], words: int = 1
) -> tuple[tuple[Table, ...], tuple[str, ...], str]:
    """The tables, findings and what is missing of a section that is this table."""
    if not rows:
        return (), (), phrase("Not enough data yet.")
    return (Table(caption, columns, rows, words),), (), ""

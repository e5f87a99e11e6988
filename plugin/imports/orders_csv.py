"""Orders from a CSV file: customer_id, ordered_at, total, and optionally currency, discount, items."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import partial
from pathlib import Path

from plugin.imports.table import Broken, Columns, Reading, Unreadable, amount_of, moment_of, pieces_of, read_table

REQUIRED = ("customer_id", "ordered_at", "total")
OPTIONAL = ("currency", "discount", "items")
NO = frozenset({"", "0", "no", "false", "n", "f"})
YES = frozenset({"yes", "true", "y", "t"})

__all__ = ["Broken", "CsvOrder", "Reading", "read_orders"]


@dataclass(frozen=True, slots=True)
class CsvOrder:
    line: int
    customer_id: str
    #: Aware; where the file says no zone, in the one that was asked for.
    ordered_at: datetime
    #: Below zero it is money that went back, and no order.
    total: Decimal
    currency: str
    discounted: bool
    items: int


def read_orders(path: Path, zone: tzinfo, now: datetime) -> Reading[CsvOrder]:
    """Raises `Rejected` where the file as a whole cannot be read. Later than `now` no order can be."""
    return read_table(path, Columns(REQUIRED, OPTIONAL), partial(_order, zone=zone, now=now))


def _order(line: int, cells: Mapping[str, str], zone: tzinfo, now: datetime) -> CsvOrder:
    if not cells["customer_id"]:
        raise Unreadable("customer_id is empty")
    return CsvOrder(
        line=line,
        customer_id=cells["customer_id"],
        ordered_at=moment_of(cells["ordered_at"], zone, now),
        total=amount_of("total", cells["total"]),
        currency=cells.get("currency", "").upper(),
        discounted=_flag(cells.get("discount", "")),
        items=pieces_of(cells.get("items") or "0"),
    )


def _flag(cell: str) -> bool:
    """An amount of discount, or yes and no."""
    word = cell.casefold()
    return word not in NO and (word in YES or amount_of("discount", cell) != 0)

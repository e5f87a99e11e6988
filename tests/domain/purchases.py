"""Purchase days for tests, with as few words as possible."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from plugin.domain.purchase_days import OrderRow, PurchaseDay, purchase_days

TODAY = date(2026, 6, 1)


def row(ago: int, **changes: Any) -> OrderRow:
    """An order of 20 USD, so many days before today, at noon."""
    at = datetime.fromordinal(TODAY.toordinal() - ago).replace(hour=12, tzinfo=UTC)
    made = OrderRow(1, at, "USD", Decimal(20), Decimal(0), Decimal(0), discounted=False, items=2, fulfilled_at=None)
    return made._replace(**changes)


def bought(*ago: int, **changes: Any) -> list[PurchaseDay]:
    """One customer who bought so many days before today."""
    return purchase_days([row(days, **changes) for days in sorted(ago, reverse=True)], UTC)

"""A small shop for tests: orders, accounts and moments with as few words as possible."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from plugin.domain.ledger import Account, Line, Order

#: Noon, so that a few hours more or less stay within the day.
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def ago(number: float) -> datetime:
    return NOW - days(number)


def order(order_id: str, placed_at: datetime, **changes: Any) -> Order:
    """A confirmed order of 20 USD by user U1 with one line."""
    made = Order(
        order_id=order_id,
        number=order_id,
        status="UNFULFILLED",
        user_id="U1",
        email="ann@example.com",
        channel="default-channel",
        currency="USD",
        total=Decimal(20),
        shipping=Decimal(5),
        refunded=Decimal(0),
        placed_at=placed_at,
        updated_at=placed_at,
        lines=(Line("L-" + order_id, 1, Decimal(15), "Tea", sku="TEA"),),
    )
    return replace(made, **changes)


def account(user_id: str = "U1", email: str = "ann@example.com", **changes: Any) -> Account:
    made = Account(user_id, email, confirmed=True, updated_at=NOW, first_name="Ann")
    return replace(made, **changes)

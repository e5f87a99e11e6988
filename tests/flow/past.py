"""A shop at the platform with a past: orders and accounts that no webhook has told of."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from plugin.flow import backfill
from plugin.sandbox.records.money import taxed
from plugin.sandbox.records.orders import Fulfillment, Order, OrderLine
from plugin.sandbox.records.people import User
from plugin.store import backfills
from plugin.store.backfills import Backfill, Kind
from plugin.store.schema import customers, orders
from tests.flow.conftest import Home
from tests.shop import NOW, ago

#: Before every order.
LONG_AGO = ago(400)


def buyer(home: Home, name: str, joined: datetime = LONG_AGO, **more: Any) -> User:
    return home.sandbox.shop.add_user(f"{name}@example.com", date_joined=joined, updated_at=joined, **more)


def bought(home: Home, placed: datetime, user: User | None = None, email: str = "", **more: Any) -> Order:
    """An order of 20 USD."""
    shop = home.sandbox.shop
    channel = next(iter(shop.channels.values()))
    amount = taxed(Decimal(20), channel.currency_code)
    number = str(shop.last_number + 1)
    line = OrderLine(id=f"line-{number}", product_name="Tea", quantity=2, unit_price=amount, total_price=amount)
    values: dict[str, Any] = {
        "created": placed,
        "updated_at": placed,
        "channel": channel,
        "user": user,
        "user_email": user.email if user else email,
        "status": "FULFILLED",
        "lines": [line],
        "total": amount,
        "subtotal": amount,
        "undiscounted_total": amount,
        "shipping_price": taxed(Decimal(5), channel.currency_code),
        "charged": Decimal(20),
    }
    return shop.add_order(**(values | more))


def parcel(order: Order, number: str, tracking: str = "") -> Fulfillment:
    sent = Fulfillment(
        id=number, order=order, fulfillment_order=1, created=order.created, lines=[], tracking_number=tracking
    )
    order.fulfillments.append(sent)
    return sent


def a_past(home: Home, orders_: int, people: int) -> list[Order]:
    """Spread over a year: every third order is a guest's."""
    known = [buyer(home, f"buyer-{n}", is_confirmed=n % 2 == 0) for n in range(people)]
    return [
        bought(home, ago(365) + timedelta(hours=n), email=f"guest-{n % 7}@example.com")
        if n % 3 == 0
        else bought(home, ago(365) + timedelta(hours=n), known[n % people])
        for n in range(orders_)
    ]


async def read_all(home: Home, shop_id: int | None = None) -> None:
    """Turn after turn until nothing is due."""
    while await backfill.backfill(home.house, shop_id or home.shop_id):
        pass


def walks(home: Home) -> dict[Kind, Backfill]:
    with home.database.read() as connection:
        return dict(backfills.of_shop(connection, home.shop_id))


def ledger_of(home: Home) -> dict[str, dict[str, Any]]:
    """Order id → its row, with whose it is."""
    owner = select(orders, customers.c.user_id.label("owner"), customers.c.email.label("owner_email")).join(
        customers, customers.c.id == orders.c.customer_id
    )
    with home.database.read() as connection:
        found = connection.execute(owner.where(orders.c.shop_id == home.shop_id)).mappings()
        return {row["order_id"]: dict(row) for row in found}


__all__ = ["NOW", "a_past", "bought", "buyer", "ledger_of", "parcel", "read_all", "walks"]

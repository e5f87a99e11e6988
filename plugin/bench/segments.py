"""How long it takes to count each ready segment in a large shop.

A few thousand customers are made in the real way, from orders to their states; all others are copies.
"""

import random
import statistics
import time
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Integer, String, cast, literal, select, text

from plugin.bench.shop import open_shop
from plugin.bench.state import Bench, insert_copies
from plugin.domain.churn import turns_of
from plugin.domain.customer import fold
from plugin.domain.ledger import Order
from plugin.domain.segments import segment_of
from plugin.store import segments, shops
from plugin.store.customers import state_values
from plugin.store.schema import customers
from plugin.store.shops import Shop

#: Customers of whom all others are copies, and how many times each count is asked for.
ORIGINALS, ROUNDS = 5_000, 3
CURRENCIES, COUNTRIES = ("EUR", "PLN", "USD"), ("PL", "DE", "AT", "US")


def measure(bench: Bench) -> dict[str, Any]:
    """Milliseconds and customers, by segment."""
    with (
        TemporaryDirectory(dir=bench.folder, prefix="bench-") as folder,
        open_shop(bench.postgres, Path(folder) / "segments.db") as (house, shop_id),
    ):
        bench.say(f"A shop of {bench.customers:,} customers")
        with house.database.write() as connection:
            _fill(connection, shops.get(connection, shop_id), bench.customers, house.clock())
        with house.database.write() as connection:
            if not house.database.sqlite:
                connection.execute(text("ANALYZE"))
            shops.save_high_value(connection, shop_id, segments.high_value(connection, shop_id))
        with house.database.read() as connection:
            shop = shops.get(connection, shop_id)
            found = {
                ready.name: _counted(connection, shop, ready.name, house.clock()) for ready in segments.ready(shop)
            }
    return {
        "database": "postgresql" if bench.postgres else "sqlite",
        "customers": bench.customers,
        "slowest_ms": max(figures["ms"] for figures in found.values()),
        "segments": found,
    }


def _counted(connection: Connection, shop: Shop, name: str, now: datetime) -> dict[str, float]:
    condition = segments.find(connection, shop.shop_id, name)
    took, count = [], 0
    for _ in range(ROUNDS):
        started = time.perf_counter()
        count = segments.count(connection, shop, condition, now)
        took.append(1000 * (time.perf_counter() - started))
    return {"ms": statistics.median(took), "customers": count}


def _fill(connection: Connection, shop: Shop, size: int, now: datetime) -> None:
    chance = random.Random(size)
    originals = min(ORIGINALS, size)
    connection.execute(customers.insert(), [_customer(shop, chance, number, now) for number in range(originals)])
    numbers = select(literal(1, Integer).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < size // originals - 1))
    user = customers.c.user_id + literal("-") + cast(numbers.c.n, String)
    changed = {"user_id": user, "email": user + literal("@bench.example")}
    insert_copies(connection, customers, numbers, changed, numbers.c.n < size // originals, without="id")


def _customer(shop: Shop, chance: random.Random, number: int, now: datetime) -> dict[str, Any]:
    """One in ten has not bought; the others between one and a dozen times, within two years."""
    currency, country = chance.choice(CURRENCIES), chance.choice(COUNTRIES)
    bought = min(12, int(chance.expovariate(0.4)) + 1) if chance.random() > 0.1 else 0
    orders = [
        _order(f"{number}-{n}", now - timedelta(days=chance.uniform(0, 730)), currency, country, chance)
        for n in range(bought)
    ]
    history = fold(orders, shop.zone)
    turns = turns_of(history, shop.outlook)
    return {
        "shop_id": shop.shop_id,
        "user_id": f"user-{number}",
        "email": f"user-{number}@bench.example",
        "confirmed": True,
        "language": "EN",
        "shown": {},
        "created_at": now,
        **state_values(
            history,
            segment_of(history, turns, shop.limits, now),
            turns,
            turns.next_after(now),
            chance.randrange(4),
        ),
    }


def _order(order_id: str, placed_at: datetime, currency: str, country: str, chance: random.Random) -> Order:
    return Order(
        order_id=order_id,
        number=order_id,
        status="FULFILLED",
        user_id=None,
        email="",
        channel="default-channel",
        currency=currency,
        total=Decimal(chance.randrange(500, 30_000)) / 100,
        shipping=Decimal(5),
        refunded=Decimal(0),
        placed_at=placed_at,
        updated_at=placed_at,
        voucher_code="SPRING" if chance.random() < 0.3 else None,
        country=country,
        pieces=chance.randrange(1, 6),
    )

"""How long it takes to count each ready segment in a large shop, and to move a customer while orders come in.

A few thousand customers are made in the real way, from orders to their states; all others are copies.
"""

import random
import statistics
import time
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from sqlalchemy import Connection, Integer, String, cast, literal, select, text

from plugin.bench.letters import body
from plugin.bench.shop import open_shop
from plugin.bench.state import Bench, arrive, insert_copies
from plugin.domain.churn import turns_of
from plugin.domain.customer import fold
from plugin.domain.ledger import Order
from plugin.domain.segments import segment_of
from plugin.flow.house import House
from plugin.flow.receive import receive
from plugin.store import inbox, members, segments, shops
from plugin.store.customers import state_values
from plugin.store.schema import customers
from plugin.store.shops import Shop

#: Customers of whom all others are copies, and how many times each count is asked for.
ORIGINALS, ROUNDS = 5_000, 3
#: Webhooks that come in while these are watched: from an order's arrival to its changed members and decision.
PER_SECOND, SECONDS = 100, 20
WATCHED = ("one-time", "repeat", "at-risk", "replenishment-due")
CURRENCIES, COUNTRIES = ("EUR", "PLN", "USD"), ("PL", "DE", "AT", "US")


def measure(bench: Bench) -> dict[str, Any]:
    """Milliseconds and customers, by segment."""
    with (
        TemporaryDirectory(dir=bench.folder, prefix="bench-") as folder,
        open_shop(bench.postgres, Path(folder) / "segments.db") as (house, shop_id),
    ):
        bench.say(f"A shop of {bench.customers:,} customers")
        with house.database.write() as connection:
            fill_mixed(connection, shops.get(connection, shop_id), bench.customers, house.clock())
        with house.database.write() as connection:
            if not house.database.sqlite:
                connection.execute(text("ANALYZE"))
            shops.save_high_value(connection, shop_id, segments.high_value(connection, shop_id))
        with house.database.read() as connection:
            shop = shops.get(connection, shop_id)
            found = {
                ready.name: _counted(connection, shop, ready.name, house.clock()) for ready in segments.ready(shop)
            }
        bench.say(f"  {PER_SECOND} webhooks a second for {SECONDS} s, with {len(WATCHED)} segments watched")
        late = _moved(house, shop_id, bench.customers)
    return {
        "database": "postgresql" if bench.postgres else "sqlite",
        "customers": bench.customers,
        "moved_p50_ms": statistics.median(late),
        "moved_p99_ms": statistics.quantiles(late, n=100)[98],
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


def _moved(house: House, shop_id: int, size: int) -> list[float]:
    """Milliseconds from the arrival of each order to the end of the transaction that moved its customer."""
    with house.database.write() as connection:
        for name in WATCHED:
            members.watch(connection, shops.get(connection, shop_id), name, house.clock(), asked=True)
    chance = random.Random(size)
    originals = min(ORIGINALS, size)
    copies = range(1, max(2, size // originals))
    users = [f"user-{chance.randrange(originals)}-{chance.choice(copies)}" for _ in range(PER_SECOND * SECONDS)]
    sent: list[float] = []

    def send() -> None:
        began = time.perf_counter()
        for number, user in enumerate(users):
            time.sleep(max(0.0, began + number / PER_SECOND - time.perf_counter()))
            at = time.perf_counter()
            arrive(house, shop_id, [body(20_000_000 + number, user, house.clock())])
            sent.append(at)

    late: list[float] = []
    sender = Thread(target=send)
    sender.start()
    while len(late) < len(users):
        if not receive(house, shop_id):
            time.sleep(0.002)
        with house.database.read() as connection:
            done = len(sent) - inbox.open_rows(connection)
        now = time.perf_counter()
        late += [1000 * (now - at) for at in sent[len(late) : done]]
    sender.join()
    return late


def fill_mixed(connection: Connection, shop: Shop, size: int, now: datetime) -> None:
    """Customers of all kinds, without their orders."""
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

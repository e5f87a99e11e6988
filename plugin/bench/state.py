"""What one order costs, and a sweep in which nobody crossed a line: the same in a small shop and in a large one.

The shop is made inside the database: one customer with a history comes in the real way, all others are
copies of their rows. Then orders of customers all over the table come in, through the inbox.
"""

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import (
    Connection,
    FromClause,
    Integer,
    String,
    Table,
    cast,
    func,
    insert,
    literal,
    select,
    text,
    true,
    update,
)

from plugin.bench.letters import body
from plugin.bench.shop import open_shop
from plugin.domain.prediction import MbgNbd, Model
from plugin.errors import GiveUp
from plugin.flow.house import House
from plugin.flow.lanes import lanes_with_work
from plugin.flow.receive import receive
from plugin.flow.tick import tick
from plugin.store import customers, inbox
from plugin.store.inbox import Arrival
from plugin.store.schema import customers as customers_table
from plugin.store.schema import order_lines, orders

#: The small shop that the large one is compared with.
SMALL = 1_000
#: Orders that come in at each size, and so many of them at once.
ORDERS, AT_ONCE = 1_000, 50
SWEEPS = 21
MODEL = Model(60, "mbg_nbd", "For the benchmark.", repeat=MbgNbd(0.6, 30, 0.8, 2), customers=1, repeat_purchases=1)


@dataclass(frozen=True, slots=True)
class Bench:
    customers: int
    #: A server on which databases can be made; None for SQLite.
    postgres: str | None
    folder: Path
    say: Callable[[str], None]


def measure(bench: Bench) -> dict[str, Any]:
    """Milliseconds an order and a sweep at both sizes, and the ratios."""
    sizes = {str(size): _at(bench, size) for size in (min(SMALL, bench.customers), bench.customers)}
    small, large = min(sizes, key=int), max(sizes, key=int)
    return {
        "database": "postgresql" if bench.postgres else "sqlite",
        "customers": sizes,
        "order_ratio": sizes[large]["order_ms"] / sizes[small]["order_ms"],
        "sweep_ratio": sizes[large]["sweep_ms"] / sizes[small]["sweep_ms"],
    }


def _at(bench: Bench, size: int) -> dict[str, float]:
    with (
        TemporaryDirectory(dir=bench.folder, prefix="bench-") as folder,
        open_shop(bench.postgres, Path(folder) / "state.db") as (house, shop_id),
    ):
        bench.say(f"A shop of {size:,} customers")
        started = time.perf_counter()
        fill(house, shop_id, size)
        bench.say(f"  made in {time.perf_counter() - started:.0f} s")
        return {"order_ms": _orders(house, shop_id, size), "sweep_ms": _sweeps(house, shop_id)}


def _orders(house: House, shop_id: int, size: int) -> float:
    """The median over batches of what one order took, from the inbox to the next moment."""
    chance = random.Random(size)
    took = []
    for batch in range(ORDERS // AT_ONCE):
        now = house.clock()
        bodies = [
            body(10_000_000 + batch * AT_ONCE + n, _user(chance.randrange(size)), now - timedelta(minutes=1))
            for n in range(AT_ONCE)
        ]
        arrive(house, shop_id, bodies)
        started = time.perf_counter()
        while receive(house, shop_id):
            pass
        took.append(1000 * (time.perf_counter() - started) / AT_ONCE)
    return statistics.median(took)


def _sweeps(house: House, shop_id: int) -> float:
    """The median of looking for lanes with work, and of a tick, when nobody is due."""
    took = []
    for _ in range(SWEEPS):
        started = time.perf_counter()
        lanes = [lane for lane in lanes_with_work(house) if str(lane).startswith("tick")]
        tick(house, shop_id)
        took.append(1000 * (time.perf_counter() - started))
        if lanes:
            raise GiveUp("Somebody was due, so this was no sweep in which nobody crossed a line.")
    return statistics.median(took)


def fill(house: House, shop_id: int, size: int, bought: Sequence[int] = (50, 30, 10)) -> None:
    """So many customers, each of whom ordered so many days ago."""
    now = house.clock()
    arrive(house, shop_id, [body(n, _user(0), now - timedelta(days=ago)) for n, ago in enumerate(bought)])
    while receive(house, shop_id):
        pass
    with house.database.write() as connection:
        first = customers.by_user(connection, shop_id, _user(0))
        if first is None:
            raise GiveUp("The first customer of the benchmark was not taken in.")
        _copy_customers(connection, first.customer_id, size)
        copy_orders(connection, first.customer_id)
    with house.database.write() as connection:
        connection.execute(text("ANALYZE"))


def _copy_customers(connection: Connection, first: int, size: int) -> None:
    numbers = select(literal(1, Integer).label("n")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.n + 1).where(numbers.c.n < size - 1))
    user = literal("user-") + cast(numbers.c.n, String)
    changed = {"user_id": user, "email": user + literal("@bench.example")}
    insert_copies(
        connection, customers_table, numbers, changed, customers_table.c.id == first, numbers.c.n < size, without="id"
    )


def copy_orders(connection: Connection, first: int) -> None:
    """Every other customer has one of this one's orders, with its lines, and it is their last one."""
    copies = customers_table.alias("copies")
    tail = literal("-") + cast(copies.c.id, String)
    some = select(func.min(orders.c.order_id)).where(orders.c.customer_id == first).scalar_subquery()
    changed = {"order_id": orders.c.order_id + tail, "customer_id": copies.c.id}
    insert_copies(connection, orders, copies, changed, orders.c.order_id == some, copies.c.id != first)
    changed = {"order_id": order_lines.c.order_id + tail, "line_id": order_lines.c.line_id + tail}
    insert_copies(connection, order_lines, copies, changed, order_lines.c.order_id == some, copies.c.id != first)
    theirs = some + literal("-") + cast(customers_table.c.id, String)
    connection.execute(update(customers_table).where(customers_table.c.id != first).values(last_order_id=theirs))


def insert_copies(
    connection: Connection, table: Table, times: FromClause, changed: Mapping[str, Any], *where: Any, without: str = ""
) -> None:
    """Rows of the table once more for each row of `times`, with some columns changed."""
    names = [column.name for column in table.columns if column.name != without]
    chosen = (
        select(*(changed.get(name, table.c[name]) for name in names))
        .select_from(table.join(times, true()))
        .where(*where)
    )
    connection.execute(insert(table).from_select(names, chosen))


def arrive(house: House, shop_id: int, bodies: list[bytes]) -> None:
    now = house.clock()
    rows = [Arrival(shop_id, blake2b(told, digest_size=16).digest(), "order_created", told, now) for told in bodies]
    with house.database.write() as connection:
        inbox.add(connection, rows)


def _user(number: int) -> str:
    return f"user-{number}"

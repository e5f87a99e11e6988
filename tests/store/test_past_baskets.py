"""What the threshold finder reads: orders that count, of this shop alone, customer by customer, through an index."""

from decimal import Decimal

from sqlalchemy import event

from plugin.store.database import Database
from plugin.store.past_baskets import past_orders
from tests.shop import NOW, ago, order
from tests.store.test_numbers import buys
from tests.store.test_tenants import make_shop


def test_orders_that_count_come_customer_by_customer_oldest_first(database: Database) -> None:
    with database.write() as connection:
        shop_id, other = make_shop(connection, "one"), make_shop(connection, "two")
        buys(connection, other, "U1", order("X1", ago(3)))
        ann = buys(connection, shop_id, "U1", order("A2", ago(2)), order("A1", ago(400), shipping=Decimal("4.995")))
        ben = buys(
            connection,
            shop_id,
            "U2",
            order("B1", ago(5), user_id=None, currency="EUR", channel="outlet"),
            order("B2", ago(4), status="CANCELED"),
            order("B3", ago(-4)),
        )
    with database.read() as connection:
        rows = list(past_orders(connection, shop_id, NOW))
    assert [(row.customer_id, row.order_id, row.placed_at) for row in rows] == [
        (ann, "A1", ago(400)),
        (ann, "A2", ago(2)),
        (ben, "B1", ago(5)),
    ]
    assert (rows[0].total, rows[0].shipping, rows[0].user_id) == (Decimal(20), Decimal("4.995"), "U1")
    assert (rows[2].user_id, rows[2].currency, rows[2].channel) == (None, "EUR", "outlet")
    assert all(row.counts for row in rows)


def test_one_pass_along_an_index(database: Database) -> None:
    with database.read() as connection:
        if connection.dialect.name != "sqlite":
            return
        asked = list[tuple[str, object]]()
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
        assert list(past_orders(connection, 1, NOW)) == []
        ((statement, values),) = list(asked)
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]  # type: ignore[arg-type]
    assert plan == ["SEARCH orders USING INDEX ix_orders_customer (shop_id=?)"]

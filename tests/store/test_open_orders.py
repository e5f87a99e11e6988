"""Which orders are asked about by their ids, and what finding them costs."""

from typing import Any

from sqlalchemy import Connection, event

from plugin.domain.ledger import Fulfilment
from plugin.store import history, ledger
from plugin.store.database import Database
from tests.shop import NOW, ago, order
from tests.store.test_backfills import a_shop


def a_ledger(connection: Connection) -> int:
    shop_id = a_shop(connection)
    (guest,) = history.create_customers(connection, shop_id, NOW, emails=["a@example.com"])
    for order_id, status, placed, sent in (
        ("open", "UNFULFILLED", 20, None),
        ("open but old", "UNFULFILLED", 91, None),
        ("sent lately", "FULFILLED", 80, 29),
        ("sent long ago", "FULFILLED", 80, 31),
        ("never sent", "CANCELED", 20, None),
    ):
        parcels = () if sent is None else (Fulfilment(f"F-{order_id}", "FULFILLED", ago(sent), ""),)
        seen = order(order_id, ago(placed), status=status, fulfilments=parcels)
        ledger.save_order(connection, shop_id, guest.customer_id, seen, NOW, new=True)
    return shop_id


def test_open_ones_and_those_sent_lately_are_asked_about(database: Database) -> None:
    with database.write() as connection:
        shop_id = a_ledger(connection)
        other = a_shop(connection, "other")
    with database.read() as connection:
        assert list(history.open_orders(connection, shop_id, "", NOW, 100)) == ["open", "sent lately"]
        assert list(history.open_orders(connection, shop_id, "", NOW, 1)) == ["open"]
        assert list(history.open_orders(connection, shop_id, "open", NOW, 1)) == ["sent lately"]
        assert list(history.open_orders(connection, other, "", NOW, 100)) == []


def test_the_parcels_of_one_order_are_looked_up_by_the_order(database: Database) -> None:
    """And never all those of the shop, for a page of a hundred orders."""
    asked = list[tuple[str, Any]]()
    with database.write() as connection:
        shop_id = a_ledger(connection)
    with database.read() as connection:
        event.listen(
            connection, "before_cursor_execute", lambda _, __, text, values, *___: asked.append((text, values))
        )
        history.open_orders(connection, shop_id, "", NOW, 100)
        ((statement, values),) = asked
        if database.sqlite:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).scalars("detail").all()
        else:  # a small table would be read from end to end
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
            plan = connection.exec_driver_sql(f"EXPLAIN {statement}", values).scalars().all()
    told = "\n".join(plan)
    assert "ix_fulfilments_order" in told, told
    assert ("shop_id=? AND order_id=?" if database.sqlite else "= (orders.order_id)::text") in told, told

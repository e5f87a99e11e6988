"""What is asked at each decision is found by the customer, without statistics too, which SQLite has none of by itself."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, event, func, select

from plugin.domain.conditions import read_condition
from plugin.domain.stages import Limits
from plugin.store import budgets, codes, decisions, front_events, parcels, segments
from plugin.store.conditions import where
from plugin.store.database import Database
from plugin.store.schema import customers
from tests.shop import NOW


def ever_bought(connection: Connection) -> object:
    truth = where(read_condition({"bought": {"product": "tea"}}), Limits(), NOW)
    return connection.execute(select(func.count()).select_from(customers).where(customers.c.shop_id == 1, truth))


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection: codes.given_to(connection, 1, [2]),
        lambda connection: codes.of_customer(connection, 1, 2),
        lambda connection: decisions.standings(connection, 1, [2]),
        lambda connection: budgets.used_for(connection, 1, 2, "USD", NOW),
        lambda connection: segments.lines_of(connection, 1, [2]),
        lambda connection: front_events.seen(connection, 1, 2, NOW),
        lambda connection: front_events.erase(connection, 1, 2),
        lambda connection: parcels.parcels_of(connection, 1, [2], NOW),
        lambda connection: parcels.parts_of(connection, 1, ["O1"]),
        lambda connection: parcels.first_shipped_after(connection, 1, 2, NOW),
        ever_bought,
    ],
)
def test_nothing_walks_through_the_whole_shop(database: Database, ask: Callable[[Connection], object]) -> None:
    with database.read() as connection:
        if connection.dialect.name != "sqlite":
            return
        asked = list[tuple[str, Any]]()
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
        ask(connection)
        for statement, values in list(asked):
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
            steps = [step for step in plan if " USING " in step and "customers" not in step]
            assert steps
            assert all("customer_id=?" in step or "order_id=?" in step or "rowid=?" in step for step in steps), plan

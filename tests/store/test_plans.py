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
from plugin.store.statements import for_many
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


#: So many rows of one shop, as a campaign's first minute makes them.
FILLED = (
    """INSERT INTO decisions
        (shop_id, campaign_id, campaign_version, customer_id, outcome, reason, trigger, decided_at)
        SELECT 1, 1, 1, n, 'given', '', 'inside', now() FROM generate_series(1, 3000) n""",
    """INSERT INTO arms (shop_id, campaign_id, customer_id, arm, at)
        SELECT 1, 1, n, 'treated', now() FROM generate_series(1, 3000) n""",
    """INSERT INTO codes (shop_id, code, decision_id, campaign_id, customer_id, status, drawn_at, expires_at)
        SELECT 1, 'C' || n, n, 1, n, 'drawn', now(), now() FROM generate_series(1, 3000) n""",
)


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection: codes.given_to(connection, 1, range(200)),
        lambda connection: decisions.standings(connection, 1, range(200)),
    ],
)
def test_what_is_asked_of_many_is_found_one_by_one_in_tables_that_have_just_grown(
    database: Database, ask: Callable[[Connection], object]
) -> None:
    if database.sqlite:
        return
    with database.write() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # the shop itself is not needed
        for filled in FILLED:
            connection.exec_driver_sql(filled)
        asked = list[tuple[str, Any]]()
        event.listen(connection, "before_cursor_execute", lambda *said: asked.append((said[2], said[3])))
        ask(connection)
        for statement, values in list(asked):
            plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", values)]
            assert any("Index Cond" in step and "customer_id = " in step for step in plan), plan


def test_statements_for_many_are_planned_anew_in_their_transaction_alone(database: Database) -> None:
    if database.sqlite:
        return
    with database.write() as connection:
        for_many(connection)
        assert connection.exec_driver_sql("SHOW plan_cache_mode").scalar_one() == "force_custom_plan"
    with database.write() as connection:
        assert connection.exec_driver_sql("SHOW plan_cache_mode").scalar_one() == "auto"

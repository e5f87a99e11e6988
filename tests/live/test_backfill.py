"""The shop's past, read after the install and killed in the middle: the ledger is what the shop has."""

import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, update

from plugin.store.schema import backfills, customers, decisions, effects, orders
from tests.live.api import Staff, until
from tests.live.app import App, app_on
from tests.live.people import Street

#: Orders of one import.
AT_ONCE = 45
#: A large shop takes minutes: 100 orders a page.
PATIENCE = 600.0


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def reader(
    request: pytest.FixtureRequest, street: Street, host: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """Running, and not installed yet; it reads history."""
    folder = tmp_path_factory.mktemp("reader")
    with app_on(request.param, folder, street.staff, host, RETENTION_READ_HISTORY="true") as app:
        app.start()
        try:
            yield app
        finally:
            app.leave()


def at_the_shop(staff: Staff) -> dict[str, tuple[Decimal, str]]:
    found = staff.pages(
        "orders", "id status total { gross { amount } }", ", sortBy: {field: CREATED_AT, direction: ASC}"
    )
    return {one["id"]: (Decimal(str(one["total"]["gross"]["amount"])), one["status"]) for one in found}


def in_the_ledger(app: App) -> dict[str, tuple[Decimal, str]]:
    rows = app.rows(select(orders.c.order_id, orders.c.total, orders.c.status))
    return {row["order_id"]: (row["total"], row["status"]) for row in rows}


def walk(app: App, kind: str) -> Any:
    found = app.rows(select(backfills).where(backfills.c.kind == kind))
    return found[0] if found else None


def test_killed_in_the_middle_it_goes_on_and_the_ledger_is_the_shop(reader: App, street: Street) -> None:
    shoppers = [street.register(name) for name in ("ida", "jan", "kai")]
    for turn, shopper in enumerate(shoppers):
        made = street.bought({shopper.user_id: range(300 + turn, 300 + turn + AT_ONCE)})
    street.order_mutation("orderCancel", made[0])
    quiet = street.register("lea")
    reader.install()

    until("a page of orders", lambda: (row := walk(reader, "orders")) and row["done"] > 0, within=PATIENCE)
    for process in reader.processes:
        process.send_signal(signal.SIGKILL)
        process.wait()
    reader.processes.clear()
    before = walk(reader, "orders")
    reader.start()
    done = until(
        "the whole of the past",
        lambda: row if (row := walk(reader, "orders"))["status"] == "done" else None,
        within=PATIENCE,
    )

    shop = at_the_shop(street.staff)
    assert in_the_ledger(reader) == shop
    assert (done["started_at"], done["done"], done["total"]) == (before["started_at"], len(shop), len(shop))
    counted = sum(status not in {"UNCONFIRMED", "CANCELED", "EXPIRED"} for _, status in shop.values())
    assert reader.rows(select(func.sum(customers.c.orders).label("orders"))) == [{"orders": counted}]
    accounts = street.staff.call("{ customers(first: 1) { totalCount } }")["customers"]["totalCount"]
    known = {row["user_id"] for row in reader.rows(select(customers.c.user_id)) if row["user_id"]}
    assert quiet.user_id in known
    assert len(known) >= accounts
    assert reader.rows(select(decisions.c.id)) == []
    assert reader.rows(select(effects.c.id).where(effects.c.customer_id.is_not(None))) == []


def test_what_changed_without_a_webhook_is_found_when_it_is_looked_for(reader: App, street: Street) -> None:
    """The app is down for longer than Saleor tries; then an operator asks for what changed."""
    shopper = street.register("max")
    reader.stop()
    (missed,) = street.bought({shopper.user_id: [400]})
    assert "changed orders" in reader.run("backfill")
    assert missed in in_the_ledger(reader)
    reader.start()


def test_an_account_deleted_without_a_webhook_is_found_when_all_are_asked_about(reader: App, street: Street) -> None:
    """The app is down; what it does every week is due when it is asked to heal."""
    stays, goes = street.register("nia"), street.register("oli")

    def known() -> set[str]:
        return {row["user_id"] for row in reader.rows(select(customers.c.user_id)) if row["user_id"]}

    until("both to be known", lambda: {stays.user_id, goes.user_id} <= known())
    reader.stop()
    street.delete(goes.user_id)
    with reader.database() as database, database.write() as connection:
        connection.execute(update(backfills).values(started_at=datetime.now(UTC) - timedelta(days=8)))
    assert "deleted customers" in reader.run("backfill")
    assert goes.user_id not in known()
    assert stays.user_id in known()
    reader.start()

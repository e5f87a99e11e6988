"""`retention backfill` and `retention import`, as an operator gives them."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from plugin.extensions import load_tactics
from plugin.flow.settle import settle
from plugin.sandbox.app import Sandbox
from plugin.sandbox.records.apps import App
from plugin.sandbox.records.money import taxed
from plugin.sandbox.serve import running
from plugin.secrets import Keyring
from plugin.store import customers, shops
from plugin.store.database import Database
from plugin.store.schema import customers as people
from plugin.store.schema import decisions, orders
from tests.shop import account
from tests.test_cli import NOW, OLD, Run, add_shop, environ, migrated, run

__all__ = ["environ", "migrated", "run"]

FILE = """email,ordered_at,total,currency,number,voucher,refunded,items
ann@example.com,2024-03-01T10:00:00+00:00,20.00,EUR,A-1,SPRING,5.00,3
 Ann@Example.com ,2024-03-02,30,eur,A-2,,,
bob@example.com,2024-04-01 09:30,12.5,USD,,,,
bob@example.com,2024-04-01 09:30,12.5,USD,,,,
"""


@pytest.fixture
def shop(migrated: Database) -> int:
    shop_id = add_shop(migrated, "a.example", Keyring([OLD]))
    with migrated.write() as connection:
        settle(connection, shop_id, load_tactics(), NOW)
        shops.set_time_zone(connection, shop_id, "Europe/Warsaw")
    return shop_id


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "old.csv"
    path.write_text(FILE)
    return path


def ledger(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        rows = connection.execute(select(orders).order_by(orders.c.placed_at, orders.c.order_id)).mappings()
        return [dict(row) for row in rows]


def test_orders_from_before_are_orders_that_count(run: Run, migrated: Database, shop: int, file: Path) -> None:
    assert "4 of 4 orders are new" in run("import", "--orders", str(file)).stdout
    first, second, *twice = ledger(migrated)
    assert {name: first[name] for name in ("email", "total", "refunded", "currency", "voucher_code", "items")} == {
        "email": "ann@example.com",
        "total": Decimal(20),
        "refunded": Decimal(5),
        "currency": "EUR",
        "voucher_code": "SPRING",
        "items": 3,
    }
    assert (first["counts"], first["channel"], first["number"]) == (True, "import", "A-1")
    assert (second["email"], second["currency"], second["items"]) == ("ann@example.com", "EUR", 1)
    assert second["placed_at"] == datetime(2024, 3, 1, 23, tzinfo=UTC)
    assert [row["number"] for row in twice] == ["", ""]
    with migrated.read() as connection:
        known = connection.execute(select(people.c.email, people.c.orders, people.c.purchase_days)).all()
        assert sorted(map(tuple, known)) == [("ann@example.com", 2, 2), ("bob@example.com", 2, 1)]
        assert connection.execute(select(func.count()).select_from(decisions)).scalar_one() == 0


def test_the_same_file_again_changes_nothing(run: Run, migrated: Database, shop: int, file: Path) -> None:
    run("import", "--orders", str(file))
    before = [{**row, "issued_at": None} for row in ledger(migrated)]
    assert "0 of 4 orders are new" in run("import", "--orders", str(file)).stdout
    assert [{**row, "issued_at": None} for row in ledger(migrated)] == before


def test_a_number_names_its_order_so_a_corrected_row_corrects_it(
    run: Run, migrated: Database, shop: int, file: Path
) -> None:
    run("import", "--orders", str(file))
    file.write_text(FILE.replace(",5.00,3", ",20.00,3"))
    run("import", "--orders", str(file))
    assert [row["refunded"] for row in ledger(migrated)] == [20, 0, 0, 0]


def test_a_confirmed_account_owns_the_orders_of_its_address(
    run: Run, migrated: Database, shop: int, file: Path
) -> None:
    with migrated.write() as connection:
        for user, email, confirmed in (("U1", "ann@example.com", True), ("U2", "bob@example.com", False)):
            made = customers.create(connection, shop, NOW, user_id=user)
            customers.save_account(connection, shop, made.customer_id, account(user, email, confirmed=confirmed))
    run("import", "--orders", str(file))
    with migrated.read() as connection:
        bought = connection.execute(select(people.c.user_id, people.c.email, people.c.orders)).all()
    assert {tuple(row) for row in bought} == {
        ("U1", "ann@example.com", 2),
        ("U2", "bob@example.com", 0),
        (None, "bob@example.com", 2),
    }


BROKEN = {
    "nobody,2024-03-01,5,EUR,,,,": "email is “nobody”, which is no address",
    "a@b.c,yesterday,5,EUR,,,,": "ordered_at is “yesterday”",
    "a@b.c,2999-03-01,5,EUR,,,,": "ordered_at is 2999-03-01, which is yet to come",
    "a@b.c,2024-03-01,five,EUR,,,,": "total is “five”",
    "a@b.c,2024-03-01,-5,EUR,,,,": "total is below zero",
    "a@b.c,2024-03-01,5,EURO,,,,": "currency is “EURO”",
    "a@b.c,2024-03-01,5,EUR,A-1,,,": "number A-1 is in line 2 already",
    "a@b.c,2024-03-01,5,EUR,,,6,": "refunded is 6, which is not between 0 and the total",
    "a@b.c,2024-03-01,5,EUR,,,,-1": "items is “-1”",
    "a@b.c,2024-03-01,5,EUR,,,,1000000": "items is “1000000”, where less than a million is understood",
    "a\0@b.c,2024-03-01,5,EUR,,,,": "email has a character in it that is none (NUL)",
    "a@b.c,2024-03-01,5,EUR,A\0,,,": "number has a character in it that is none (NUL)",
    f"{'ß' * 200}@b.c,2024-03-01,5,EUR,,,,": "email has more than 320 letters",
    "a@b.c,2024-03-01,5,EUR": "4 cells where the first line names 8",
    f"a@b.c,2024-03-01,5,EUR,{'9' * 61},,,": "number has more than 60 letters",
}


@pytest.mark.parametrize(("row", "said"), BROKEN.items(), ids=BROKEN.values())
def test_a_broken_row_is_named_and_nothing_is_written(
    run: Run, migrated: Database, shop: int, file: Path, row: str, said: str
) -> None:
    file.write_text(FILE + row + "\n")
    refused = run("import", "--orders", str(file))
    assert refused.exit_code == 2
    assert "1 of 5 rows cannot be read, so nothing was written" in refused.stderr
    assert f"line 6: {said}" in refused.stderr
    assert ledger(migrated) == []


def test_the_good_rows_are_kept_where_that_is_asked_for(run: Run, migrated: Database, shop: int, file: Path) -> None:
    file.write_text(FILE + "nobody,2024-03-01,5,EUR,,,,\n")
    done = run("import", "--orders", str(file), "--skip-broken")
    assert "4 of 4 orders are new" in done.stdout
    assert "line 6: email is “nobody”" in done.stderr
    assert len(ledger(migrated)) == 4


def test_a_file_without_the_columns_is_refused(run: Run, migrated: Database, shop: int, file: Path) -> None:
    file.write_text("customer,date\na,b\n")
    refused = run("import", "--orders", str(file))
    assert refused.exit_code == 2
    assert "no column email and no ordered_at and no total and no currency" in refused.stderr


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running(retry_factor=0.0005, connect_seconds=0.5, answer_seconds=5) as server:
        yield server


@pytest.fixture
def at_sandbox(migrated: Database, sandbox: Sandbox) -> int:
    """A shop there with 130 orders, whose app is this one."""
    keyring = Keyring([OLD])
    granted = frozenset({"MANAGE_ORDERS", "MANAGE_USERS"})
    shop = sandbox.shop
    shop.apps["A"] = App(
        id="A",
        key="1",
        name="Retention",
        manifest={},
        manifest_url="",
        codes=granted,
        created=shop.now(),
        token="the-token",
        is_active=True,
    )
    channel = next(iter(shop.channels.values()))
    amount = taxed(Decimal(20), channel.currency_code)
    for n in range(130):
        shop.add_order(
            created=datetime(2025, 1, 1 + n % 28, n % 24, n % 60, tzinfo=UTC),
            updated_at=shop.now(),
            channel=channel,
            user_email=f"guest-{n % 9}@example.com",
            status="FULFILLED",
            total=amount,
            subtotal=amount,
            undiscounted_total=amount,
            shipping_price=amount,
        )
    with migrated.write() as connection:
        return shops.install(
            connection,
            api_url=shop.api_url,
            app_id="A",
            token=keyring.encrypt("the-token"),
            jwks={"keys": []},
            name="Shop",
            saleor_version="3.24",
            pepper=keyring.encrypt("pepper"),
            now=NOW,
        )


def test_backfill_reads_everything_then_what_changed(
    run: Run, migrated: Database, at_sandbox: int, sandbox: Sandbox
) -> None:
    done = run("backfill")
    assert "orders: 130 read, done" in done.stdout
    assert len(ledger(migrated)) == 130
    changed = next(iter(sandbox.shop.orders.values()))
    changed.status, changed.updated_at = "CANCELED", sandbox.shop.now()
    walks = {walk["kind"]: walk for walk in json.loads(run("backfill", "--json").stdout)}
    assert (walks["orders"]["done"], walks["orders"]["total"], walks["sweep"]["status"]) == (130, 130, "done")
    assert sorted(row["status"] for row in ledger(migrated))[:2] == ["CANCELED", "FULFILLED"]
    again = {walk["kind"]: walk for walk in json.loads(run("backfill", "--again", "--json").stdout)}
    assert again["orders"]["started_at"] > walks["orders"]["started_at"]
    assert len(ledger(migrated)) == 130


def test_backfill_says_why_it_cannot(run: Run, migrated: Database, at_sandbox: int, sandbox: Sandbox) -> None:
    sandbox.shop.apps["A"].codes = frozenset({"MANAGE_USERS"})
    refused = run("backfill")
    assert refused.exit_code == 2
    assert "Grant the app this permission" in refused.stderr
    sandbox.shop.apps["A"].codes = frozenset({"MANAGE_ORDERS", "MANAGE_USERS"})
    assert "orders: 130 read, done" in run("backfill").stdout


def test_backfill_leaves_a_stopped_shop_alone(run: Run, migrated: Database, at_sandbox: int) -> None:
    run("stop", "--all")
    refused = run("backfill")
    assert refused.exit_code == 2
    assert "is not active, stopped" in refused.stderr

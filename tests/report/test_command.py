"""`retention report`, as an operator calls it."""

import json
from pathlib import Path

import pytest

from plugin.domain.customer import fold
from plugin.domain.segments import Segment
from plugin.domain.stages import Turns
from plugin.secrets import Keyring
from plugin.store import customers, ledger, reports
from plugin.store.customers import Measured
from plugin.store.database import Database
from tests.shop import ago, order
from tests.test_cli import NOW, OLD, Run, add_shop, environ, migrated, run

__all__ = ["environ", "migrated", "run"]


@pytest.fixture
def shop(migrated: Database) -> int:
    shop_id = add_shop(migrated, "a.example", Keyring([OLD]))
    with migrated.write() as connection:
        for who in range(25):
            bought = [order(f"O{who}-{n}", ago(40 + 30 * n)) for n in range(2)]
            customer_id = customers.create(connection, shop_id, NOW, user_id=f"U{who}").customer_id
            for made in bought:
                ledger.save_order(connection, shop_id, customer_id, made, NOW, new=True)
            history = fold(bought, NOW.tzinfo)  # type: ignore[arg-type]
            customers.save_states(connection, shop_id, [Measured(customer_id, history, Segment.REGULAR, Turns(), None)])
    return shop_id


def test_on_the_terminal(run: Run, shop: int) -> None:
    done = run("report")
    assert done.exit_code == 0
    assert "50 orders of 25 customers" in done.stdout
    assert "Repeat-purchase rate: 100 %" in done.stdout


def test_as_json_and_kept(run: Run, shop: int, migrated: Database) -> None:
    body = json.loads(run("report", "--json").stdout)
    assert body["customers"] == 25
    with migrated.read() as connection:
        kept = reports.latest(connection, shop)
    assert kept is not None
    assert kept.body == body


def test_as_a_page(run: Run, shop: int, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    done = run("report", "--html", str(file))
    assert (done.exit_code, done.stdout) == (0, "")
    assert f"The page is in {file}." in done.stderr
    assert file.read_text(encoding="utf-8").startswith("<!doctype html>")


def test_what_cannot_be_is_a_sentence(run: Run, shop: int, tmp_path: Path) -> None:
    refused = run("report", "--html", str(tmp_path / "nowhere" / "report.html"))
    assert refused.exit_code == 2
    assert "The page cannot be written: there is no folder" in refused.stderr
    assert run("report", "--shop", "99").exit_code == 2


def test_a_shop_without_orders_has_a_report(run: Run, migrated: Database) -> None:
    add_shop(migrated, "b.example", Keyring([OLD]))
    done = run("report")
    assert done.exit_code == 0
    assert "No order counts yet." in done.stdout

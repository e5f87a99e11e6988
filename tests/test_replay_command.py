"""`retention replay`, as an operator calls it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from plugin.domain.stages import Limits
from plugin.extensions import load_tactics
from plugin.flow.settle import settle
from plugin.report.replay import NO_CAUSE
from plugin.secrets import Keyring
from plugin.store import customers, ledger, shops
from plugin.store.database import Database
from tests.shop import order
from tests.test_cli import NOW, OLD, Run, add_shop, environ, migrated, run

__all__ = ["environ", "migrated", "run"]

#: Long ago, and not longer than a replay reaches back from today.
FIRST = datetime(2024, 1, 8, 12, tzinfo=UTC)
EVER = "3650"


@pytest.fixture
def shop(migrated: Database) -> int:
    """Thirty customers, each with an order of 20 USD in January and one seven weeks later; never again."""
    shop_id = add_shop(migrated, "a.example", Keyring([OLD]))
    with migrated.write() as connection:
        settle(connection, shop_id, load_tactics(), NOW)
        shops.set_limits(connection, shop_id, Limits(at_risk_days=42, dormant_days=90))
        for who in range(30):
            customer_id = customers.create(connection, shop_id, NOW, user_id=f"U{who}").customer_id
            for n, later in enumerate((0, 49)):
                made = order(f"O{who}-{n}", FIRST + timedelta(days=later, minutes=who), user_id=f"U{who}")
                ledger.save_order(connection, shop_id, customer_id, made, NOW, new=True)
    return shop_id


def test_as_json(run: Run, shop: int) -> None:
    found = json.loads(run("replay", "win-back", "--days", EVER, "--margin", "0.4", "--json").stdout)
    given, control = found["outcomes"]["given"], found["outcomes"]["control"]
    assert (given + control, found["outcomes"]["nothing"], found["asked"]) == (30, 30, 30)
    assert found["limits"] == {"pause": 30}, "the second silence came within the pause"
    anyway = found["ordered_anyway"]
    assert (anyway["came"], anyway["of"], anyway["share"], anyway["unknown"]) == (given, given, 1, 0)
    assert found["rate"]["source"].startswith("an assumption")
    cost = found["cost"]["USD"]
    assert (cost["full"], cost["subsidy"], cost["mean_order"]) == (f"{2 * given}.00", f"{2 * given}.00", "20.00")
    assert cost["break_even"]["likely"] == pytest.approx(2 / (0.4 * 20 - 2))
    assert [week["week"] for week in found["weeks"] if "given" in week] == ["2024-02-19"]
    assert len(found["decisions"]) == 60
    assert found["says"].endswith(NO_CAUSE)


def test_on_the_terminal(run: Run, shop: int) -> None:
    done = run("replay", "win-back", "--days", EVER)
    assert done.exit_code == 0
    said = " ".join(done.stdout.split())
    assert "would have reached 30 of 30 customers" in said
    assert "2024-02-19" in said
    assert "only a control group proves it." in said


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (["replay", "spring"], "There is no campaign “spring”"),
        (["replay", "win-back", "--days", "0"], "A replay goes over 1 to 3,650 days, not 0."),
        (["replay", "win-back", "--margin", "40"], "above 0, at most 1"),
    ],
)
def test_what_cannot_be_is_a_sentence(run: Run, shop: int, asked: list[str], answer: str) -> None:
    done = run(*asked)
    assert done.exit_code == 2
    assert answer in done.stderr


def test_a_span_without_any_need_is_told(run: Run, shop: int) -> None:
    done = run("replay", "win-back", "--days", "7")
    assert "would have given nothing to anybody." in " ".join(done.stdout.split())
    assert "30 customers were silent already" in " ".join(done.stdout.split())


def test_a_shop_without_orders_has_no_past(run: Run, migrated: Database) -> None:
    shop_id = add_shop(migrated, "b.example", Keyring([OLD]))
    with migrated.write() as connection:
        settle(connection, shop_id, load_tactics(), NOW)
    done = run("replay", "win-back")
    assert done.exit_code == 2
    assert "There is no past yet" in done.stderr

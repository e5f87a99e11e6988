"""`retention guardrails`, `retention suppress` and `retention decisions`, from the command line."""

import json
from pathlib import Path

import pytest

from plugin.secrets import Keyring
from plugin.store.database import Database
from plugin.store.schema import guardrail_versions
from tests.store.test_segments import buyer
from tests.test_cli import OLD, Run, add_shop, environ, migrated, run

__all__ = ["environ", "migrated", "run"]


@pytest.fixture
def ann(migrated: Database) -> int:
    shop_id = add_shop(migrated, "a.example", Keyring([OLD]))
    with migrated.write() as connection:
        return buyer(connection, shop_id, "U1")


def test_guardrails_are_set_one_by_one_and_every_change_is_kept(run: Run, ann: int, migrated: Database) -> None:
    assert json.loads(run("guardrails", "show", "--json").stdout)["gifts"] == 2
    run("guardrails", "set", "gifts=", "buy_anyway=0.5", 'ceiling={"USD": "25"}')
    run("guardrails", "set", "quiet_from=22:00", "quiet_to=08:00")
    said = json.loads(run("guardrails", "show", "--json").stdout)
    assert (said["gifts"], said["buy_anyway"], said["ceiling"]) == (None, 0.5, {"USD": "25"})
    assert (said["quiet_from"], said["days_between"]) == ("22:00", 7)
    shown = run("guardrails", "show").stdout
    assert "gifts            none: Gifts to one customer." in shown
    with migrated.read() as connection:
        kept = connection.execute(guardrail_versions.select().order_by(guardrail_versions.c.id)).all()
    assert [row.guardrails["quiet_from"] for row in kept] == [None, "22:00"]
    assert all(row.edited_by for row in kept)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("guardrails", "set", "presents=3"), "no parameter “presents”"),
        (("guardrails", "set", "gifts"), "is not NAME=VALUE"),
        (("guardrails", "set", "gifts=0"), "must be 1 or more"),
        (("suppress", "add"), "Say whom"),
        (("suppress", "add", "9999"), "There is no customer “9999”"),
        (("suppress", "add", "9" * 30), "There is no customer"),
        (("suppress", "add", "ann"), "There is no customer “ann”"),
        (("suppress", "remove", "bob@example.com"), "None of them is on the list"),
    ],
)
def test_a_mistake_is_a_sentence_and_nothing_is_written(
    run: Run, ann: int, arguments: tuple[str, ...], said: str
) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert json.loads(run("guardrails", "show", "--json").stdout)["gifts"] == 2
    assert json.loads(run("suppress", "list", "--json").stdout) == []


def test_the_list_is_kept_by_number_e_mail_and_file(run: Run, ann: int, tmp_path: Path) -> None:
    file = tmp_path / "mails.txt"
    file.write_text("\ufeffcarl@example.com\n Dora@Example.com\n")
    added = run(
        "suppress", "add", str(ann), "bob@example.com", "--file", str(file), "--for", "complaint", "--days", "9"
    )
    assert added.stdout.startswith("4 on the list until ")
    assert run("suppress", "add", str(ann)).stdout == "1 on the list.\n"
    rows = json.loads(run("suppress", "list", "--json").stdout)
    assert len(rows) == 4
    (by_number,) = [row for row in rows if row["who"] == f"customer {ann}"]
    assert (by_number["for"], by_number["until (UTC)"]) == ("other", "for good")
    assert not any("@" in row["who"] for row in rows)
    assert run("suppress", "remove", "dora@example.com", str(ann)).stdout == "2 off the list.\n"
    assert "complaint" in run("suppress", "list").stdout


def test_decisions_are_asked_for_by_campaign_and_outcome(run: Run, ann: int) -> None:
    asked = run("decisions", "--campaign", "win-back", "--outcome", "later", "--json")
    assert json.loads(asked.stdout) == []
    assert run("decisions", "--outcome", "perhaps").exit_code == 2

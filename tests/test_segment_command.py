"""`retention segment`, from the command line."""

import json
from pathlib import Path

import pytest

from plugin.secrets import Keyring
from plugin.store import members, shops
from plugin.store.database import Database
from tests.store.test_segments import buyer, tea
from tests.test_cli import OLD, Run, add_shop, environ, migrated, run

__all__ = ["environ", "migrated", "run"]

CLIENTS = "{field: orders, at_least: 1}"
TEA = "{bought: {type: tea}}"


@pytest.fixture
def ann(migrated: Database) -> int:
    """Of two customers the one who bought, tea some months ago; the other has not."""
    shop_id = add_shop(migrated, "a.example", Keyring([OLD]))
    with migrated.write() as connection:
        buyer(connection, shop_id, "U2")
        return buyer(connection, shop_id, "U1", tea("O1", 100))


def test_the_ready_ones_are_listed_and_those_of_ones_own(run: Run, ann: int) -> None:
    assert run("segment", "save", "tea", TEA).stdout == "“tea” is saved. 1 of 2 customers.\n"
    listed = json.loads(run("segment", "list", "--json").stdout)
    assert (len(listed), listed[-1]["name"], listed[-1]["own"]) == (14, "tea", True)
    assert listed[-1]["condition"] == {"bought": {"type": "tea"}}
    shown = run("segment", "list").stdout
    assert "high-value-at-risk: High value at risk" in shown
    assert "Bought of the type “tea” ever" in shown
    assert run("segment", "remove", "tea").stdout == "“tea” is removed.\n"
    assert len(json.loads(run("segment", "list", "--json").stdout)) == 13


def test_a_condition_is_counted_by_name_in_words_and_from_a_file(run: Run, ann: int, tmp_path: Path) -> None:
    file = tmp_path / "buyers.yaml"
    file.write_text("all:\n  - field: orders\n    at_least: 1\n  - {segment: one-time}\n")
    for what in ("one-time", CLIENTS, '{"field": "orders", "at_least": 1}', str(file), TEA):
        assert json.loads(run("segment", "count", what, "--json").stdout) == {
            "customers": 1,
            "of": 2,
            "examples": [ann],
        }
    assert f"1 of 2 customers. For example {ann}." in run("segment", "count", "one-time").stdout
    assert "Nobody, of 2 customers." in run("segment", "count", "loyal").stdout
    assert "Everyone: 2 of 2 customers." in run("segment", "count", "{}").stdout


def test_a_shop_without_customers_says_so(run: Run, migrated: Database) -> None:
    add_shop(migrated, "a.example", Keyring([OLD]))
    for what in ("loyal", TEA):
        assert "The shop has no customers yet." in run("segment", "count", what).stdout


def test_each_part_is_explained_with_its_value(run: Run, ann: int) -> None:
    what = f"{{all: [{CLIENTS}, {{not: {TEA}}}, {{field: last_total, at_least: 20, currency: USD}}]}}"
    told = json.loads(run("segment", "explain", what, str(ann), "--json").stdout)
    assert told["inside"] is False
    assert [(part["depth"], part["holds"], part["value"]) for part in told["parts"]] == [
        (0, False, None),
        (1, True, "1"),
        (1, False, None),
        (2, True, None),
        (1, True, "20.00 USD"),
    ]
    shown = run("segment", "explain", "replenishment-due", str(ann)).stdout
    assert f"Customer {ann} is not inside." in shown
    assert "✗ Own rhythm has passed: yes (not known)" in shown


def test_a_segment_is_watched_and_its_members_kept(run: Run, ann: int, migrated: Database) -> None:
    assert run("segment", "save", "tea", TEA).exit_code == 0
    assert run("segment", "watch", "tea").stdout == "“tea” is watched; 1 are inside.\n"
    assert run("segment", "save", "tea", CLIENTS).exit_code == 0
    assert json.loads(run("segment", "watch", "one-time", "--json").stdout) == {"name": "one-time", "inside": 1}
    assert run("segment", "unwatch", "one-time").stdout == "“one-time” is watched by you no longer.\n"
    with migrated.read() as connection:
        (shop,) = shops.everyone(connection)
        assert members.names(connection, shop.shop_id) == {"tea": True}
        assert set(members.stays_of(connection, shop.shop_id, [ann])[ann]) == {"tea"}
    assert run("segment", "remove", "tea").exit_code == 0
    with migrated.read() as connection:
        assert members.stays_of(connection, shop.shop_id, [ann]) == {ann: {}}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("count", "loyl"), "There is no segment “loyl”. Did you mean “loyal”"),
        (("count", "{field: order, is: 2}"), "There is no field “order”"),
        (("count", "{field: orders, is: 2, is: 3}"), "“is” is there twice"),
        (("count", "{field: [}"), "is not YAML"),
        (("count", "{segment: mine}"), "There is no segment “mine”"),
        (("explain", "loyal", "999"), "There is no customer 999"),
        (("save", "loyal", "{}"), "every shop has"),
        (("save", "mine", "{segment: mine}"), "circle"),
        (("remove", "loyal"), "of your own"),
        (("watch", "loyl"), "There is no segment “loyl”"),
    ],
)
def test_what_cannot_be_is_a_sentence(run: Run, ann: int, arguments: tuple[str, ...], said: str) -> None:
    before = run("segment", "list", "--json").stdout
    refused = run("segment", *arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert run("segment", "list", "--json").stdout == before

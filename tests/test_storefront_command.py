"""`retention storefront`, from the command line."""

import json

import pytest

from plugin.secrets import Keyring
from plugin.store import storefront_keys
from plugin.store.database import Database
from tests.test_cli import OLD, Run, add_shop, environ, migrated, read_shop, run

__all__ = ["environ", "migrated", "run"]


@pytest.fixture
def shop(migrated: Database) -> int:
    return add_shop(migrated, "a.example", Keyring([OLD]))


def test_a_key_is_shown_once_and_stored_as_a_digest(run: Run, shop: int, migrated: Database) -> None:
    key = run("storefront", "key", "new", "--name", "shop server").stdout.strip()
    assert len(key) > 40
    (listed,) = json.loads(run("storefront", "key", "list", "--json").stdout)
    assert (listed["name"], listed["begins with"]) == ("shop server", key[:14] + "…")
    with migrated.read() as connection:
        assert storefront_keys.digests(connection, shop) == {storefront_keys.digest(key)}
    assert key not in run("storefront", "key", "list").stdout


def test_keys_are_changed_one_after_the_other(run: Run, shop: int) -> None:
    for _ in range(2):
        run("storefront", "key", "new")
    first, second = json.loads(run("storefront", "key", "list", "--json").stdout)
    assert run("storefront", "key", "revoke", first["key"]).exit_code == 0
    assert json.loads(run("storefront", "key", "list", "--json").stdout) == [second]
    assert "There is no key" in run("storefront", "key", "revoke", first["key"]).stderr


def test_a_name_is_one_short_line(run: Run, shop: int) -> None:
    assert "one line" in run("storefront", "key", "new", "--name", "x" * 61).stderr
    assert "one line" in run("storefront", "key", "new", "--name", "a\nb").stderr


def test_the_test_mode_is_off_until_it_is_switched_on(run: Run, shop: int, migrated: Database) -> None:
    assert not read_shop(migrated, shop).test_mode
    run("storefront", "test-mode", "on")
    assert read_shop(migrated, shop).test_mode
    assert "is off" in run("storefront", "test-mode", "off").stdout
    assert not read_shop(migrated, shop).test_mode

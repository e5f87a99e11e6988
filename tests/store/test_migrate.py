"""Migrations make exactly the tables of plugin.store.schema, on both databases."""

import threading
from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from plugin.store.database import Database
from plugin.store.migrate import HEAD, configuration, is_current, migrate
from plugin.store.schema import metadata

STALE = "plugin/store/schema/ has changed: run `python -m plugin.store.migrations.write 0001 tables`"


@pytest.fixture
def empty(database_url: str) -> Iterator[Database]:
    db = Database(database_url, pool_size=4)
    yield db
    db.close()


def catalogue(connection: Connection) -> set[tuple[str, ...]]:
    """Everything that the database itself says of its tables, whoever made them."""
    if connection.dialect.name == "sqlite":
        tables = [name for name in inspect(connection).get_table_names() if name != "alembic_version"]
        said = {
            (pragma, table, *map(str, row[1:]))
            for table in tables
            for pragma in ("table_xinfo", "foreign_key_list")
            for row in connection.execute(text(f"PRAGMA {pragma}({table})"))
        }
        indexes = (
            "SELECT name, coalesce(sql, '') FROM sqlite_master WHERE type = 'index' AND tbl_name <> 'alembic_version'"
        )
        return said | {tuple(map(str, row)) for row in connection.execute(text(indexes))}
    queries = (
        """SELECT table_name, column_name, data_type, coalesce(character_maximum_length, 0), is_nullable,
        coalesce(column_default, '') FROM information_schema.columns WHERE table_schema = 'public'""",
        "SELECT tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'",
        """SELECT conrelid::regclass, conname, pg_get_constraintdef(oid) FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace""",
    )
    rows = [tuple(map(str, row)) for query in queries for row in connection.execute(text(query))]
    return {row for row in rows if row[0] != "alembic_version"}


def test_migrations_make_the_tables(empty: Database) -> None:
    with empty.write() as connection:
        metadata.create_all(connection)
        wanted = catalogue(connection)
        metadata.drop_all(connection)
    migrate(empty)
    with empty.read() as connection:
        found = catalogue(connection)
        # Defaults are in the catalogue; Alembic's own comparison of them sees differences on SQLite where none are.
        context = MigrationContext.configure(connection, opts={"compare_server_default": not empty.sqlite})
        differences = compare_metadata(context, metadata)
    assert len(wanted) > 100
    assert found == wanted, STALE
    assert differences == [], STALE


def test_migrating_twice_changes_nothing(empty: Database) -> None:
    assert not is_current(empty)
    migrate(empty)
    assert is_current(empty)
    migrate(empty)
    assert is_current(empty)


def test_two_that_migrate_at_once_take_turns(database_url: str) -> None:
    failures: list[BaseException] = []

    def run() -> None:
        db = Database(database_url, pool_size=2)
        try:
            migrate(db)
        except BaseException as error:  # noqa: BLE001 -- for the test's own thread to see
            failures.append(error)
        finally:
            db.close()

    # Alembic keeps its context in module globals: one at a time in a process, so the rivals are held by the database.
    rival = Database(database_url, pool_size=2)
    thread = threading.Thread(target=run)
    with rival.write() as connection:
        if not rival.sqlite:
            from plugin.store.migrate import LOCK

            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        thread.start()
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(20)
    assert failures == []
    assert is_current(rival)
    rival.close()


def test_a_database_of_another_version_is_not_current(empty: Database) -> None:
    migrate(empty)
    with empty.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'other'"))
    assert not is_current(empty)


def test_the_head_is_named_where_it_can_be_read_without_alembic(empty: Database) -> None:
    with empty.read() as connection:
        assert ScriptDirectory.from_config(configuration(connection)).get_heads() == [HEAD]

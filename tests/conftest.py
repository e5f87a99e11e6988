"""What every test can ask for: a database of its own, on SQLite and on PostgreSQL."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from sqlalchemy import event

from plugin.store.database import Database
from plugin.store.schema import metadata

#: Where tests may create and drop databases of their own.
POSTGRES = os.environ.get("RETENTION_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")

#: No example has a time limit, since machines are shared. In CI the same examples run each time: what newly chosen
#: ones find is found by developers, and never in the way of somebody else's change.
settings.register_profile("house", deadline=None, derandomize="RETENTION_TEST_REQUIRE" in os.environ)
settings.load_profile("house")


def lacks(what: str) -> None:
    """Skip the test for what this machine lacks; where nothing may be lacking, as in CI, fail it."""
    if os.environ.get("RETENTION_TEST_REQUIRE"):
        pytest.fail(what)
    pytest.skip(what)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


def postgres_answers() -> bool:
    try:
        psycopg.connect(POSTGRES, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextlib.contextmanager
def _made_for_this_session() -> Iterator[str]:
    """The URL of an empty database, dropped in the end."""
    if not postgres_answers():
        lacks("PostgreSQL does not answer; name one in RETENTION_TEST_POSTGRES to run this test.")
    name = f"retention_test_{secrets.token_hex(6)}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    with _made_for_this_session() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_with_tables() -> Iterator[str]:
    """To make the tables takes ten times as long as to empty them."""
    with _made_for_this_session() as url:
        opened = Database(url, pool_size=1)
        with opened.write() as connection:
            metadata.create_all(connection)
        opened.close()
        yield url


def _empty(url: str) -> None:
    """No rows, and numbers that begin at 1 again, whatever the test before has left open."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        for table in reversed(metadata.sorted_tables):
            connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table.name)))
        used = connection.execute("SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL").fetchall()
        for (sequence,) in used:
            connection.execute(sql.SQL("ALTER SEQUENCE {} RESTART").format(sql.Identifier(sequence)))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'retention.db'}"
    url: str = request.getfixturevalue("postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "DROP SCHEMA IF EXISTS procrastinate CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public"
        )
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with all tables and no rows."""
    if request.param == "postgresql":
        url: str = request.getfixturevalue("postgres_with_tables")
        _empty(url)
        opened = Database(url, pool_size=4)
    else:
        opened = Database(f"sqlite:///{tmp_path / 'retention.db'}", pool_size=4)
        # A test's file need not survive a power cut.
        event.listen(opened._writer, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
        with opened.write() as connection:
            metadata.create_all(connection)
    yield opened
    opened.close()

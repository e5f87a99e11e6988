"""What every test can ask for: a database of its own, on SQLite and on PostgreSQL."""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
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


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of an empty database, made for this session of tests and dropped after it."""
    if not postgres_answers():
        lacks("PostgreSQL does not answer; name one in RETENTION_TEST_POSTGRES to run this test.")
    name = f"retention_test_{secrets.token_hex(6)}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    yield POSTGRES.rsplit("/", 1)[0] + f"/{name}"
    with psycopg.connect(POSTGRES, autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


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


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database with all tables and no rows."""
    opened = Database(database_url, pool_size=4)
    if opened.sqlite:  # a test's file need not survive a power cut
        event.listen(opened._writer, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))
    with opened.write() as connection:
        metadata.create_all(connection)
    yield opened
    opened.close()

"""A database for one measurement."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import text

from plugin.store.database import Database


@contextmanager
def fresh_database(postgres: str | None, path: Path) -> Iterator[str]:
    """The URL of an empty database: a file there, or one on this server, which is dropped afterwards."""
    if postgres is None:
        yield f"sqlite:///{path}"
        return
    name = f"retention_bench_{secrets.token_hex(6)}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    try:
        yield postgres.rsplit("/", 1)[0] + f"/{name}"
    finally:
        with psycopg.connect(postgres, autocommit=True) as admin:
            admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def tidy(database: Database) -> None:
    """As a server does by itself, sooner or later, after so many new rows."""
    if database.sqlite:
        with database.write() as connection:
            connection.execute(text("ANALYZE"))
        return
    with psycopg.connect(database.url.render_as_string(hide_password=False), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")

"""A database for one measurement."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


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

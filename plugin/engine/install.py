"""Procrastinate's tables, in a schema of their own, installed and brought up to date by `retention migrate`."""

from importlib.metadata import version
from pathlib import Path

import psycopg
from procrastinate.schema import SchemaManager
from psycopg import Connection
from psycopg.sql import SQL, Identifier, Literal

from plugin.engine.waking import SCHEMA, conninfo

#: "retention" in hexadecimal, as far as it fits: two `retention migrate` at once take turns.
LOCK = 0x726574656E74696F


def install(url: str) -> None:
    """Does nothing where they are up to date."""
    with psycopg.connect(**conninfo(url)) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        wanted, present = version("procrastinate"), _installed(connection)
        if present == wanted:
            return
        if present is None:
            connection.execute(SQL("CREATE SCHEMA IF NOT EXISTS {}").format(Identifier(SCHEMA)))
            connection.execute(SchemaManager.get_schema())
        else:
            for script in _scripts_since(present):
                connection.execute(script.read_bytes())
        connection.execute(SQL("COMMENT ON SCHEMA {} IS {}").format(Identifier(SCHEMA), Literal(wanted)))


def is_installed(url: str) -> bool:
    with psycopg.connect(**conninfo(url)) as connection:
        return _installed(connection) == version("procrastinate")


def _installed(connection: Connection) -> str | None:
    """The version whose tables are there: the schema's comment says it."""
    row = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", [SCHEMA]
    ).fetchone()
    return None if row is None else row[0]


def _scripts_since(present: str) -> list[Path]:
    """Named like 03.04.00_01_pre_what.sql."""
    scripts = sorted(Path(SchemaManager.get_migrations_path()).glob("[0-9]*.sql"))
    return [script for script in scripts if _number(script.name.partition("_")[0]) > _number(present)]


def _number(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3])

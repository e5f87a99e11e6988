"""Brings the tables of a database up to date, and says whether they are."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from plugin.store.database import Database

if TYPE_CHECKING:
    from alembic.config import Config

#: The newest revision. Named here, so that a web process need not load Alembic to ask `is_current`.
HEAD = "0001"
MIGRATIONS = Path(__file__).parent / "migrations"
#: "retentio" in hexadecimal: two processes that migrate PostgreSQL at once take turns.
LOCK = 0x726574656E74696F


def migrate(db: Database) -> None:
    """One transaction: all of the missing revisions or none."""
    from alembic import command

    with db.write() as connection:
        if not db.sqlite:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        command.upgrade(configuration(connection), "head")


def is_current(db: Database) -> bool:
    with db.read() as connection:
        return revision(connection) == HEAD


def revision(connection: Connection) -> str | None:
    """None for a database without our tables."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def configuration(connection: Connection) -> "Config":
    """What Alembic wants to know; there is no alembic.ini."""
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config

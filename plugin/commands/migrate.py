"""`retention migrate`."""

import os

import click

from plugin.settings import load_settings
from plugin.store import migrate as tables
from plugin.store.database import Database


@click.command()
def migrate() -> None:
    """Bring the database's tables up to date. Safe to run twice, and from two machines at once."""
    settings = load_settings(os.environ)
    database = Database(settings.database_url)
    try:
        tables.migrate(database)
        if not database.sqlite:
            from plugin.engine.install import install

            install(settings.database_url)
    finally:
        database.close()
    click.echo(f"The tables are those of revision {tables.HEAD}.")

"""`retention prune`."""

import os

import click

from plugin.commands.work import open_house
from plugin.flow import chores
from plugin.settings import load_settings


@click.command()
def prune() -> None:
    """Remove what is older than the retention periods. The engine does it too, once an hour."""
    from plugin.main import keep

    with open_house() as house:
        removed = chores.prune(house, keep(load_settings(os.environ)))
    click.echo(f"{removed} rows are gone.")

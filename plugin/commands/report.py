"""`retention report`: the shop's numbers, on the terminal, as a page, or as JSON."""

import json
from pathlib import Path

import click
from rich.console import Console

from plugin.commands.bars import bars
from plugin.commands.work import open_house, pick_shop
from plugin.errors import Rejected
from plugin.flow import report as reports
from plugin.report.page import render
from plugin.report.terminal import print_report


@click.command()
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with charts to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def report(shop: str | None, html: Path | None, as_json: bool) -> None:
    """The shop's numbers, each with its definition: who stays, who leaves and why, and what works."""
    if html is not None and not html.parent.is_dir():
        raise Rejected(f"The page cannot be written: there is no folder {html.parent}.")
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with bars() as progress:
            body = reports.make(house, chosen.shop_id, progress)
    if html is not None:
        try:
            html.write_text(render(body), encoding="utf-8")
        except OSError as error:
            raise Rejected(f"The page cannot be written: {error.strerror}: {html}.") from error
        click.echo(f"The page is in {html}.", err=True)
    if as_json:
        click.echo(json.dumps(body, allow_nan=False))
    elif html is None:
        print_report(body, Console())

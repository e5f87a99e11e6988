"""`retention shops`, `retention stop` and `retention start`."""

import json

import click
from rich.console import Console
from rich.table import Table

from plugin.commands.work import open_house, pick_shop
from plugin.engine.port import Lane, LaneKind
from plugin.errors import Rejected
from plugin.store import shops

SHOP = click.argument("shop", required=False)
ALL = click.option("--all", "every", is_flag=True, help="All shops.")


@click.command("shops")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_shops(as_json: bool) -> None:
    """List the shops that installed the app."""
    with open_house() as house, house.database.read() as connection:
        found = shops.everyone(connection)
    if as_json:
        rows = [
            {"shop": s.shop_id, "api_url": s.api_url, "name": s.name, "status": s.status.value, "stopped": s.stopped}
            for s in found
        ]
        click.echo(json.dumps(rows))
        return
    table = Table("shop", "API URL", "name", "Saleor", "status", "since", "stopped")
    for s in found:
        since, stopped = f"{s.status_since:%Y-%m-%d %H:%M}", "stopped" if s.stopped else ""
        table.add_row(str(s.shop_id), s.api_url, s.name, s.saleor_version, s.status.value, since, stopped)
    Console().print(table)


@click.command()
@SHOP
@ALL
def stop(shop: str | None, every: bool) -> None:
    """Stop everything for a shop, or for all, at once: nothing is decided, nothing goes out."""
    _switch(shop, every, stopped=True)


@click.command()
@SHOP
@ALL
def start(shop: str | None, every: bool) -> None:
    """Let a stopped shop go on."""
    _switch(shop, every, stopped=False)


def _switch(named: str | None, every: bool, *, stopped: bool) -> None:
    if (named is None) != every:
        raise Rejected("Name one shop (number or API URL; `retention shops` lists them), or say --all.")
    with open_house() as house:
        if every:
            with house.database.read() as connection:
                chosen = shops.everyone(connection)
        else:
            chosen = [pick_shop(house, named)]
        with house.database.write() as connection:
            for shop in chosen:
                shops.set_stopped(connection, shop.shop_id, stopped)
        if not stopped:
            house.wake([Lane(kind, shop.shop_id) for shop in chosen for kind in LaneKind])
    for shop in chosen:
        click.echo(f"{shop.api_url} {'is stopped' if stopped else 'goes on'}.")

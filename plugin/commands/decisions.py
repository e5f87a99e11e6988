"""`retention decisions`: what was chosen for whom, and why."""

import json

import click

from plugin.commands.tables import print_table
from plugin.commands.work import open_house, pick_shop
from plugin.store import decisions


@click.command("decisions")
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
@click.option("--customer", type=int, help="Only this customer's, by our number.")
@click.option("--limit", type=int, default=30, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_decisions(shop: str | None, customer: int | None, limit: int, as_json: bool) -> None:
    """The latest decisions with their reasons; also when the choice was nothing."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            found = decisions.latest(connection, chosen.shop_id, limit, customer)
    rows = [
        (f"{told.decided_at:%Y-%m-%d %H:%M}", told.campaign, told.customer_id, told.outcome.value, told.reason)
        for told in found
    ]
    names = ("when (UTC)", "campaign", "customer", "outcome", "reason")
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    print_table(names, rows)

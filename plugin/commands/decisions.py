"""`retention decisions`: what was chosen for whom, and why."""

import json

import click

from plugin.commands.tables import print_table
from plugin.commands.work import open_house, pick_shop
from plugin.domain.decide import Outcome
from plugin.store import decisions


@click.command("decisions")
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
@click.option("--customer", type=int, help="Only this customer's, by our number.")
@click.option("--campaign", help="Only of the campaign of that name.")
@click.option("--outcome", type=click.Choice([outcome.value for outcome in Outcome]), help="Only with that outcome.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=30, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_decisions(
    shop: str | None, customer: int | None, campaign: str | None, outcome: str | None, limit: int, as_json: bool
) -> None:
    """The latest decisions with their reasons; also when the choice was nothing."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            found = decisions.latest(
                connection, chosen.shop_id, limit, customer, campaign, None if outcome is None else Outcome(outcome)
            )
    rows = [
        (f"{told.decided_at:%Y-%m-%d %H:%M}", told.campaign, told.customer_id, told.outcome.value, told.reason)
        for told in found
    ]
    names = ("when (UTC)", "campaign", "customer", "outcome", "reason")
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    print_table(names, rows)

"""`retention replay`: what a campaign would have done over the shop's own past."""

import json

import click
from rich.console import Console

from plugin.commands.bars import bars
from plugin.commands.work import open_house, pick_shop
from plugin.flow import replay as flow
from plugin.report.replay import as_data, print_replay


@click.command()
@click.argument("campaign")
@click.option("--days", type=int, help="How far back it begins: 365, or 60 of a campaign about baskets.")
@click.option("--margin", type=float, help="The share of an order that is left after its costs, such as 0.4.")
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every decision.")
def replay(campaign: str, days: int | None, margin: float | None, shop: str | None, as_json: bool) -> None:
    """What a campaign would have done over the shop's own past, with the model as it would have been known then."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with bars() as progress:
            found = flow.replay(house, chosen.shop_id, campaign, days, margin=margin, progress=progress)
    if as_json:
        click.echo(json.dumps(as_data(found), allow_nan=False))
    else:
        print_replay(found, Console(highlight=False))

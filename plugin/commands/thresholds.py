"""`retention thresholds`: what each free-shipping threshold would cost and bring."""

import json
from pathlib import Path

import click
from rich.console import Console

from plugin.commands.bars import bars
from plugin.commands.work import open_house, pick_shop
from plugin.domain.top_up import ASSUMED
from plugin.errors import Rejected
from plugin.flow.threshold_finder import Asked, find_thresholds
from plugin.report.thresholds import as_data, page, print_thresholds


@click.command()
@click.option("--channel", help="One channel alone; else each by itself.")
@click.option("--segment", help="One segment alone: new, regular, loyal, at_risk or guest.")
@click.option("--margin", type=float, help="The share of an order that is left after its costs, such as 0.4.")
@click.option("--shipping-cost", "shipping", type=float, help="What shipping costs you for one order.")
@click.option(
    "--top-up",
    type=(float, float, float),
    metavar="LOW CENTRAL HIGH",
    help="Shares of the orders a little below a threshold that are topped up, such as 0.05 0.15 0.3.",
)
@click.option("--reach", type=float, default=ASSUMED.reach, show_default=True, help="How much of it they may lack.")
@click.option("--days", type=int, default=365, show_default=True, help="How far back orders are looked at.")
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, with every curve.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write a page with curves to this file.")
def thresholds(
    channel: str | None,
    segment: str | None,
    margin: float | None,
    shipping: float | None,
    top_up: tuple[float, float, float] | None,
    reach: float,
    days: int,
    shop: str | None,
    as_json: bool,
    html: Path | None,
) -> None:
    """What each free-shipping threshold would cost and bring, by segment, from the shop's own past orders."""
    if html is not None and not html.parent.is_dir():
        raise Rejected(f"The page cannot be written: there is no folder {html.parent}.")
    asked = Asked(channel, segment, margin, shipping, top_up, reach, days)
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with bars() as progress:
            answer = find_thresholds(house, chosen.shop_id, asked, progress)
    if html is not None:
        try:
            html.write_text(page(answer), encoding="utf-8")
        except OSError as error:
            raise Rejected(f"The page cannot be written: {error.strerror}: {html}.") from error
        click.echo(f"The page is in {html}.", err=True)
    if as_json:
        click.echo(json.dumps(as_data(answer), allow_nan=False))
    elif html is None:
        print_thresholds(answer, Console(highlight=False))

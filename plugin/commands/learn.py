"""`retention learn`: the rhythm and the model, now."""

from datetime import timedelta

import click

from plugin.commands.work import open_house, pick_shop
from plugin.errors import Rejected
from plugin.flow import learn as flow
from plugin.store import shops


@click.command()
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
def learn(shop: str | None) -> None:
    """Learn a shop's rhythm and model now; a server does it once a day. Nobody is woken by it."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        click.echo("Learning from every order that counts, and measuring everybody …", err=True)
        if not flow.learn(house, chosen.shop_id, timedelta(0)):
            raise Rejected(f"{chosen.api_url} is {chosen.status}: nothing is learnt until it is active again.")
        with house.database.read() as connection:
            model = shops.get(connection, chosen.shop_id).model
    if model is not None:
        click.echo(f"{model.choice}: {model.reason}")

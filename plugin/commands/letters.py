"""`retention letters`: what could not be understood or carried out, kept until a person has looked."""

import json

import click

from plugin.commands.tables import print_table
from plugin.commands.work import open_house, pick_shop
from plugin.engine.port import Lane, LaneKind
from plugin.store import effects, inbox

SHOP = click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
LISTED = 200


@click.group()
def letters() -> None:
    """Dead letters: webhooks and effects that were given up."""


@letters.command("list")
@SHOP
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_letters(shop: str | None, as_json: bool) -> None:
    """What is dead, and why."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            events = inbox.dead_rows(connection, chosen.shop_id, LISTED)
            undone = effects.dead(connection, chosen.shop_id, LISTED)
    rows = [("webhook", row.row_id, row.event, row.attempts, row.error) for row in events]
    rows += [("effect", letter.effect_id, letter.kind, letter.attempts, letter.error) for letter in undone]
    names = ("what", "number", "kind", "tried", "why")
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    if not rows:
        click.echo("Nothing is dead.")
        return
    print_table(names, rows)


@letters.command("retry")
@SHOP
def retry(shop: str | None) -> None:
    """Try all of them again from the beginning."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.write() as connection:
            events = inbox.revive(connection, chosen.shop_id)
            undone = effects.revive(connection, chosen.shop_id, house.clock())
        house.wake([Lane(LaneKind.RECEIVE, chosen.shop_id), Lane(LaneKind.DELIVER, chosen.shop_id)])
    click.echo(f"{events} webhooks and {undone} effects are tried again.")

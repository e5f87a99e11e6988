"""`retention letters`: what could not be understood or carried out, or may have been sent, until a person has looked."""

import json

import click

from plugin.commands.tables import print_table
from plugin.commands.work import open_house, pick_shop
from plugin.domain.effects import EffectStatus
from plugin.engine.port import Lane, LaneKind
from plugin.errors import NotFound
from plugin.store import effects, inbox, messages

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
            parked = messages.listed(connection, chosen.shop_id, LISTED, EffectStatus.PARKED)
    rows = [("webhook", row.row_id, row.event, row.attempts, row.error) for row in events]
    rows += [("message", one.effect_id, "parked", 1, one.error or "") for one in parked]
    rows += [("effect", letter.effect_id, letter.kind, letter.attempts, letter.error) for letter in undone]
    names = ("what", "number", "kind", "tried", "why")
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    if not rows:
        click.echo("Nothing is dead.")
        return
    print_table(names, rows)
    if parked:
        click.echo(
            "Nobody knows whether a parked message went: look at your mail server, then `retention letters resend`"
        )
        click.echo("or `retention letters settle` with its number.")


@letters.command("retry")
@SHOP
def retry(shop: str | None) -> None:
    """Try all of them again from the beginning; parked messages are left, since they may have been sent."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.write() as connection:
            events = inbox.revive(connection, chosen.shop_id)
            undone = effects.revive(connection, chosen.shop_id, house.clock())
        house.wake([Lane(kind, chosen.shop_id) for kind in (LaneKind.RECEIVE, LaneKind.DELIVER, LaneKind.MESSAGES)])
    click.echo(f"{events} webhooks and {undone} effects are tried again.")


@letters.command("resend")
@click.argument("number", type=click.IntRange(1))
@SHOP
def resend(number: int, shop: str | None) -> None:
    """Send a parked message again: it did not arrive."""
    _settle(number, shop, send=True)
    click.echo(f"Message {number} is sent again.")


@letters.command("settle")
@click.argument("number", type=click.IntRange(1))
@SHOP
def settle(number: int, shop: str | None) -> None:
    """Take a parked message as sent: it did arrive, or shall not go any more."""
    _settle(number, shop, send=False)
    click.echo(f"Message {number} counts as sent.")


def _settle(number: int, shop: str | None, *, send: bool) -> None:
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.write() as connection:
            if not messages.settle(connection, chosen.shop_id, number, house.clock(), send=send):
                raise NotFound(f"There is no parked message {number}; `retention letters list` shows those there are.")
        house.wake([Lane(LaneKind.MESSAGES, chosen.shop_id)])

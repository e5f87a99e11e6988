"""`retention messages`: in whose name they are sent, how they look, one to oneself, and what became of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import click

from plugin.commands.campaign_options import pairs
from plugin.commands.tables import print_table
from plugin.commands.work import open_house, pick_shop
from plugin.domain.effects import EffectStatus
from plugin.domain.messages import Medium
from plugin.domain.sending import Sending, read_sending, write_sending
from plugin.domain.tactic import describe_values
from plugin.flow import message_preview
from plugin.store import messages as messages_store
from plugin.store import shops

SHOP = click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
NUMBER = click.option("--number", default=1, show_default=True, help="Which of its messages, where it has several.")
LANGUAGE = click.option("--language", help="As en or pl; without it the customer's, else the first.")


@click.group()
def messages() -> None:
    """Messages: in whose name, how they look, one to yourself, what was sent."""


@messages.command("show")
@SHOP
@AS_JSON
def show(shop: str | None, as_json: bool) -> None:
    """In whose name they are sent, and to whom they may go."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
    _print(write_sending(chosen.sending), as_json=as_json)


@messages.command("set")
@click.argument("given", nargs=-1, required=True, metavar="NAME=VALUE…")
@SHOP
@AS_JSON
def set_(given: tuple[str, ...], shop: str | None, as_json: bool) -> None:
    """Change some; an empty value takes one away. It holds from the next message on."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.write() as connection:
            before = write_sending(shops.hold(connection, chosen.shop_id).sending)
            sending = read_sending({**before, **pairs(given)})
            shops.set_sending(connection, chosen.shop_id, sending)
    _print(write_sending(sending), as_json=as_json)


def _print(said: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(said))
        return
    for told in describe_values(Sending):
        value = said[told["name"]]
        plain = "none" if value in {None, ""} else value if isinstance(value, str) else json.dumps(value)
        click.echo(f"{told['name']:<16} {plain}: {told['label']}. {told['help']}".rstrip())


@messages.command("preview")
@click.argument("campaign")
@SHOP
@LANGUAGE
@click.option("--customer", type=int, help="Our number: with that customer's name and language.")
@click.option("--by", "medium", type=click.Choice([medium.value for medium in Medium]), help="Else the first way.")
@NUMBER
@click.option("--html", "file", type=click.Path(path_type=Path, dir_okay=False), help="Write the mail's HTML there.")
def preview(
    campaign: str,
    shop: str | None,
    language: str | None,
    customer: int | None,
    medium: str | None,
    number: int,
    file: Path | None,
) -> None:
    """How the campaign's message looks, with a sample for what is filled in."""
    with open_house() as house:
        made = message_preview.preview(
            house,
            pick_shop(house, shop).shop_id,
            campaign,
            language=language,
            customer_id=customer,
            medium=Medium(medium) if medium else None,
            number=number,
        )
    if made.subject:
        click.echo(f"Subject: {made.subject}\n")
    click.echo(made.text)
    if file is not None:
        file.write_text(made.html, encoding="utf-8")
        click.echo(f"\nThe HTML is in {file}.", err=True)
    for sentence in made.missing:
        click.echo(f"\nNot sent as things stand: {sentence}", err=True)


@messages.command("send-test")
@click.argument("campaign")
@click.option("--to", required=True, help="Your e-mail address.")
@SHOP
@LANGUAGE
@NUMBER
def send_test(campaign: str, to: str, shop: str | None, language: str | None, number: int) -> None:
    """One mail to yourself, with a sample for what is filled in; its code does not work."""
    with open_house() as house:
        shop_id = pick_shop(house, shop).shop_id
        made = anyio.run(message_preview.send_test, house, shop_id, campaign, to, language, number)
    click.echo(f"“{made.subject}” was sent to {to}.")


@messages.command("list")
@SHOP
@AS_JSON
@click.option("--status", type=click.Choice([status.value for status in EffectStatus]), help="Only these.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
def list_messages(shop: str | None, as_json: bool, status: str | None, limit: int) -> None:
    """The latest messages, and what became of them."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            only = EffectStatus(status) if status else None
            found = messages_store.listed(connection, chosen.shop_id, limit, only)
    names = ("number", "status", "campaign", "customer", "by", "subject", "at", "why")
    rows = [
        (
            one.effect_id,
            one.status.value,
            one.campaign or "",
            one.customer_id,
            one.medium,
            one.subject,
            f"{one.at:%Y-%m-%d %H:%M}",
            one.error or "",
        )
        for one in found
    ]
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
    elif rows:
        print_table(names, rows)
    else:
        click.echo("No messages.")

"""`retention guardrails`: what may never be done to a customer, whatever a campaign wishes."""

import getpass
import json

import click

from plugin.commands.campaign_options import pairs
from plugin.commands.work import open_house, pick_shop
from plugin.domain.guardrails import Guardrails, describe_guardrails, read_guardrails, write_guardrails
from plugin.store import shops

SHOP = click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def guardrails() -> None:
    """The shop's limits around every campaign: show and set."""


@guardrails.command("show")
@SHOP
@AS_JSON
def show(shop: str | None, as_json: bool) -> None:
    """What holds now."""
    with open_house() as house:
        _print(pick_shop(house, shop).guardrails, as_json=as_json)


@guardrails.command("set")
@click.argument("given", nargs=-1, required=True, metavar="NAME=VALUE…")
@SHOP
@AS_JSON
def set_(given: tuple[str, ...], shop: str | None, as_json: bool) -> None:
    """Change some; an empty value switches a limit off, JSON for tables. It holds from the next decision on."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.write() as connection:
            before = write_guardrails(shops.hold(connection, chosen.shop_id).guardrails)
            rules = read_guardrails({**before, **pairs(given)})
            shops.set_guardrails(connection, chosen.shop_id, rules, getpass.getuser(), house.clock())
    _print(rules, as_json=as_json)


def _print(rules: Guardrails, *, as_json: bool) -> None:
    said = write_guardrails(rules)
    if as_json:
        click.echo(json.dumps(said))
        return
    for told in describe_guardrails():
        value = said[told["name"]]
        plain = "none" if value is None else value if isinstance(value, str) else json.dumps(value)
        unit = f" {told['unit']}" if told["unit"] and value is not None else ""
        click.echo(f"{told['name']:<16} {plain}{unit}: {told['label']}. {told['help']}".rstrip())
    click.echo(f"{'budgets':<16} {json.dumps(said['budgets'])}: of the whole shop.")

"""`retention storefront`: what those who build a shop's storefront need of the operator."""

import getpass
import json

import click

from plugin.commands.tables import print_table
from plugin.commands.work import open_house, pick_shop
from plugin.errors import NotFound, Rejected
from plugin.store import shops, storefront_keys

SHOP = click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
LONGEST_NAME = 60


@click.group()
def storefront() -> None:
    """What a shop's storefront may do: keys for its server, and the test mode."""


@storefront.group()
def key() -> None:
    """Keys with which a storefront's server asks for its shoppers."""


@key.command("new")
@click.option("--name", default="", help="Whatever helps to know it again, like the server's name.")
@SHOP
def new(name: str, shop: str | None) -> None:
    """Make a key and print it, this once. Others stay as they are: change over, then revoke the old one."""
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise Rejected(f"The name must be one line of at most {LONGEST_NAME} characters.")
    with open_house() as house:
        chosen, made = pick_shop(house, shop), storefront_keys.new_key()
        with house.database.write() as connection:
            storefront_keys.add(connection, chosen.shop_id, made, name, getpass.getuser(), house.clock())
    click.echo(made)
    click.echo("It is not shown again. It belongs on a server, never into a page.", err=True)


@key.command("list")
@SHOP
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(shop: str | None, as_json: bool) -> None:
    """The keys there are; of each only how it begins."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            found = storefront_keys.listed(connection, chosen.shop_id)
    names = ("key", "name", "begins with", "made by", "at (UTC)")
    rows = [(str(k.key_id), k.name, f"{k.hint}…", k.made_by, f"{k.made_at:%Y-%m-%d %H:%M}") for k in found]
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    print_table(names, rows)


@key.command("revoke")
@click.argument("number", type=click.IntRange(1, 2**53))
@SHOP
def revoke(number: int, shop: str | None) -> None:
    """Take a key back, by its number in the list; within seconds nobody takes it any more."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.write() as connection:
            gone = storefront_keys.revoke(connection, chosen.shop_id, number)
    if not gone:
        raise NotFound(f"There is no key {number}; `retention storefront key list` shows which there are.")
    click.echo(f"Key {number} is revoked.")


@storefront.command("test-mode")
@click.argument("wanted", type=click.Choice(["on", "off"]))
@SHOP
def test_mode(wanted: str, shop: str | None) -> None:
    """Let the fixed shoppers test:new, test:regular, test:loyal and test:at_risk ask, or not."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.write() as connection:
            shops.set_test_mode(connection, chosen.shop_id, wanted == "on")
    click.echo(f"The test mode of {chosen.api_url} is {wanted}.")

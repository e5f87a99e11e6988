"""`retention keys`: secret keys and their rotation."""

import click
from sqlalchemy import Connection

from plugin.commands.work import open_house
from plugin.secrets import Keyring, new_key
from plugin.store import shops


@click.group()
def keys() -> None:
    """Make secret keys, and rotate them."""


@keys.command("new")
def new() -> None:
    """Print a new key for RETENTION_SECRET_KEYS."""
    click.echo(new_key())


@keys.command("webhook")
def webhook() -> None:
    """Print a new RETENTION_WEBHOOK_SECRET, for us and the provider of SMS, push and bounces."""
    from plugin.messaging.provider import new_secret

    click.echo(new_secret())


@keys.command("rotate")
def rotate() -> None:
    """Encrypt everything anew under the first of RETENTION_SECRET_KEYS, so that the others can go."""
    with open_house() as house, house.database.write() as connection:
        number = rotate_all(connection, house.keyring)
    click.echo(f"The secrets of {number} shops are encrypted under the first key now.")


def rotate_all(connection: Connection, keyring: Keyring) -> int:
    everyone = shops.everyone(connection)
    for shop in everyone:
        shops.save_token(connection, shop.shop_id, keyring.rotate(shop.token))
        shops.save_pepper(connection, shop.shop_id, keyring.rotate(shop.pepper))
    return len(everyone)

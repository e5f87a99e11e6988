"""`retention suppress`: who gets nothing."""

import getpass
import json
from datetime import timedelta
from pathlib import Path

import click

from plugin.commands.tables import print_table
from plugin.commands.work import open_house, pick_shop
from plugin.domain.guardrails import Suppression
from plugin.errors import NotFound, Rejected
from plugin.flow.house import House
from plugin.flow.suppression import subjects_named
from plugin.store import suppressions
from plugin.store.shops import Shop
from plugin.store.suppressions import Listed, Subject, Why

SHOP = click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
WHOM = click.argument("whom", nargs=-1, metavar="NUMBER|EMAIL…")
FILE = click.option("--file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="E-mails, one a line.")


@click.group()
def suppress() -> None:
    """The suppression list: who gets nothing, whatever a campaign wishes."""


@suppress.command("add")
@WHOM
@FILE
@click.option("--for", "why", type=click.Choice([why.value for why in Why]), default=Why.OTHER.value, show_default=True)
@click.option("--days", type=click.IntRange(1, 3650), help="For so long; for good where it is left out.")
@SHOP
def add(whom: tuple[str, ...], file: Path | None, why: str, days: int | None, shop: str | None) -> None:
    """Put customers on the list, by our number or by e-mail. Nothing more is decided for them, nor goes out."""
    with open_house() as house:
        chosen, now = pick_shop(house, shop), house.clock()
        until = None if days is None else now + timedelta(days=days)
        named = _subjects(house, chosen, whom, file)
        with house.database.write() as connection:
            for subject in named:
                suppressions.put(connection, chosen.shop_id, subject, Suppression(why, until), getpass.getuser(), now)
    click.echo(f"{len(named)} on the list{'' if until is None else f' until {until:%Y-%m-%d %H:%M} UTC'}.")


@suppress.command("remove")
@WHOM
@FILE
@SHOP
def remove(whom: tuple[str, ...], file: Path | None, shop: str | None) -> None:
    """Take customers off the list, by what they were put on it by."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        named = _subjects(house, chosen, whom, file)
        with house.database.write() as connection:
            gone = suppressions.remove(connection, chosen.shop_id, [subject.key for subject in named])
    if not gone:
        raise NotFound("None of them is on the list; `retention suppress list` shows who is, by what they were named.")
    click.echo(f"{gone} off the list.")


@suppress.command("list")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@SHOP
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(limit: int, shop: str | None, as_json: bool) -> None:
    """Who is on it, the latest first. Of e-mails only a keyed hash is kept, so none can be shown."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            found = suppressions.listed(connection, chosen.shop_id, limit)
    names = ("who", "for", "until (UTC)", "added by", "at (UTC)")
    rows = [_row(entry) for entry in found]
    if as_json:
        click.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows]))
        return
    print_table(names, rows)


def _row(entry: Listed) -> tuple[str, ...]:
    who = f"e-mail {entry.subject.hex()[:8]}…" if entry.customer_id is None else f"customer {entry.customer_id}"
    until = "for good" if entry.until is None else f"{entry.until:%Y-%m-%d %H:%M}"
    return who, entry.reason.value, until, entry.added_by, f"{entry.added_at:%Y-%m-%d %H:%M}"


def _lines(file: Path) -> tuple[str, ...]:
    try:
        return tuple(file.read_text("utf-8-sig").split())
    except UnicodeDecodeError:
        raise Rejected(f"{file.name} is not a text file in UTF-8.") from None


def _subjects(house: House, shop: Shop, whom: tuple[str, ...], file: Path | None) -> list[Subject]:
    """All that were named. Raises `Rejected` or `NotFound` before anything is written."""
    lines = () if file is None else _lines(file)
    if not whom and not lines:
        raise Rejected("Say whom: our number, an e-mail, or --file with e-mails.")
    return subjects_named(house, shop, (*whom, *lines))

"""`retention segment`: who is in which segment, and why."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Connection

from plugin.commands.work import open_house, pick_shop
from plugin.domain.condition_parts import parts_of
from plugin.domain.conditions import Condition, holds, in_words, needs_lines, read_condition, resolve, write_condition
from plugin.errors import NotFound
from plugin.flow.campaign_file import read_yaml
from plugin.flow.watching import refill, unwatch, watch
from plugin.store import customers, members, segments
from plugin.store.shops import Shop

SHOP = click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
#: Longer text is a condition and not the name of a file.
_LONGEST_PATH = 200


@click.group()
def segment() -> None:
    """Segments: those every shop has and your own, as conditions over what is known of customers."""


@segment.command("list")
@SHOP
@AS_JSON
def list_segments(shop: str | None, as_json: bool) -> None:
    """All segments of a shop, those of its own last."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            mine = segments.own(connection, chosen.shop_id)
    rows = [_row(ready.name, ready.title, ready.pitch, ready.condition, own=False) for ready in segments.ready(chosen)]
    rows += [_row(own.name, own.name, in_words(own.condition), own.condition, own=True) for own in mine]
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        click.secho(f"{row['name']}{': ' + row['title'] if row['title'] != row['name'] else ''}", bold=True)
        click.echo(f"  {row['pitch']}")


def _row(name: str, title: str, pitch: str, condition: Condition, *, own: bool) -> dict[str, Any]:
    return {"name": name, "title": title, "pitch": pitch, "own": own, "condition": write_condition(condition)}


@segment.command()
@click.argument("what")
@click.option("--examples", type=click.IntRange(0, 1000), default=5, show_default=True, help="So many are named.")
@SHOP
@AS_JSON
def count(what: str, examples: int, shop: str | None, as_json: bool) -> None:
    """How many are in a segment. WHAT is its name, a YAML or JSON file with a condition, or the condition itself."""
    with open_house() as house:
        chosen, now = pick_shop(house, shop), house.clock()
        with house.database.read() as connection:
            condition = _resolved(connection, chosen, what)
            found = _count(connection, chosen, condition, now)
            everyone = segments.everyone(connection, chosen.shop_id)
            ids = segments.examples(connection, chosen, condition, now, examples) if examples else []
    if as_json:
        click.echo(json.dumps({"customers": found, "of": everyone, "examples": list(ids)}))
        return
    click.echo(in_words(condition))
    click.echo(_size(found, everyone, ids))


def _size(found: int, everyone: int, ids: Sequence[int]) -> str:
    if not everyone:
        return "The shop has no customers yet."
    if not found:
        return f"Nobody, of {everyone:,} customers."
    named = f" For example {', '.join(str(one) for one in ids)}." if ids else ""
    return f"{'Everyone: ' if found == everyone else ''}{found:,} of {everyone:,} customers.{named}"


def _count(connection: Connection, shop: Shop, condition: Condition, now: datetime) -> int:
    """Lines of a large shop take a while to look through, so it is shown how far it has come."""
    if not needs_lines(condition):
        return segments.count(connection, shop, condition, now)
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task, found = progress.add_task("Looking through what was bought", total=None), 0
        for portion in segments.counted(connection, shop, condition, now):
            found += portion.found
            progress.update(task, completed=portion.done, total=portion.ids)
    return found


@segment.command()
@click.argument("what")
@click.argument("customer", type=click.IntRange(1, 2**63 - 1))
@SHOP
@AS_JSON
def explain(what: str, customer: int, shop: str | None, as_json: bool) -> None:
    """Whether a customer is in a segment, and for each part of it whether it holds and with which value."""
    with open_house() as house:
        chosen, now = pick_shop(house, shop), house.clock()
        with house.database.read() as connection:
            condition = _resolved(connection, chosen, what)
            known = customers.by_id(connection, chosen.shop_id, customer)
            if known is None:
                raise NotFound(f"There is no customer {customer} in {chosen.api_url}.")
            person = segments.persons_of(connection, chosen.shop_id, [known], chosen.limits, condition)[
                known.customer_id
            ]
    inside, parts = holds(condition, person, now), list(parts_of(condition, person, now))
    if as_json:
        told = [{"depth": p.depth, "said": p.said, "holds": p.holds, "value": p.value} for p in parts]
        click.echo(json.dumps({"customer": customer, "inside": inside, "parts": told}))
        return
    click.secho(f"Customer {customer} is {'inside' if inside else 'not inside'}.", bold=True)
    for part in parts:
        value = "" if part.value is None else f" ({part.value})"
        click.echo(f"  {'  ' * part.depth}{'✓' if part.holds else '✗'} {part.said}{value}")


@segment.command()
@click.argument("name")
@click.argument("what")
@SHOP
@AS_JSON
def save(name: str, what: str, shop: str | None, as_json: bool) -> None:
    """Keep a condition as a segment of your own, new or instead of the one of that name."""
    with open_house() as house:
        chosen, now = pick_shop(house, shop), house.clock()
        with house.database.write() as connection:
            condition = _condition(connection, chosen, what)
            segments.save(connection, chosen.shop_id, name, condition, now)
            found = segments.count(connection, chosen, segments.find(connection, chosen.shop_id, name), now)
            everyone = segments.everyone(connection, chosen.shop_id)
        refill(house, chosen.shop_id)
    if as_json:
        click.echo(json.dumps({"name": name, "customers": found, "of": everyone}))
        return
    click.echo(f"“{name}” is saved. {_size(found, everyone, ())}")


@segment.command()
@click.argument("name")
@SHOP
@AS_JSON
def remove(name: str, shop: str | None, as_json: bool) -> None:
    """Remove a segment of your own that nothing uses."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.write() as connection:
            segments.remove(connection, chosen.shop_id, name)
            members.unwatch(connection, chosen.shop_id, name)
    click.echo(json.dumps({"removed": name}) if as_json else f"“{name}” is removed.")


@segment.command("watch")
@click.argument("name")
@SHOP
@AS_JSON
def start_watching(name: str, shop: str | None, as_json: bool) -> None:
    """Keep who is in a segment, from now on with every order and moment."""
    with open_house() as house:
        inside = watch(house, pick_shop(house, shop).shop_id, name)
    click.echo(
        json.dumps({"name": name, "inside": inside}) if as_json else f"“{name}” is watched; {inside:,} are inside."
    )


@segment.command("unwatch")
@click.argument("name")
@SHOP
@AS_JSON
def stop_watching(name: str, shop: str | None, as_json: bool) -> None:
    """Keep no longer who is in a segment, unless a campaign that is on hears of it."""
    with open_house() as house:
        unwatch(house, pick_shop(house, shop).shop_id, name)
    click.echo(json.dumps({"name": name}) if as_json else f"“{name}” is watched by you no longer.")


def _resolved(connection: Connection, shop: Shop, what: str) -> Condition:
    return resolve(_condition(connection, shop, what), segments.named(connection, shop.shop_id))


def _condition(connection: Connection, shop: Shop, what: str) -> Condition:
    """As it was said: by a segment's name, in a file, or in so many words."""
    known: Mapping[str, Condition] = segments.named(connection, shop.shop_id)
    if what in known:
        return known[what]
    if "{" not in what and ":" not in what:
        if (path := _file(what)) is None:
            segments.find(connection, shop.shop_id, what)
        else:
            what = path.read_text(encoding="utf-8", errors="replace")
    return read_condition(read_yaml(what))


def _file(name: str) -> Path | None:
    path = Path(name)
    with suppress(OSError, ValueError):
        if len(name) <= _LONGEST_PATH and path.is_file():
            return path
    return None

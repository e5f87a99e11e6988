"""`retention backfill` and `retention import`: a shop's past, from Saleor and from before it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import anyio
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from plugin.commands.work import open_house, pick_shop
from plugin.errors import GiveUp, Rejected, TryLater
from plugin.flow.backfill import begin, failed, find_place, read_page
from plugin.flow.fit import fit
from plugin.flow.house import House
from plugin.flow.imports import import_orders
from plugin.flow.learn import learn
from plugin.imports.history_csv import read_history
from plugin.store import backfills
from plugin.store.backfills import Backfill, Kind
from plugin.store.shops import Shop

SHOP = click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
#: Seconds before a shop that does not answer is asked again; and how often in a row.
PAUSE, TRIES = 5.0, 20
WORDS = {
    Kind.CUSTOMERS: "customers",
    Kind.ORDERS: "orders",
    Kind.ACCOUNTS: "changed customers",
    Kind.SWEEP: "changed orders",
    Kind.OPEN: "open orders",
    Kind.GONE: "deleted customers",
}


@click.command("backfill")
@SHOP
@click.option("--again", is_flag=True, help="From the beginning, even where everything has been read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backfill(shop: str | None, again: bool, as_json: bool) -> None:
    """Read a shop's customers and orders, or what changed since they were read; it goes on where it was cut."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        if chosen.rests(house.clock()):
            raise Rejected(
                f"{chosen.api_url} is not active, stopped, or takes no calls now; `retention shops` says which."
            )
        begin(house, chosen.shop_id, again=again)
        with _progress() as bars:
            anyio.run(_read, house, chosen, bars)
        with house.database.read() as connection:
            found = backfills.of_shop(connection, chosen.shop_id)
    if as_json:
        click.echo(json.dumps([_plain(walk) for walk in found.values()]))
        return
    for walk in found.values():
        said = f" ({walk.error})" if walk.error else ""
        click.echo(f"{WORDS[walk.kind]}: {walk.done} read, {walk.status.value}{said}")


async def _read(house: House, shop: Shop, bars: Progress) -> None:
    saleor = house.connect(shop)
    tasks: dict[Kind, TaskID] = {}
    failures = 0
    while (place := await anyio.to_thread.run_sync(find_place, house, shop.shop_id)) is not None:
        kind = place.walk.kind
        if kind not in tasks:
            tasks[kind] = bars.add_task(WORDS[kind])
        _show(bars, tasks[kind], place.walk)
        try:
            _show(bars, tasks[kind], await read_page(house, saleor, place))
            failures = 0
        except TryLater as error:
            failures += 1
            if failures == TRIES:
                raise
            pause = PAUSE if error.after is None else error.after
            bars.console.print(f"{error} Waiting {pause:.0f} seconds.", highlight=False)
            await anyio.sleep(pause)
        except (GiveUp, Rejected) as error:
            await anyio.to_thread.run_sync(failed, house, place, str(error))
            raise


def _show(bars: Progress, task: TaskID, walk: Backfill) -> None:
    bars.update(task, completed=walk.done, total=max(walk.total, walk.done) if walk.total is not None else None)


def _plain(walk: Backfill) -> dict[str, object]:
    return {
        "kind": walk.kind.value,
        "status": walk.status.value,
        "done": walk.done,
        "total": walk.total,
        "started_at": walk.started_at.isoformat(),
        "finished_at": walk.finished_at.isoformat() if walk.finished_at else None,
        "error": walk.error,
    }


@click.command("import")
@SHOP
@click.option(
    "--orders",
    "path",
    required=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A CSV file: email, ordered_at, total, currency, and optionally number, voucher, refunded, items.",
)
@click.option("--skip-broken", is_flag=True, help="Take in the good rows, even where others cannot be read.")
def import_(shop: str | None, path: Path, skip_broken: bool) -> None:
    """Take in orders from before Saleor. The same file brings nothing twice, and nothing is triggered."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        reading = read_history(path, chosen.zone, house.clock())
        given = reading.complete(path.name, skip_broken=skip_broken, nothing="nothing was written")
        for broken in reading.broken:
            click.echo(f"{path.name}, {broken}: left out.", err=True)
        with _progress() as bars:
            task = bars.add_task("orders", total=len(given))
            imported = import_orders(house, chosen.shop_id, given, lambda taken: bars.advance(task, taken))
            if imported.new:
                bars.add_task("learning", total=None)
                learn(house, chosen.shop_id, timedelta(0), fit=fit)
    click.echo(f"{imported.new} of {imported.orders} orders are new in the ledger of {chosen.api_url}.")


@contextmanager
def _progress() -> Iterator[Progress]:
    columns = (TextColumn("{task.description:<18}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        yield bars

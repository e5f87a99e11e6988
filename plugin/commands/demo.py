"""`retention demo`: the whole way of a real purchase history, on this machine, with a stand-in for Saleor."""

import json
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from plugin.demo import play
from plugin.demo.check import Figures, everyone_asked, take_stock
from plugin.demo.history import HOUSEHOLDS, Basket, baskets
from plugin.demo.stage import Stage, set_stage
from plugin.store import shops
from plugin.store.database import Database


@click.command()
@click.option("--once", is_flag=True, help="Check the result, print it, and end.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--households", type=click.IntRange(1, 2469), default=HOUSEHOLDS, show_default=True)
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var/demo"), show_default=True)
def demo(once: bool, as_json: bool, households: int, folder: Path) -> None:
    """A year of real baskets through signed webhooks: who is silent too long gets one code and one banner."""
    started = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is ended, too
    with _progress() as bar:
        task = bar.add_task("Reading a real purchase history")
        history = baskets(datetime.now(UTC), households)
        bar.update(task, total=1, completed=1)
        with set_stage(folder) as stage:
            figures = _perform(stage, history, bar)
            bar.stop()
            problems = figures.problems()
            if as_json:
                click.echo(json.dumps({**figures.as_json(), "seconds": round(time.monotonic() - started, 1)}))
            else:
                _print(figures, time.monotonic() - started)
            if not once:
                _stay(stage)
    if problems:
        sys.exit("\n".join(problems))


def _perform(stage: Stage, history: list[Basket], bar: Progress) -> Figures:
    play.install(stage)
    database = Database(stage.environ["RETENTION_DATABASE_URL"])
    with database.read() as connection:
        (shop,) = shops.everyone(connection)
    play.until_past_is_read(database, shop.shop_id)
    task = bar.add_task("Sending orders, oldest first", total=len(history))
    play.replay(stage, history, lambda sent: bar.advance(task, sent))
    play.work_off(database, shop.shop_id, _countdown(bar, "Taking them in"))
    task = bar.add_task("Learning the rhythm, switching campaigns on", total=1)
    play.switch_on(stage)
    bar.advance(task)
    countdown = _countdown(bar, "Deciding and writing back")
    _until_asked(database, shop.shop_id, datetime.now(UTC) - timedelta(hours=1))
    play.work_off(database, shop.shop_id, countdown)
    figures = take_stock(stage, database, shop.shop_id, len(history))
    database.close()
    return figures


def _until_asked(database: Database, shop_id: int, since: datetime) -> None:
    """Until everybody who was inside has been asked about, as far as the day allows."""
    until = time.monotonic() + play.PATIENCE
    while time.monotonic() < until:
        with database.read() as connection:
            if everyone_asked(connection, shop_id, since):
                return
        time.sleep(0.25)


def _countdown(bar: Progress, title: str) -> Callable[[int], None]:
    """A bar that fills as what is left becomes less."""
    task = bar.add_task(title, total=None)
    most = 0

    def show(left: int) -> None:
        nonlocal most
        most = max(most, left, 1)
        bar.update(task, total=most, completed=most - left)

    return show


def _progress() -> Progress:
    columns = (TextColumn("{task.description:<44}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True))


def _print(figures: Figures, seconds: float) -> None:
    table = Table(show_header=False, title=f"The demo's figures, after {seconds:.0f} seconds")
    table.add_row("Orders sent, and in the ledger", f"{figures.orders_sent:,} = {figures.orders_in_ledger:,}")
    for segment, count in sorted(figures.customers.items()):
        table.add_row(f"Customers {segment.replace('_', ' ')}", f"{count:,}")
    table.add_row("Won back: given, left alone as control", f"{figures.given}, {figures.control}")
    table.add_row(
        "Vouchers, codes and banners in the shop",
        f"{figures.vouchers_in_saleor}, {figures.codes_in_saleor}, {figures.banners_in_saleor}",
    )
    table.add_row("Customers shown their own threshold", f"{figures.thresholds_in_saleor:,}")
    Console().print(table)


def _stay(stage: Stage) -> None:
    click.echo(f"\nThe merchant's Dashboard:  {stage.sandbox}/dashboard/")
    click.echo(f"The shop, as a shopper:    {stage.sandbox}/shop/?app={stage.app}")
    click.echo(f"What Saleor holds:         {stage.sandbox}/sandbox/vouchers")
    click.echo(f"Logs and database:         {stage.folder}")
    click.echo("\nCtrl-C ends the demo.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        click.echo("\nGood-bye.")

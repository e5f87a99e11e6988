"""`retention upgrade` and `retention disconnect`: an installed app, brought up to date or taken away."""

import os

import anyio
import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from plugin.commands.work import open_house, pick_shop
from plugin.flow.house import House
from plugin.flow.leave import disconnect as leave
from plugin.saleor.manifest import build_manifest
from plugin.saleor.upgrade import UpgradeReport
from plugin.saleor.upgrade import upgrade as bring_up_to_date
from plugin.settings import load_settings
from plugin.store import shops
from plugin.store.shops import Shop
from webhooks.routes import queries

SHOP = click.option("--shop", help="API URL or number of the shop; needed only where there are several.")


@click.command("upgrade")
@SHOP
def upgrade(shop: str | None) -> None:
    """Bring the webhooks of an installed app in line with this version's manifest."""
    manifest = build_manifest(load_settings(os.environ).public_url, queries())
    with open_house() as house:
        if shop is None:
            with house.database.read() as connection:
                chosen = shops.active(connection)
        else:
            chosen = [pick_shop(house, shop)]
        if not chosen:
            click.echo("No shop is active; `retention shops` lists them.")
        for one in chosen:
            _say(one, anyio.run(_upgrade, house, one, manifest))


async def _upgrade(house: House, shop: Shop, manifest: dict[str, object]) -> UpgradeReport:
    return await bring_up_to_date(house.connect(shop), manifest)


def _say(shop: Shop, report: UpgradeReport) -> None:
    click.secho(shop.api_url, bold=True)
    for what, names in (("made", report.created), ("changed", report.updated), ("removed", report.deleted)):
        if names:
            click.echo(f"  {what}: {', '.join(names)}")
    if not (report.created or report.updated or report.deleted):
        click.echo("  The webhooks are up to date.")
    for sentence in report.needs_reinstall:
        click.echo(f"  Needs a reinstall: {sentence}")


@click.command("disconnect")
@SHOP
@click.option("--yes", is_flag=True, help="Do not ask.")
def disconnect(shop: str | None, yes: bool) -> None:
    """Take back codes, banners and pages, and leave the shop; its data are erased after the grace period."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        question = f"Take back everything that was written to {chosen.api_url}? Codes that customers hold stop working."
        if not yes:
            click.confirm(question, abort=True)
        with Progress(SpinnerColumn(), TextColumn("{task.description}"), console=Console(stderr=True)) as bar:
            task = bar.add_task("Taking back …")
            anyio.run(leave, house, chosen.shop_id, lambda said: bar.update(task, description=f"Taking back {said}"))
    click.echo("Done. Remove the app in the Dashboard now; what is known of the shop is erased after the grace period.")

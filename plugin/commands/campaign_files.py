"""`retention campaign export|import`: campaigns as YAML, for review in git."""

import getpass
import json
from pathlib import Path

import anyio
import click

from plugin.commands.campaign_options import AS_JSON, SHOP
from plugin.commands.campaign_words import plain, plain_edit, print_findings
from plugin.commands.work import open_house, pick_shop
from plugin.domain.campaigns import CampaignStatus
from plugin.errors import NotFound, Rejected
from plugin.flow.campaign_edits import Edited
from plugin.flow.campaign_file import read_file, write_file
from plugin.flow.campaign_lookup import bring_in
from plugin.store import campaigns


@click.command("export")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All that have not ended.")
@SHOP
@AS_JSON
def export(names: tuple[str, ...], everything: bool, shop: str | None, as_json: bool) -> None:
    """Write campaigns as YAML, to be reviewed in git and imported."""
    if bool(names) is everything:
        raise Rejected("Name the campaigns to export, or say --all.")
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            known = campaigns.of_shop(connection, chosen.shop_id, house.tactics)
    missing = [name for name in names if name not in {item.name for item in known}]
    if missing:
        raise NotFound(f"There is no campaign “{'”, “'.join(missing)}”.")
    found = [item for item in known if item.name in names or (everything and item.status is not CampaignStatus.ENDED)]
    if as_json:
        click.echo(json.dumps([plain(item, chosen.zone) for item in found]))
        return
    click.echo(write_file(found, chosen.zone), nl=False)


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@SHOP
@AS_JSON
def import_(file: Path, dry_run: bool, shop: str | None, as_json: bool) -> None:
    """Make drafts and change campaigns as a YAML file says: all of it or nothing."""
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Rejected(f"{file.name} is not a text file in UTF-8.") from None
    with open_house() as house:
        chosen = pick_shop(house, shop)
        entries = read_file(text, house.tactics, chosen.zone)
        done = anyio.run(bring_in, house, chosen.shop_id, entries, getpass.getuser(), dry_run)
    if as_json:
        click.echo(json.dumps([plain_edit(item, chosen.zone) for item in done]))
        return
    for item in done:
        click.secho(_said(item), bold=True)
        for change in item.changes:
            click.echo(f"  {change}")
        print_findings(item.findings)
    if dry_run:
        click.echo("Nothing was written.")


def _said(item: Edited) -> str:
    if item.made:
        return f"{item.campaign.name}: a new draft"
    return (
        f"{item.campaign.name}: version {item.campaign.version}" if item.changes else f"{item.campaign.name}: the same"
    )

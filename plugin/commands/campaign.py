"""`retention campaign`: what runs in a shop, and with which settings."""

import getpass
import json
from typing import Any

import anyio
import click

from plugin.commands.campaign_files import export, import_
from plugin.commands.campaign_options import AS_JSON, SHOP, read_options, settings_options
from plugin.commands.campaign_rehearsal import show_dry_run, try_out
from plugin.commands.campaign_switch import end, pause_campaign, switch_on
from plugin.commands.campaign_words import plain, plain_edit, print_campaign, print_findings
from plugin.commands.work import open_house, pick_shop
from plugin.domain.differences import differences
from plugin.domain.tactic import describe_params
from plugin.flow import campaign_edits, campaign_lookup
from plugin.store import campaigns


@click.group()
def campaign() -> None:
    """Campaigns: list, make, change, try out, switch on and off."""


for command in (show_dry_run, try_out, switch_on, pause_campaign, end, export, import_):
    campaign.add_command(command)


@campaign.command("tactics")
@AS_JSON
def show_tactics(as_json: bool) -> None:
    """What kinds of campaign there are, and their parameters."""
    with open_house() as house:
        found: dict[str, dict[str, Any]] = {
            tactic.key: {"title": tactic.title, "pitch": tactic.pitch, "parameters": describe_params(tactic)}
            for tactic in house.tactics.values()
        }
    if as_json:
        click.echo(json.dumps(found, default=str))
        return
    for key, said in found.items():
        click.secho(f"{key}: {said['title']}", bold=True)
        click.echo(f"  {said['pitch']}")
        for parameter in said["parameters"]:
            unit = f" ({parameter['unit']})" if parameter["unit"] else ""
            click.echo(f"    {parameter['name']:<12} {parameter['label']}{unit}; default {parameter['default']!r}")


@campaign.command("list")
@SHOP
@AS_JSON
def list_campaigns(shop: str | None, as_json: bool) -> None:
    """All campaigns of a shop."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            found = campaigns.of_shop(connection, chosen.shop_id, house.tactics)
    if as_json:
        click.echo(json.dumps([plain(item, chosen.zone) for item in found]))
        return
    for item in found:
        print_campaign(item, chosen.zone)


@campaign.command("show")
@click.argument("name")
@SHOP
@AS_JSON
def show(name: str, shop: str | None, as_json: bool) -> None:
    """One campaign: all that it says."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            item = campaigns.glance(connection, chosen.shop_id, name, house.tactics)
    if as_json:
        click.echo(json.dumps(plain(item, chosen.zone)))
        return
    print_campaign(item, chosen.zone)


@campaign.command("history")
@click.argument("name")
@SHOP
@AS_JSON
def show_history(name: str, shop: str | None, as_json: bool) -> None:
    """Who changed what, and when."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            item = campaigns.glance(connection, chosen.shop_id, name, house.tactics)
            found = campaigns.history(connection, chosen.shop_id, item.campaign_id)
    before: list[Any] = [None, *found]
    told: list[dict[str, Any]] = [
        {
            "version": now.number,
            "at": now.edited_at.isoformat(),
            "by": now.edited_by,
            "changes": ["made"] if was is None else differences(was.settings, now.settings),
        }
        for was, now in zip(before, found, strict=False)
    ]
    if as_json:
        click.echo(json.dumps(told))
        return
    for line in told:
        click.secho(f"version {line['version']}, {str(line['at'])[:16].replace('T', ' ')} UTC, {line['by']}", bold=True)
        for change in line["changes"]:
            click.echo(f"  {change}")


@campaign.command("new")
@click.argument("tactic")
@click.argument("name")
@settings_options
@SHOP
@AS_JSON
def new(tactic: str, name: str, shop: str | None, as_json: bool, **given: Any) -> None:
    """Make a draft."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        made = campaign_edits.make(house, chosen.shop_id, name, tactic, read_options(given), getpass.getuser())
    if as_json:
        click.echo(json.dumps(plain_edit(made, chosen.zone)))
        return
    click.echo(f"“{name}” is a draft; `retention campaign on {name}` switches it on.")
    print_findings(made.findings)


@campaign.command("edit")
@click.argument("name")
@settings_options
@SHOP
@AS_JSON
def edit(name: str, shop: str | None, as_json: bool, **given: Any) -> None:
    """Change a campaign; codes already issued keep what they promised."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        edited = anyio.run(campaign_lookup.change, house, chosen.shop_id, name, read_options(given), getpass.getuser())
    if as_json:
        click.echo(json.dumps(plain_edit(edited, chosen.zone)))
        return
    click.echo(f"“{name}” is version {edited.campaign.version} now." if edited.changes else "Nothing changes.")
    for change in edited.changes:
        click.echo(f"  {change}")
    print_findings(edited.findings)

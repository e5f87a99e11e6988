"""`retention campaign`: what runs in a shop, and with which settings."""

import getpass
import json
from dataclasses import replace
from typing import Any

import anyio
import click

from plugin.commands.work import open_house, pick_shop
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.tactic import describe_params, read_params, write_params
from plugin.errors import Rejected
from plugin.flow.learn import measure_again
from plugin.flow.switch import switch_off
from plugin.flow.switch import switch_on as turn_on
from plugin.store import campaigns
from plugin.store.campaigns import Limits

SHOP = click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.group()
def campaign() -> None:
    """Campaigns: list, make, change, switch on and off."""


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
        click.echo(json.dumps([_plain(item) for item in found]))
        return
    for item in found:
        click.secho(f"{item.name}: {item.status}", bold=True)
        click.echo(f"  {item.tactic.title}, version {item.version}; {_limits(item)}.")
        for name, value in write_params(item.params).items():
            click.echo(f"    {name} = {value if isinstance(value, str) else json.dumps(value)}")


def _limits(item: Campaign) -> str:
    control = f"{item.control_share:.0%} left alone as control" if item.tactic.control_group else "no control group"
    inside = f", also {item.inside_per_day} a day of those inside" if item.inside_per_day else ""
    return f"{control}, {item.pause_days} days between two{inside}"


@campaign.command("new")
@click.argument("tactic")
@click.argument("name")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A parameter; JSON for tables.")
@click.option("--control", type=float, default=Limits().control_share, show_default=True, help="Share left alone.")
@click.option("--pause", type=int, default=Limits().pause_days, show_default=True, help="Days between two.")
@SHOP
def new(tactic: str, name: str, given: tuple[str, ...], control: float, pause: int, shop: str | None) -> None:
    """Make a draft."""
    with open_house() as house:
        kind = house.tactics.get(tactic)
        if kind is None:
            raise Rejected(f"There is no tactic “{tactic}”; there are {', '.join(sorted(house.tactics))}.")
        params = read_params(kind, _pairs(given))
        chosen = pick_shop(house, shop)
        with house.database.write() as connection:
            made = campaigns.create(
                connection, chosen.shop_id, name, kind, params, Limits(control, pause, 0), house.clock()
            )
    click.echo(f"“{made.name}” is a draft; `retention campaign on {made.name}` switches it on.")


@campaign.command("edit")
@click.argument("name")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A parameter; JSON for tables.")
@click.option("--control", type=float, help="Share left alone.")
@click.option("--pause", type=int, help="Days between two.")
@SHOP
def edit(name: str, given: tuple[str, ...], control: float | None, pause: int | None, shop: str | None) -> None:
    """Change a campaign; codes already issued keep what they promised."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.write() as connection:
            found = campaigns.get(connection, chosen.shop_id, name, house.tactics)
            params = read_params(found.tactic, {**write_params(found.params), **_pairs(given)})
            limits = replace(
                campaigns.limits_of(found),
                control_share=found.control_share if control is None else control,
                pause_days=found.pause_days if pause is None else pause,
            )
            edited = campaigns.edit(connection, chosen.shop_id, found, params, limits, getpass.getuser(), house.clock())
        measure_again(house, chosen.shop_id, house.clock())
    click.echo(f"“{name}” is version {edited.version} now.")


@campaign.command("on")
@click.argument("name")
@click.option(
    "--inside-per-day",
    type=int,
    default=0,
    show_default=True,
    help="Also those who are inside already, at most so many a day; 0: only who enters from now on.",
)
@SHOP
def switch_on(name: str, inside_per_day: int, shop: str | None) -> None:
    """Switch a campaign on."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        anyio.run(turn_on, house, chosen.shop_id, name, inside_per_day, getpass.getuser())
    also = f", and at most {inside_per_day} a day of those inside already" if inside_per_day else ""
    click.echo(f"“{name}” is on, for who enters from now on{also}.")


@campaign.command("pause")
@click.argument("name")
@SHOP
def pause_campaign(name: str, shop: str | None) -> None:
    """Stop deciding and delivering; what was promised is kept."""
    _change(name, shop, CampaignStatus.PAUSED)
    click.echo(f"“{name}” is paused.")


@campaign.command("end")
@click.argument("name")
@SHOP
def end(name: str, shop: str | None) -> None:
    """End a campaign for good; what has not been delivered is withdrawn."""
    _change(name, shop, CampaignStatus.ENDED)
    click.echo(f"“{name}” has ended.")


def _change(name: str, shop: str | None, status: CampaignStatus) -> None:
    with open_house() as house:
        chosen = pick_shop(house, shop)
        switch_off(house, chosen.shop_id, name, status, getpass.getuser())


def _pairs(given: tuple[str, ...]) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals:
            raise Rejected(f"“{pair}” is not NAME=VALUE.")
        try:
            pairs[name.strip()] = json.loads(value) if value[:1] in "{[" else value
        except json.JSONDecodeError as error:
            raise Rejected(f"{name}: {value!r} is not JSON: {error}.") from None
    return pairs


def _plain(item: Campaign) -> dict[str, Any]:
    return {
        "name": item.name,
        "tactic": item.tactic.key,
        "status": item.status.value,
        "version": item.version,
        "control_share": item.control_share,
        "pause_days": item.pause_days,
        "inside_per_day": item.inside_per_day,
        "params": write_params(item.params),
    }

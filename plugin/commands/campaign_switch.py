"""`retention campaign on|pause|end`."""

import getpass
import json

import anyio
import click

from plugin.commands.campaign_options import AS_JSON, SHOP
from plugin.commands.work import open_house, pick_shop
from plugin.domain.campaigns import CampaignStatus
from plugin.flow.switch import SwitchedOn, switch_off
from plugin.flow.switch import switch_on as turn_on


@click.command("on")
@click.argument("name")
@click.option(
    "--inside-per-day",
    type=int,
    help="Also those who are inside already, at most so many a day; 0: only who enters from now on."
    " Left out, it stays as it was said last.",
)
@click.option("--yes", is_flag=True, help="An audience of everybody, or of nobody yet, is meant.")
@SHOP
@AS_JSON
def switch_on(name: str, inside_per_day: int | None, yes: bool, shop: str | None, as_json: bool) -> None:
    """Switch a campaign on."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        done = anyio.run(turn_on, house, chosen.shop_id, name, inside_per_day, getpass.getuser(), yes)
    if as_json:
        said = {"name": name, "status": "on", "inside": done.inside, "inside_per_day": done.per_day}
        click.echo(json.dumps({**said, "left": list(done.left)}))
        return
    click.echo(in_a_sentence(name, done, as_before=inside_per_day is None))
    for sentence in done.left:
        click.echo(sentence)


def in_a_sentence(name: str, done: SwitchedOn, *, as_before: bool) -> str:
    """as_before: how many a day was not said this time."""
    told = f"“{name}” is on, for who enters from now on"
    if not done.per_day:
        left_out = f" {done.inside} are inside already and not meant; --inside-per-day takes them too."
        return f"{told}.{left_out if done.inside else ''}"
    kept = " That was said before and is kept; --inside-per-day 0 leaves them out." if as_before else ""
    return f"{told}, and at most {done.per_day} a day of the {done.inside} inside already.{kept}"


@click.command("pause")
@click.argument("name")
@SHOP
@AS_JSON
def pause_campaign(name: str, shop: str | None, as_json: bool) -> None:
    """Stop deciding and delivering; what was promised is kept."""
    _change(name, shop, CampaignStatus.PAUSED)
    _say(name, CampaignStatus.PAUSED, f"“{name}” is paused.", as_json)


@click.command("end")
@click.argument("name")
@SHOP
@AS_JSON
def end(name: str, shop: str | None, as_json: bool) -> None:
    """End a campaign for good; what has not been delivered is withdrawn."""
    _change(name, shop, CampaignStatus.ENDED)
    _say(name, CampaignStatus.ENDED, f"“{name}” has ended.", as_json)


def _change(name: str, shop: str | None, status: CampaignStatus) -> None:
    with open_house() as house:
        chosen = pick_shop(house, shop)
        switch_off(house, chosen.shop_id, name, status, getpass.getuser())


def _say(name: str, status: CampaignStatus, sentence: str, as_json: bool) -> None:
    click.echo(json.dumps({"name": name, "status": status.value}) if as_json else sentence)

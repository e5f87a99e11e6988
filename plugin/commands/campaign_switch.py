"""`retention campaign try|on|pause|end`."""

import getpass
import json
from dataclasses import asdict

import anyio
import click

from plugin.commands.campaign_options import AS_JSON, SHOP
from plugin.commands.work import open_house, pick_shop
from plugin.domain.campaigns import CampaignStatus
from plugin.flow.switch import switch_off
from plugin.flow.switch import switch_on as turn_on
from plugin.flow.trial import give_trial


@click.command("on")
@click.argument("name")
@click.option(
    "--inside-per-day",
    type=int,
    default=0,
    show_default=True,
    help="Also those who are inside already, at most so many a day; 0: only who enters from now on.",
)
@click.option("--yes", is_flag=True, help="An audience of everybody, or of nobody yet, is meant.")
@SHOP
@AS_JSON
def switch_on(name: str, inside_per_day: int, yes: bool, shop: str | None, as_json: bool) -> None:
    """Switch a campaign on."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        anyio.run(turn_on, house, chosen.shop_id, name, inside_per_day, getpass.getuser(), yes)
    also = f", and at most {inside_per_day} a day of those inside already" if inside_per_day else ""
    _say(name, CampaignStatus.ON, f"“{name}” is on, for who enters from now on{also}.", as_json)


@click.command("try")
@click.argument("name")
@click.option("--to", required=True, help="An account: its e-mail, or our number of the customer.")
@SHOP
@AS_JSON
def try_out(name: str, to: str, shop: str | None, as_json: bool) -> None:
    """One to oneself: give one code and banner to one account, drafts too, apart from the campaign's books."""
    with open_house() as house:
        chosen = pick_shop(house, shop)
        tried = anyio.run(give_trial, house, chosen.shop_id, name, to, getpass.getuser())
    if as_json:
        click.echo(json.dumps({**asdict(tried), "until": tried.until.isoformat()}))
        return
    click.echo(f"Customer {tried.customer_id} gets {tried.offer} with code {tried.code} until {tried.until:%Y-%m-%d}.")


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

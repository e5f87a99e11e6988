"""`retention campaign dry-run|try`: what a campaign does, before it is switched on."""

import getpass
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import anyio
import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from plugin.commands.campaign_options import AS_JSON, SHOP
from plugin.commands.campaign_words import plain_findings, print_findings
from plugin.commands.work import open_house, pick_shop
from plugin.domain.decide import Outcome
from plugin.flow import dry_run
from plugin.flow.dry_run import DryRun
from plugin.flow.trial import give_trial


@click.command("dry-run")
@click.argument("name")
@SHOP
@AS_JSON
def show_dry_run(name: str, shop: str | None, as_json: bool) -> None:
    """What a campaign would do now, with nothing written: who, why, and at what cost."""
    with open_house() as house, _bar() as progress:
        chosen = pick_shop(house, shop)
        told = dry_run.dry_run(house, chosen.shop_id, name, progress)
    if as_json:
        click.echo(json.dumps(_plain(told)))
        return
    _print(name, told)


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


@contextmanager
def _bar() -> Iterator[dry_run.Progress]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("customers", total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def _plain(told: DryRun) -> dict[str, Any]:
    return {
        "customers": told.customers,
        "audience": told.audience,
        "inside": told.inside,
        "outcomes": dict(told.outcomes),
        "refused": dict(told.refused),
        "cost": {currency: str(amount) for currency, amount in told.cost.items()},
        "cost_unknown": told.cost_unknown,
        "holding": dict(told.holding),
        "examples": [asdict(example) for example in told.examples],
        "findings": plain_findings(told.findings),
    }


def _print(name: str, told: DryRun) -> None:
    given = told.outcomes[Outcome.GIVEN]
    click.secho(f"“{name}”, were it switched on now with those who are inside. Nothing was written.", bold=True)
    click.echo(f"  {told.customers} customers, {told.audience} in the audience, {told.inside} inside already.")
    click.echo(f"  {given} would get it, {told.outcomes[Outcome.CONTROL]} would be left alone as control.")
    for limit, number in told.refused.most_common():
        click.echo(f"  {number} would not, or not now, because of: {limit.replace('_', ' ')}.")
    for currency, amount in told.cost.items():
        click.echo(f"  At most {amount} {currency}, if every code were used.")
    if told.cost_unknown:
        click.echo(f"  Of {told.cost_unknown} codes nothing tells what they would cost.")
    for other, number in told.holding.items():
        click.echo(f"  {number} of them hold a code of “{other}” that still works; a checkout takes one.")
    print_findings(told.findings)
    for example in told.examples:
        click.echo(f"    customer {example.customer_id}: {example.outcome}. {example.reason}")

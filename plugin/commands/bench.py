"""`retention bench`: what this machine can take."""

import json
from pathlib import Path

import click

from plugin.bench.webhooks import Bench, measure


@click.group()
def bench() -> None:
    """Measure on this machine what the way in can take."""


@bench.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="The medians of so many are told.")
@click.option("--requests", type=click.IntRange(100), default=15_000, show_default=True, help="At full speed, a run.")
@click.option("--draining", is_flag=True, help="With the engine at work on what comes in.")
@click.option("--postgres", help="postgresql://… where databases can be made and dropped; SQLite without it.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def webhooks(as_json: bool, runs: int, requests: int, draining: bool, postgres: str | None, folder: Path) -> None:
    """Signed webhooks over HTTP from another process: verified, durable, answered."""
    folder.mkdir(parents=True, exist_ok=True)
    figures = measure(Bench(runs, requests, draining, postgres, folder, lambda text: click.echo(text, err=True)))
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        if name != "runs":
            click.echo(f"{name:20} {value if isinstance(value, str) else format(value, ',.3f')}")

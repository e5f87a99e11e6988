"""`retention bench`: what this machine can take."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from plugin.bench import churn as churn_bench
from plugin.bench.webhooks import Bench, measure


@click.group()
def bench() -> None:
    """Measure on this machine what the way in and the churn model can take."""


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


@bench.command()
@click.option("--customers", type=click.IntRange(1), default=1_000_000, show_default=True, help="Of the large shop.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--postgres", help="postgresql://… where databases can be made and dropped; SQLite without it.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def state(customers: int, as_json: bool, postgres: str | None, folder: Path) -> None:
    """One order, and a sweep in which nobody crossed a line, in a small shop and in a large one."""
    from plugin.bench.state import Bench as StateBench
    from plugin.bench.state import measure as measure_state

    folder.mkdir(parents=True, exist_ok=True)
    figures = measure_state(StateBench(customers, postgres, folder, lambda text: click.echo(text, err=True)))
    if as_json:
        click.echo(json.dumps(figures))
        return
    for size, found in figures["customers"].items():
        click.echo(
            f"{int(size):>12,} customers: {found['order_ms']:.2f} ms an order, {found['sweep_ms']:.2f} ms a sweep"
        )


@bench.command()
@click.option("--customers", type=click.IntRange(1), default=1_000_000, show_default=True, help="Of the shop.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--postgres", help="postgresql://… where databases can be made and dropped; SQLite without it.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def segments(customers: int, as_json: bool, postgres: str | None, folder: Path) -> None:
    """Count each ready segment in a large shop, and move customers at 100 webhooks a second: milliseconds."""
    from plugin.bench.segments import measure as measure_segments
    from plugin.bench.state import Bench as StateBench

    folder.mkdir(parents=True, exist_ok=True)
    figures = measure_segments(StateBench(customers, postgres, folder, lambda text: click.echo(text, err=True)))
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, found in figures["segments"].items():
        click.echo(f"{name:20} {found['ms']:8,.0f} ms {found['customers']:>12,}")
    click.echo(
        f"An order has moved its customer after {figures['moved_p50_ms']:.0f} ms (p99 {figures['moved_p99_ms']:.0f})."
    )


@bench.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--runs", type=click.IntRange(1), default=3, show_default=True, help="The median of so many is told.")
@click.option("--days", type=click.IntRange(1), default=365, show_default=True, help="How far back the replay begins.")
@click.option("--postgres", help="postgresql://… where databases can be made and dropped; SQLite without it.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def replay(as_json: bool, runs: int, days: int, postgres: str | None, folder: Path) -> None:
    """Win back over a year of real purchases, models and reading included (needs the demo's data)."""
    from plugin.bench.replay import Bench as ReplayBench
    from plugin.bench.replay import measure as measure_replay

    folder.mkdir(parents=True, exist_ok=True)
    figures = measure_replay(ReplayBench(runs, days, postgres, folder, lambda text: click.echo(text, err=True)))
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo(f"{figures['orders']:,} orders, {figures['days']} days: {figures['seconds']:.1f} s")


@bench.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--customers", type=click.IntRange(100), default=1_000_000, show_default=True, help="Simulated.")
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="The medians of so many are told.")
@click.option("--against", type=click.Choice(["lifetimes"]), help="Measure this too, in turns with ours.")
@click.option("--lifetimes-python", help="The Python of an environment that has lifetimes; this one without it.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def churn(
    as_json: bool, customers: int, runs: int, against: str | None, lifetimes_python: str | None, folder: Path
) -> None:
    """The churn model fitted and scored on simulated customers: seconds, and peak memory."""
    folder.mkdir(parents=True, exist_ok=True)
    python = None if against is None else lifetimes_python or sys.executable
    figures = churn_bench.measure(
        churn_bench.Bench(customers, runs, python, folder, lambda text: click.echo(text, err=True))
    )
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        if name in {"ours", "lifetimes"}:
            click.echo(f"{name}:")
            _show(value, "  ")
        elif name != "runs":
            _show({name: value}, "")


@bench.command()
@click.option("--customers", type=click.IntRange(1), default=100_000, show_default=True, help="All of them silent.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--postgres", help="postgresql://… where databases can be made and dropped; SQLite without it.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def codes(customers: int, as_json: bool, postgres: str | None, folder: Path) -> None:
    """A code for everybody at once: decided and made, the platform's own time left out."""
    from plugin.bench.codes import Bench as CodesBench
    from plugin.bench.codes import measure as measure_codes

    folder.mkdir(parents=True, exist_ok=True)
    figures = measure_codes(CodesBench(customers, postgres, folder, lambda text: click.echo(text, err=True)))
    if as_json:
        click.echo(json.dumps(figures))
        return
    _show({name: value for name, value in figures.items() if isinstance(value, float | int)}, "")


def _show(figures: Mapping[str, Any], indent: str) -> None:
    for name, value in figures.items():
        told = ", ".join(f"{part:.4f}" for part in value) if isinstance(value, list) else f"{value:,.6g}"
        click.echo(f"{indent}{name:20} {told}")

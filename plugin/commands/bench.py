"""`retention bench`: what this machine can take."""

import json
import sys
from collections.abc import Mapping
from datetime import datetime
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
@click.option("--customers", type=click.IntRange(1), default=1_000_000, show_default=True, help="Of the shop.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--postgres", help="postgresql://… where databases can be made and dropped; SQLite without it.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def pages(customers: int, as_json: bool, postgres: str | None, folder: Path) -> None:
    """Each of the merchant's pages in a large shop: milliseconds until it is there."""
    from plugin.bench.pages import measure as measure_pages
    from plugin.bench.state import Bench as StateBench

    folder.mkdir(parents=True, exist_ok=True)
    figures = measure_pages(StateBench(customers, postgres, folder, lambda text: click.echo(text, err=True)))
    if as_json:
        click.echo(json.dumps(figures))
        return
    click.echo(f"{figures['addresses']} addresses, the slowest {figures['slowest_ms']:.0f} ms.")


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
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--cutoff",
    "cutoffs",
    type=click.DateTime(["%Y-%m-%d"]),
    multiple=True,
    default=["2017-07-31", "2017-10-01", "2017-11-15"],
    show_default=True,
    help="What is known ends with this day; scored are the 14 days after it.",
)
@click.option("--runs", type=click.IntRange(1), default=5, show_default=True, help="The median of so many is told.")
def replenishment(as_json: bool, cutoffs: tuple[datetime, ...], runs: int) -> None:
    """Who buys which kind of product again, beside simpler rules, on real purchases (needs the demo's data)."""
    from plugin.bench.replenishment import Bench as NeedsBench
    from plugin.bench.replenishment import measure as measure_needs

    days = [cutoff.date() for cutoff in cutoffs]
    figures = measure_needs(NeedsBench(days, runs, lambda text: click.echo(text, err=True)))
    if as_json:
        click.echo(json.dumps(figures))
        return
    for cut in figures["cutoffs"]:
        click.echo(f"{cut['cutoff']}: {cut['pairs']:,} pairs, {cut['base_rate']:.1%} bought again in 14 days")
        for name, found in cut["candidates"].items():
            said = f"AUC {found['auc']:.3f} ({found['low']:.3f} to {found['high']:.3f})"
            click.echo(f"  {name:24} {said}, precision at 5 {found['precision_at_5']:.3f}")
    click.echo(f"{figures['scored_pairs']:,} pairs scored in {figures['score_seconds']:.3f} s")


@bench.command()
@click.option("--customers", type=click.IntRange(1), default=100_000, show_default=True, help="All of them silent.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--postgres", help="postgresql://… where databases can be made and dropped; SQLite without it.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def codes(customers: int, as_json: bool, postgres: str | None, folder: Path) -> None:
    """A code for everybody at once: decided and made, the platform's own time left out."""
    from plugin.bench.codes import Bench as CodesBench
    from plugin.bench.codes import measure as measure_codes
    from plugin.engine.memory import settle_memory

    settle_memory()  # as in the processes that do this
    folder.mkdir(parents=True, exist_ok=True)
    figures = measure_codes(CodesBench(customers, postgres, folder, lambda text: click.echo(text, err=True)))
    if as_json:
        click.echo(json.dumps(figures))
        return
    _show({name: value for name, value in figures.items() if isinstance(value, float | int)}, "")


@bench.command()
@click.option("--customers", type=click.IntRange(2), default=1_000_000, show_default=True, help="Of the shop.")
@click.option("--rate", type=click.IntRange(1), default=500, show_default=True, help="Questions a second.")
@click.option("--seconds", type=click.IntRange(1), default=10, show_default=True, help="For so long, each kind.")
@click.option(
    "--webhooks", "arriving", type=click.IntRange(0), default=50, show_default=True, help="A second, meanwhile."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--postgres", help="postgresql://… where databases can be made and dropped; SQLite without it.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def decisions(
    customers: int, rate: int, seconds: int, arriving: int, as_json: bool, postgres: str | None, folder: Path
) -> None:
    """Thresholds, banners and the checkout's question over HTTP, beside a handler that does nothing."""
    from plugin.bench.decisions import QUESTIONS
    from plugin.bench.decisions import Bench as DecisionsBench
    from plugin.bench.decisions import measure as measure_decisions

    folder.mkdir(parents=True, exist_ok=True)
    asked = DecisionsBench(
        customers, rate, seconds, arriving, postgres, folder, lambda text: click.echo(text, err=True)
    )
    figures = measure_decisions(asked)
    if as_json:
        click.echo(json.dumps(figures))
        return
    for kind in ("nothing", *QUESTIONS):
        click.echo(f"{kind}:")
        _show(figures[kind], "  ")


@bench.command()
@click.option("--mails", type=click.IntRange(10), default=10_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--postgres", help="postgresql://… where databases can be made and dropped; SQLite without it.")
@click.option("--folder", type=click.Path(path_type=Path), default=Path("var"), show_default=True)
def mails(mails: int, as_json: bool, postgres: str | None, folder: Path) -> None:
    """Mails to a local mail server with one worker; then again with the worker killed on the way."""
    from plugin.bench.mails import Bench as MailsBench
    from plugin.bench.mails import measure as measure_mails

    folder.mkdir(parents=True, exist_ok=True)
    figures = measure_mails(MailsBench(mails, postgres, folder, lambda text: click.echo(text, err=True)))
    if as_json:
        click.echo(json.dumps(figures))
        return
    for kind in ("plain", "killed"):
        click.echo(f"{kind}:")
        _show(figures[kind], "  ")


def _show(figures: Mapping[str, Any], indent: str) -> None:
    for name, value in figures.items():
        told = ", ".join(f"{part:.4f}" for part in value) if isinstance(value, list) else f"{value:,.6g}"
        click.echo(f"{indent}{name:20} {told}")

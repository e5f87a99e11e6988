"""`retention backtest`: what the model would have said of a past day, and what came."""

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click
from rich.console import Console

from plugin.commands.tables import print_table
from plugin.domain.prediction import Backtest, Measured, Model
from plugin.errors import Rejected
from plugin.imports.orders_csv import CsvOrder, read_orders

if TYPE_CHECKING:
    from plugin.domain.model.purchases import Order

#: How each candidate is called on a terminal.
NAMES = {
    "model": "the model",
    "mbg_nbd": "MBG/NBD alone",
    "recency": "recency alone",
    "own_gap": "own gap",
    "bg_nbd_alive": "BG/NBD P(alive)",
}


@dataclass(frozen=True, slots=True)
class Result:
    model: Model
    scored: Backtest
    #: The last day of the file.
    last_day: date
    orders: int
    skipped: int
    seconds: float

    @property
    def ends(self) -> date:
        return self.scored.cutoff + timedelta(days=self.scored.horizon_days)


def _zone(ctx: click.Context, param: click.Parameter, value: str) -> tzinfo:  # noqa: ARG001 -- click's signature
    try:
        return ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise Rejected(f"{value} is no time zone: name one such as Europe/Warsaw.") from None


@click.command()
@click.option(
    "--orders",
    "path",
    type=click.Path(path_type=Path),
    required=True,
    help="A CSV file of customer_id, ordered_at, total.",
)
@click.option(
    "--horizon-days", type=click.IntRange(1, 730), required=True, help="An order within so many days is foretold."
)
@click.option(
    "--cutoff", type=click.DateTime(["%Y-%m-%d"]), help="The last day that is known; else the horizon before the end."
)
@click.option(
    "--time-zone", "zone", default="UTC", show_default=True, callback=_zone, help="Whose midnight parts the days."
)
@click.option("--skip-broken", is_flag=True, help="Leave out rows that cannot be read.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backtest(
    path: Path, horizon_days: int, cutoff: datetime | None, zone: tzinfo, skip_broken: bool, as_json: bool
) -> None:
    """Learn from the orders until a day, and score what came after it.

    The model is fitted and chosen by what is before the cutoff alone. Scored is whether each customer of
    then ordered in the days (cutoff, cutoff + horizon].
    """
    said = Console(stderr=True)
    with said.status(f"Reading {path}"):
        reading = read_orders(path, zone, datetime.now(UTC))
        orders = reading.complete(str(path), skip_broken=skip_broken, nothing="nothing was computed")
    with said.status(f"Learning from {len(orders):,} orders"):
        result = _run(orders, horizon_days, cutoff.date() if cutoff else None, zone, len(reading.broken))
    if as_json:
        click.echo(json.dumps(_as_json(result), allow_nan=False))
    else:
        _print(result)


def _run(orders: Iterable[CsvOrder], horizon: int, cutoff: date | None, zone: tzinfo, skipped: int) -> Result:
    from plugin.domain.model.backtest import try_out
    from plugin.domain.model.choose import learn
    from plugin.domain.model.purchases import from_orders

    purchases = from_orders(_as_purchases(orders, zone))
    if not len(purchases.day):
        raise Rejected("The file has refunds only, and no orders.")
    first, last = date.fromordinal(int(purchases.day.min())), date.fromordinal(int(purchases.day.max()))
    cutoff = cutoff or last - timedelta(days=horizon)
    if not first <= cutoff < last:
        raise Rejected(
            f"The orders are of {first} to {last}: with a cutoff of {cutoff} there is nothing to "
            f"{'learn from before it' if cutoff < first else 'score after it'}. "
            f"Choose --cutoff or --horizon-days so that there are orders on both sides."
        )
    started = time.perf_counter()
    model = learn(purchases, cutoff, horizon)
    models = {"model": model, "mbg_nbd": replace(model, layer=None)}
    scored = try_out(purchases, cutoff.toordinal(), horizon, models).measured()
    return Result(model, scored, last, len(purchases.day), skipped, time.perf_counter() - started)


def _as_purchases(orders: Iterable[CsvOrder], zone: tzinfo) -> "Iterable[Order]":
    """Money that went back (a total below 0) is no purchase; the order before it in its currency knows of it.

    Of several refunds of an order the first counts, from its own day on.
    """
    from plugin.domain.model.purchases import Order

    latest: dict[tuple[str, str], Order] = {}
    done: list[Order] = []
    for order in sorted(orders, key=lambda order: (order.ordered_at, order.total < 0)):
        whose = order.customer_id, order.currency
        before = latest.get(whose)
        day = order.ordered_at.astimezone(zone).toordinal()
        if order.total < 0:
            if before is not None and not before.refunded:
                latest[whose] = before._replace(refunded=-float(order.total), refund_day=day)
            continue
        if before is not None:
            done.append(before)
        latest[whose] = Order(
            customer=order.customer_id,
            day=day,
            moment=order.ordered_at.timestamp(),
            total=float(order.total),
            currency=order.currency,
            discounted=order.discounted,
            items=order.items,
        )
    return [*done, *latest.values()]


def _as_json(result: Result) -> dict[str, Any]:
    model, scored = result.model, result.scored
    return {
        "orders": result.orders,
        "skipped_rows": result.skipped,
        "cutoff": scored.cutoff.isoformat(),
        "scored_until": result.ends.isoformat(),
        "horizon_days": scored.horizon_days,
        "customers": scored.customers,
        "base_rate": scored.base_rate,
        "choice": model.choice,
        "reason": model.reason,
        **asdict(scored.candidates["model"]),
        "candidates": {name: asdict(measured) for name, measured in scored.candidates.items()},
        "parameters": asdict(model.repeat) if model.repeat else None,
        "weights": dict(model.layer.weights) if model.layer else None,
        "notes": _notes(result),
        "seconds": round(result.seconds, 3),
    }


def _print(result: Result) -> None:
    model, scored = result.model, result.scored
    click.echo(
        f"{scored.customers:,} customers until {scored.cutoff}, of whom {scored.base_rate:.1%} ordered in the "
        f"{scored.horizon_days} days until {result.ends}."
    )
    rows = [(NAMES[name], *_cells(scored.candidates[name])) for name in NAMES if name in scored.candidates]
    print_table(("score", "AUC", "95 % interval", "Brier", "decile error"), rows)
    click.echo(f"The model is {model.choice.replace('_', ' ')}. {model.reason}")
    for note in _notes(result):
        click.echo(note)
    click.echo(f"{result.seconds:.2f} seconds.")


def _cells(measured: Measured) -> list[str]:
    interval = "-" if measured.auc_low is None else f"{measured.auc_low:.3f} to {measured.auc_high:.3f}"
    return [_cell(measured.auc), interval, _cell(measured.brier, 4), _cell(measured.decile_error)]


def _cell(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _notes(result: Result) -> list[str]:
    notes = []
    if result.skipped:
        notes.append(f"Rows that could not be read and were left out: {result.skipped}.")
    if result.scored.base_rate in (0.0, 1.0):
        came = "Nobody" if result.scored.base_rate == 0 else "Everybody"
        notes.append(
            f"{came} ordered in the days after the cutoff, so that no ranking is better than another: there is no AUC."
        )
    if result.ends > result.last_day:
        notes.append(
            f"The file ends on {result.last_day}, before the window does: what may have come after it counts as nothing."
        )
    return notes

"""`retention customers`: who is at risk and why, or one customer with everything that speaks for it."""

import json
from datetime import datetime
from typing import Any

import click
from rich.console import Console
from rich.padding import Padding

from plugin.commands.work import open_house, pick_shop
from plugin.errors import NotFound
from plugin.flow.explain import Explanation, at_risk, explain
from plugin.store import customers as store
from plugin.store.shops import Shop


@click.command()
@click.argument("customer", type=click.IntRange(1, 2**63 - 1), required=False)
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=30, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def customers(customer: int | None, shop: str | None, limit: int, as_json: bool) -> None:
    """Who is at risk and why; with a number, that customer alone, at risk or not."""
    with open_house() as house:
        chosen, now = pick_shop(house, shop), house.clock()
        with house.database.read() as connection:
            if customer is None:
                found = at_risk(connection, chosen, now, limit)
            else:
                known = store.by_id(connection, chosen.shop_id, customer)
                if known is None:
                    raise NotFound(f"There is no customer {customer} in {chosen.api_url}.")
                found = [explain(connection, chosen, known, now)]
    if as_json:
        click.echo(json.dumps([as_data(told) for told in found]))
        return
    if not found:
        click.echo("Nobody is at risk.")
        return
    for told in found:
        _print(told)
    _say_what_is_missing(chosen)


def as_data(told: Explanation) -> dict[str, Any]:
    """Plain values; the score is None where there is too little data for one."""
    history, score = told.customer.state.history, told.score
    return {
        "customer": told.customer.customer_id,
        "user_id": told.customer.state.user_id,
        "step": told.step.value,
        "activity": told.activity.value,
        "purchases": history.purchase_days,
        "last_order_at": _iso(history.last_at),
        "at_risk_from": _iso(told.customer.turns.at_risk_from),
        "dormant_from": _iso(told.customer.turns.dormant_from),
        "score": None
        if score is None
        else {
            "horizon_days": score.horizon_days,
            "probability": score.probability,
            "interval_90": [score.low, score.high],
            "orders": score.orders,
            "value": dict(score.value),
        },
        "signals": [{"kind": signal.kind.value, "sentence": signal.sentence} for signal in told.signals],
    }


def _print(told: Explanation) -> None:
    """One line of figures, and the reasons below it, as wide as the terminal."""
    history, score = told.customer.state.history, told.score
    figures = [f"Customer {told.customer.customer_id}", f"{told.step}, {told.activity}".replace("_", " ")]
    if history.last_at is not None:
        figures.append(f"last order {history.last_at:%Y-%m-%d}")
    if score is not None:
        figures.append(f"score {score.probability:.0%} ({score.low:.0%} to {score.high:.0%})")
        figures += [f"expected {value:,.2f} {currency}" for currency, value in score.value.items()]
    why = [signal.sentence for signal in told.signals] or ["The silence is a usual one."]
    console = Console(highlight=False)
    console.print(" · ".join(figures), style="bold")
    for sentence in why:
        console.print(Padding(sentence, (0, 0, 0, 2)))


def _say_what_is_missing(shop: Shop) -> None:
    if shop.model is None:
        click.echo("No score: the shop's model has not been learnt yet; `retention serve` or a worker does it.")
    elif not shop.model.usable:
        click.echo(f"No score: not enough data yet. {shop.model.reason}")
    else:
        click.echo(f"The score is the chance of at least one order within {shop.model.horizon_days} days from now.")


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()

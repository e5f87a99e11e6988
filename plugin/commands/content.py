"""`retention content`: what storefronts show, and what became of it."""

import json
from collections.abc import Sequence
from typing import Any

import click

from plugin.commands.tables import print_table
from plugin.commands.work import open_house, pick_shop
from plugin.flow.content_figures import DEEDS, Shown, content_figures
from plugin.flow.pages import State, states


@click.command("content")
@click.option(
    "--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="Of the shop's, today included."
)
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_content(days: int, shop: str | None, as_json: bool) -> None:
    """Banners by place and variant: how often seen, clicked and put away, and by how many customers.

    Times are of everybody who agreed to be measured. Customers are those of them who were signed in; of a
    guest nobody can say whether it was the same one again, and customers' events are kept for so many days only
    (RETENTION_KEEP_FRONT_EVENTS_DAYS). Below stand the pages that are written for everybody.
    """
    with open_house() as house:
        chosen = pick_shop(house, shop)
        shown = content_figures(house, chosen.shop_id, days)
        pages = sorted(states(house, chosen.shop_id).values(), key=lambda state: state.model.slug(state.channel))
    if as_json:
        said = {"days": days, "content": [_plain(one) for one in shown], "pages": [_plain_page(one) for one in pages]}
        click.echo(json.dumps(said))
        return
    _print(shown, pages, days)


def _plain(one: Shown) -> dict[str, Any]:
    return {
        "slot": one.slot,
        "name": one.name,
        "kind": one.kind or None,
        "for": one.whom,
        "status": one.status or None,
        **{deed.value: {"times": one.times[deed], "customers": one.people[deed]} for deed in DEEDS},
    }


def _plain_page(state: State) -> dict[str, Any]:
    return {
        "page": state.model.slug(state.channel),
        "channel": state.channel,
        "written": None if state.written is None else dict(state.written.values),
        "refused": state.refused,
        "looked_at": state.looked_at.isoformat(),
    }


def _print(shown: Sequence[Shown], pages: Sequence[State], days: int) -> None:
    if not shown:
        click.echo(f"Nothing is shown, and nothing was within {days} days; docs/tactics.md says how to make a banner.")
    else:
        click.echo(f"Within {days} days: so often, and in brackets by so many customers who were signed in.")
        print_table(("slot", *(deed.value for deed in DEEDS), "what, and for whom"), [_row(one) for one in shown])
    for state in pages:
        slug = state.model.slug(state.channel)
        click.echo(state.refused or f"The page {slug} says what is for everybody.")


def _row(one: Shown) -> tuple[str, ...]:
    about = ", ".join(part for part in (one.kind, one.status) if part)
    what = f"{one.name} ({about}): {one.whom}" if about else f"{one.name}: {one.whom}"
    return (one.slot, *(f"{one.times[deed]} ({one.people[deed]})" for deed in DEEDS), what)

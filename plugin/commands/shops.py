"""`retention shops`, `retention configure`, `retention stop` and `retention start`."""

import json
from datetime import timedelta

import click

from plugin.commands.tables import print_table
from plugin.commands.work import open_house, pick_shop
from plugin.engine.port import Lane, LaneKind
from plugin.errors import Rejected
from plugin.flow.learn import learn, measure_again
from plugin.flow.shop_settings import check_origins, check_time_zone, limits_with
from plugin.store import shops

SHOP = click.argument("shop", required=False)
LIMIT = click.IntRange(0, 3650)
ALL = click.option("--all", "every", is_flag=True, help="All shops.")


@click.command("shops")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_shops(as_json: bool) -> None:
    """List the shops that installed the app."""
    with open_house() as house, house.database.read() as connection:
        found = shops.everyone(connection)
    if as_json:
        rows = [
            {"shop": s.shop_id, "api_url": s.api_url, "name": s.name, "status": s.status.value, "stopped": s.stopped}
            for s in found
        ]
        click.echo(json.dumps(rows))
        return
    rows_shown = [
        (
            s.shop_id,
            s.status.value + (", stopped" if s.stopped else ""),
            f"{s.status_since:%Y-%m-%d %H:%M}",
            s.saleor_version,
            s.time_zone,
            f"{s.name} {s.api_url}",
        )
        for s in found
    ]
    print_table(("shop", "status", "since", "Saleor", "time zone", "name and API URL"), rows_shown)


@click.command()
@SHOP
@ALL
def stop(shop: str | None, every: bool) -> None:
    """Stop everything for a shop, or for all, at once: nothing is decided, nothing goes out."""
    _switch(shop, every, stopped=True)


@click.command()
@SHOP
@ALL
def start(shop: str | None, every: bool) -> None:
    """Let a stopped shop go on."""
    _switch(shop, every, stopped=False)


@click.command()
@click.argument("shop", required=False)
@click.option("--time-zone", help="IANA name, like Europe/Warsaw: its midnight divides days and ends codes.")
@click.option("--origin", "origins", multiple=True, help="A storefront's address whose pages may ask; replaces all.")
@click.option("--at-risk-days", type=LIMIT, help="Silent for so long is at risk; 0: as the shop's rhythm has it.")
@click.option("--dormant-days", type=LIMIT, help="Silent for so long is dormant; 0: as the shop's rhythm has it.")
@click.option("--loyal-from", type=click.IntRange(2, 1000), help="Purchase days from which on a customer is loyal.")
@click.option("--horizon-days", type=LIMIT, help="How far ahead the score looks; 0: as the shop's rhythm has it.")
def configure(shop: str | None, time_zone: str | None, origins: tuple[str, ...], **limits: int | None) -> None:
    """Say what Saleor does not know of a shop: its time zone, its storefronts' addresses, its life-cycle limits."""
    wanted = {name: value or None for name, value in limits.items() if value is not None}
    if time_zone is None and not origins and not wanted:
        raise Rejected("Say what to change: --time-zone, --origin, or a limit like --at-risk-days.")
    if time_zone is not None:
        check_time_zone(time_zone)
    check_origins(origins)
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.write() as connection:
            if time_zone is not None:
                shops.set_time_zone(connection, chosen.shop_id, time_zone)
            if origins:
                shops.set_origins(connection, chosen.shop_id, origins)
            if wanted:
                shops.set_limits(connection, chosen.shop_id, limits_with(chosen.limits, wanted))
        if "horizon_days" in wanted:
            learn(house, chosen.shop_id, timedelta(0))
        elif time_zone is not None or wanted:
            measure_again(house, chosen.shop_id, house.clock())
    click.echo(f"{chosen.api_url} is configured.")


def _switch(named: str | None, every: bool, *, stopped: bool) -> None:
    if (named is None) != every:
        raise Rejected("Name one shop (number or API URL; `retention shops` lists them), or say --all.")
    with open_house() as house:
        if every:
            with house.database.read() as connection:
                chosen = shops.everyone(connection)
        else:
            chosen = [pick_shop(house, named)]
        with house.database.write() as connection:
            for shop in chosen:
                shops.set_stopped(connection, shop.shop_id, stopped)
        if not stopped:
            house.wake([Lane(kind, shop.shop_id) for shop in chosen for kind in LaneKind])
    for shop in chosen:
        click.echo(f"{shop.api_url} {'is stopped' if stopped else 'goes on'}.")

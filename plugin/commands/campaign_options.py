"""What can be said of a campaign on the command line."""

import json
from collections.abc import Callable
from typing import Any

import click

from plugin.errors import Rejected

SHOP = click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")

_SETTINGS = (
    click.option("--set", "params", multiple=True, metavar="NAME=VALUE", help="A parameter; JSON for tables."),
    click.option("--audience", help="Who it is for: the name of a segment, or a condition as JSON. '' for everybody."),
    click.option("--exclude", help="Of them, who it is not for, said alike. '' for nobody."),
    click.option("--starts", "starts_at", help="Date or time of the shop's clock, as 2026-12-01 or 2026-12-01T09:30."),
    click.option("--ends", "ends_at", help="The same; a date means its last second. '' for no end."),
    click.option("--priority", type=int, help="Of two campaigns for one customer the higher one goes first."),
    click.option("--budget", "budgets", multiple=True, metavar="WHAT:CURRENCY=AMOUNT", help="total, day or customer."),
    click.option("--channel", "channels", multiple=True, help="Slug of a channel it is for; once '' for all."),
    click.option("--control", "control_share", type=float, help="Share left alone."),
    click.option("--pause", "pause_days", type=int, help="Days between two."),
    click.option(
        "--reissue-after-cancel/--no-reissue-after-cancel",
        default=None,
        help="A new code for who used theirs in an order that was cancelled.",
    ),
)


def settings_options(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_SETTINGS):
        command = option(command)
    return command


def read_options(given: dict[str, Any]) -> dict[str, Any]:
    """As `plugin.flow.campaign_settings` reads them; only what was said."""
    said = {name: value for name, value in given.items() if value is not None and value != ()}
    for name in ("audience", "exclude"):
        if name in said:
            said[name] = _json(name, said[name])
    if "channels" in said:
        said["channels"] = [slug for slug in said["channels"] if slug]
    if "params" in said:
        said["params"] = {name: _json(name, value) for name, value in map(_pair, said["params"])}
    if "budgets" in said:
        said["budgets"] = _budgets(said["budgets"])
    return said


def _budgets(given: tuple[str, ...]) -> dict[str, dict[str, str]]:
    budgets: dict[str, dict[str, str]] = {}
    for pair in given:
        what, amount = _pair(pair)
        name, colon, currency = what.partition(":")
        if not colon:
            raise Rejected(f"“{pair}” is not WHAT:CURRENCY=AMOUNT, as total:USD=500.")
        budgets.setdefault(name, {})[currency] = amount
    return budgets


def pairs(given: tuple[str, ...]) -> dict[str, Any]:
    """NAME=VALUE…; JSON for tables."""
    return {name: _json(name, value) for name, value in map(_pair, given)}


def _pair(pair: str) -> tuple[str, str]:
    name, equals, value = pair.partition("=")
    if not equals:
        raise Rejected(f"“{pair}” is not NAME=VALUE.")
    return name.strip(), value


def _json(name: str, value: str) -> Any:
    try:
        return json.loads(value) if value[:1] in {"{", "["} else value
    except json.JSONDecodeError as error:
        raise Rejected(f"{name}: {value!r} is not JSON: {error}.") from None

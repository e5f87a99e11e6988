"""`retention codes` and `retention budget`: whose each code is, what it may cost and did, and what is left.

`retention codes revoke` and `link` are in files of their own.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import click

from plugin.commands.link import link
from plugin.commands.revoke import revoke
from plugin.commands.tables import print_table
from plugin.commands.work import open_house, pick_shop
from plugin.domain.money import Money
from plugin.flow.budget_lines import Line, lines_of
from plugin.store import books, budgets
from plugin.store import codes as store
from plugin.store.books import CodeTold
from plugin.store.codes import CodeStatus


@click.group("codes", invoke_without_command=True)
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
@click.option("--campaign", help="Only this campaign's, by its name.")
@click.option("--customer", type=click.IntRange(1, 2**63 - 1), help="Only this customer's, by our number.")
@click.option("--status", type=click.Choice([status.value for status in CodeStatus]), help="Only codes like that.")
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=30, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def show_codes(
    ctx: click.Context,
    shop: str | None,
    campaign: str | None,
    customer: int | None,
    status: str | None,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """The latest codes: whose, for what, what they may cost and did; and what all of them together may still cost."""
    if ctx.invoked_subcommand is not None:
        return
    with open_house() as house:
        chosen = pick_shop(house, shop)
        with house.database.read() as connection:
            found = books.latest_codes(
                connection,
                chosen.shop_id,
                limit,
                campaign=campaign,
                customer_id=customer,
                status=CodeStatus(status) if status else None,
            )
            counts = store.counts(connection, chosen.shop_id)
            liability = budgets.liability(connection, chosen.shop_id)
    if as_json:
        told = {"codes": [_as_data(code) for code in found], "counts": counts, "liability": _texts(liability)}
        click.echo(json.dumps(told))
        return
    names = ("code", "customer", "campaign", "status", "expires (UTC)", "may cost", "did cost", "order")
    print_table(names, [_as_row(code) for code in found])
    click.echo(f"In all: {', '.join(f'{number} {name}' for name, number in sorted(counts.items())) or 'no codes'}.")
    click.echo(f"Codes that are out may still cost {_sums(liability)}.")


show_codes.add_command(revoke)
show_codes.add_command(link)


@click.command("budget")
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show_budget(shop: str | None, *, as_json: bool) -> None:
    """What gifts may cost, what is reserved and was given, and what is left: for the shop and each campaign."""
    with open_house() as house:
        chosen, now = pick_shop(house, shop), house.clock()
        with house.database.read() as connection:
            found = lines_of(connection, chosen, house.tactics, now)
    if as_json:
        click.echo(json.dumps([_line_data(line) for line in found]))
        return
    names = ("whose", "for", "limit", "reserved", "given", "left")
    print_table(names, [_line_row(line) for line in found])


def _as_data(code: CodeTold) -> dict[str, Any]:
    return {
        "code": code.code,
        "customer": code.customer_id,
        "campaign": code.campaign,
        "status": code.status.value,
        "expires_at": code.expires_at.isoformat(),
        "currency": code.currency,
        "reserved": _text(code.reserved),
        "settled": _text(code.settled),
        "order": code.order_id,
    }


def _as_row(code: CodeTold) -> tuple[object, ...]:
    return (
        code.code,
        code.customer_id,
        code.campaign,
        code.status.value,
        _day(code.expires_at),
        _money(code.reserved, code.currency),
        _money(code.settled, code.currency),
        code.order_id or "",
    )


def _line_data(line: Line) -> dict[str, Any]:
    return {
        "campaign": line.campaign,
        "period": line.period,
        "currency": line.currency,
        "limit": None if line.limit is None else _text(line.limit),
        "reserved": _text(line.reserved),
        "settled": _text(line.settled),
        "left": None if line.left is None else _text(line.left),
    }


def _line_row(line: Line) -> tuple[object, ...]:
    return (
        line.campaign or "the whole shop",
        "today" if line.period == "day" else "in all",
        "no limit" if line.limit is None else Money(line.limit, line.currency),
        Money(line.reserved, line.currency),
        Money(line.settled, line.currency),
        "" if line.left is None else Money(line.left, line.currency),
    )


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _money(amount: Decimal, currency: str | None) -> object:
    return Money(amount, currency) if currency and amount else ""


def _sums(amounts: Mapping[str, Decimal]) -> str:
    return " and ".join(str(Money(amount, currency)) for currency, amount in sorted(amounts.items())) or "nothing"


def _texts(amounts: Mapping[str, Decimal]) -> dict[str, str]:
    return {currency: _text(amount) for currency, amount in amounts.items()}


def _text(amount: Decimal) -> str:
    """As the books keep it, to the thousandth."""
    return f"{amount:f}"

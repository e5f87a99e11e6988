"""`retention codes link`: the address by which one code applies itself."""

import json
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import click

from plugin.commands.work import open_house, pick_shop
from plugin.errors import NotFound, Rejected
from plugin.flow.offer_links import PARAMETER, offer_behind, sign_offer
from plugin.store import codes


@click.command("link")
@click.argument("code")
@click.option("--to", required=True, help="The page of the storefront that it leads to, as https://shop.example/.")
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def link(ctx: click.Context, code: str, to: str, shop: str | None, *, as_json: bool) -> None:
    """The link that carries one code to the storefront, where it applies itself. Whoever has the link has the code."""
    before = ctx.parent.params if ctx.parent is not None else {}
    with open_house() as house:
        chosen = pick_shop(house, shop or before.get("shop"))
        with house.database.read() as connection:
            known = codes.by_code(connection, chosen.shop_id, code.strip().upper())
        if known is None:
            raise NotFound(f"There is no code “{code.strip()}” of this app; `retention codes` shows those there are.")
        token = sign_offer(house.keyring, chosen.shop_id, known.decision_id)
        found = offer_behind(house, chosen.shop_id, token)
    if found is None:
        raise Rejected(
            f"The code {known.code} cannot be used by a link: it is {known.status.value}, over, or a gift card."
        )
    address = _with_token(to, token)
    told = {"code": found.code, "link": address, "until": found.until.isoformat()}
    click.echo(json.dumps(told) if as_json or before.get("as_json") else address)


def _with_token(to: str, token: str) -> str:
    try:
        parts = urlsplit(to)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Rejected(f"“{to}” is no page; name it whole, as https://shop.example/.")
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != PARAMETER]
    return urlunsplit(parts._replace(query=urlencode([*query, (PARAMETER, token)])))

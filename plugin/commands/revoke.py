"""`retention codes revoke`: one code, taken back."""

import json

import click

from plugin.commands.work import open_house, pick_shop
from plugin.flow.revoke import Revoked
from plugin.flow.revoke import revoke as take_back
from plugin.store.codes import CodeKind


@click.command("revoke")
@click.argument("code")
@click.option("--shop", help="API URL or number of the shop; needed only where there are several.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def revoke(ctx: click.Context, code: str, shop: str | None, *, as_json: bool) -> None:
    """Take one code back: it stops working, its money is free again, and its banner goes. Trials' codes likewise."""
    before = ctx.parent.params if ctx.parent is not None else {}
    with open_house() as house:
        done = take_back(house, pick_shop(house, shop or before.get("shop")).shop_id, code)
    click.echo(json.dumps(_as_data(done)) if as_json or before.get("as_json") else _sentence(done))


def _as_data(done: Revoked) -> dict[str, object]:
    return {
        "code": done.code.code,
        "customer": done.code.customer_id,
        "campaign": done.campaign,
        "was": done.code.status.value,
        "status": "withdrawn",
        "changed": done.changed,
        "waits": done.changed and done.waits,
    }


def _sentence(done: Revoked) -> str:
    named = f"The code {done.code.code} of customer {done.code.customer_id}"
    if not done.changed:
        return f"{named} was taken back before; nothing changes."
    what = "gift card is switched off" if done.code.kind is CodeKind.GIFT_CARD else "code is removed from its voucher"
    when = "when the shop goes on" if done.waits else "in a moment"
    return f"{named} is taken back; the {what} in Saleor {when}."

"""Free shipping: who is shown which threshold, what each threshold would cost and bring, and how the bar looks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from typing import Any

import anyio
from starlette.responses import Response

from admin_ui import words
from admin_ui.answers import part
from admin_ui.beside import Working
from admin_ui.curves import curves_of
from admin_ui.language import Language
from admin_ui.page import Page
from admin_ui.visit import Visit
from plugin.domain.campaigns import Campaign
from plugin.domain.channels import Channel
from plugin.domain.free_shipping import best_of, progress
from plugin.domain.money import Money
from plugin.domain.segments import Segment
from plugin.flow.house import House
from plugin.flow.thresholds import KEY
from plugin.store import campaigns, channels, shops
from plugin.store.shops import Shop
from plugin.tactics.free_shipping import FreeShipping, rule_for, spoken

PATH = "/admin/free-shipping"
#: Baskets that the bar is shown for, as shares of the threshold.
BASKETS = (Decimal("0.25"), Decimal("0.8"), Decimal(1))


@dataclass(frozen=True, slots=True)
class Row:
    """What one channel's customers are shown."""

    channel: Channel
    #: By segment; None where the shop's own rates speak alone.
    thresholds: Mapping[Segment, Money | None]


@dataclass(frozen=True, slots=True)
class Bar:
    """The bar at one basket."""

    basket: Money
    text: str
    share: float
    earned: bool


async def show(house: House, visit: Visit) -> Response:
    values = await anyio.to_thread.run_sync(_gather, house, visit)
    return part(visit, "free_shipping.html", notice=None, segments=words.SEGMENTS, **values)


def _gather(house: House, visit: Visit) -> dict[str, Any]:
    with house.database.read() as connection:
        shop = shops.get(connection, visit.shop.shop_id)
        known = campaigns.of_shop(connection, shop.shop_id, house.tactics)
        seen = [channel for channel in channels.of_shop(connection, shop.shop_id) if channel.active]
    mine = [campaign for campaign in known if campaign.tactic.key == KEY]
    speaks = next((campaign for campaign in mine if campaign.on), mine[0] if mine else None)
    rows = [_row(speaks, channel) for channel in seen]
    chosen = _chosen(visit, rows)
    return {
        "shop": shop,
        "campaign": speaks,
        "rows": rows,
        "any": any(amount is not None for row in rows for amount in row.thresholds.values()),
        "chosen": chosen,
        "bars": [] if speaks is None or chosen is None else _bars(speaks, chosen, visit.language),
    }


def _chosen(visit: Visit, rows: Sequence[Row]) -> Channel | None:
    """The one that is asked for, else the first that has a threshold, else the first."""
    asked = visit.request.query_params.get("channel", "")
    speaking = (row.channel for row in rows if any(row.thresholds.values()))
    named = (row.channel for row in rows if row.channel.slug == asked)
    return next(chain(named, speaking, (row.channel for row in rows)), None)


def _row(campaign: Campaign | None, channel: Channel) -> Row:
    said = {segment: None if campaign is None else _rule(campaign, segment, channel) for segment in words.SEGMENTS}
    return Row(channel, said)


def _rule(campaign: Campaign, segment: Segment, channel: Channel) -> Money | None:
    params: FreeShipping = campaign.params
    return rule_for(params, segment, channel.slug, channel.currency)


def _bars(campaign: Campaign, channel: Channel, language: Language) -> list[Bar]:
    """Of the lowest threshold in this channel; nothing where there is none above zero."""
    said = [_rule(campaign, segment, channel) for segment in words.SEGMENTS]
    threshold = best_of(*(one for one in said if one is not None and one.amount > 0))
    if threshold is None:
        return []
    return [
        _bar(campaign.params, Money(share * threshold.amount, channel.currency).rounded(), threshold, language)
        for share in BASKETS
    ]


def _bar(params: FreeShipping, basket: Money, threshold: Money, language: Language) -> Bar:
    at = progress(basket, threshold)
    text = spoken(params, language.locale.language, earned=at.earned)
    for name, money in (("threshold", threshold), ("left", at.left)):
        text = text.replace(f"{{{name}}}", language.money(money.amount, money.currency))
    return Bar(basket, text, at.share, at.earned)


async def curve(house: House, visit: Visit) -> Response:
    """Asked for again until it is there."""
    shop, channel = await anyio.to_thread.run_sync(_asked, house, visit)
    if channel is None:
        told = visit.language._("The shop's channels are not read yet; that happens within minutes of the install.")
        return part(visit, "free_shipping/curve.html", says=told, parts=[])
    if shop.guardrails.default_margin is None:
        return part(visit, "free_shipping/no_margin.html")
    found = await curves_of(house, shop, channel.slug)
    if isinstance(found, Working):
        return part(visit, "free_shipping/working.html", channel=channel, seconds=round(found.seconds))
    parts = [(section, visit.language.said_in((found.drawn or {}).get(section.key, ()))) for section in found.sections]
    return part(visit, "free_shipping/curve.html", says=found.says, parts=parts)


def _asked(house: House, visit: Visit) -> tuple[Shop, Channel | None]:
    with house.database.read() as connection:
        shop = shops.get(connection, visit.shop.shop_id)
        seen = [channel for channel in channels.of_shop(connection, shop.shop_id) if channel.active]
    return shop, _chosen(visit, [Row(channel, {}) for channel in seen])


PAGE = Page(title="Free shipping", shows={PATH: show}, parts={f"{PATH}/curve": curve})

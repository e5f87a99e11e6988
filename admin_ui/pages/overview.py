"""The page that opens first: how the shop stands, who its customers are, what it earns, what was decided last."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import anyio
from sqlalchemy import Connection
from starlette.responses import Response

from admin_ui import words
from admin_ui.answers import part
from admin_ui.language import N_, Language
from admin_ui.page import Page
from admin_ui.pages import basics_form
from admin_ui.pages.attention import attention
from admin_ui.pages.basics_form import BasicsForm
from admin_ui.pages.first_minutes import first_minutes
from admin_ui.pages.past import past
from admin_ui.stages import stages_of
from admin_ui.visit import Visit
from plugin.domain.campaigns import Campaign
from plugin.domain.segments import Segment
from plugin.engine.port import Lane, LaneKind
from plugin.flow.basics import basics_of, put_aside, save_basics
from plugin.flow.budget_lines import Line, lines_of
from plugin.flow.house import House
from plugin.flow.report import VERSION
from plugin.store import backfills, campaigns, channels, overview, reports, shops
from plugin.store.reports import Report
from plugin.store.shops import Shop

#: The bar of segments, in units of its view box.
BAR = 1000.0
#: The report's figures that stand here, with what they are called.
FIGURES = {
    "retention": N_("Retention, last 3 months"),
    "repeat_rate": N_("Bought more than once"),
    "revenue_at_risk": N_("Revenue at risk"),
}


@dataclass(frozen=True, slots=True)
class Stretch:
    """One segment's part of the bar."""

    segment: Segment
    title: str
    meaning: str
    customers: int
    share: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Figure:
    title: str
    #: Empty where there are not enough to say it.
    value: str
    definition: str


@dataclass(frozen=True, slots=True)
class Earning:
    """What one campaign earned and cost, in one currency."""

    campaign: Campaign
    currency: str
    given: int
    control: int
    #: None where there are not enough to say it.
    more: Decimal | None
    low: Decimal | None
    high: Decimal | None
    cost: Decimal
    reserved: Decimal


async def show(house: House, visit: Visit, notice: str | None = None, form: BasicsForm | None = None) -> Response:
    """The page's content; `notice` is what an action has just done, `form` the questions as they were answered wrong."""
    values = await _values(house, visit)
    return part(visit, "overview.html", notice=notice, **{**values, **({"form": form} if form else {})})


async def growing(house: House, visit: Visit) -> Response:
    """What changes by itself while the past is read."""
    return part(visit, "overview/growing.html", **await _values(house, visit))


async def _values(house: House, visit: Visit) -> dict[str, Any]:
    read = anyio.to_thread.run_sync(_gather, house, visit)
    stages, values = await asyncio.gather(stages_of(house, visit), read)
    return {**values, "stages": stages, "bar": [] if stages is None else bar(stages.segments, visit.language)}


def _gather(house: House, visit: Visit) -> dict[str, Any]:
    with house.database.read() as connection:
        shop = shops.get(connection, visit.shop.shop_id)
        known = campaigns.of_shop(connection, shop.shop_id, house.tactics)
        seen = overview.read(connection, shop.shop_id)
        walks = backfills.of_shop(connection, shop.shop_id)
        found = reports.latest(connection, shop.shop_id)
        lines = lines_of(connection, shop, house.tactics, visit.now)
        dead = overview.dead(connection, shop.shop_id)
        currencies = currencies_of(connection, shop)
    report = found if found is not None and found.body["version"] == VERSION else None
    body = None if report is None else report.body
    told = past(walks, visit.language, by_itself=house.reads_history)
    return {
        "shop": shop,
        "state": words.state_of(shop, sum(campaign.on for campaign in known), visit.now, visit.language),
        "seen": seen,
        "past": told,
        "first": first_minutes(
            shop,
            walks,
            told,
            known,
            report.made_at if report else None,
            customers=seen.any_customers,
            language=visit.language,
        ),
        "attention": attention(visit, dead, known, lines, body, past_failed=told.failed),
        "report": report,
        "figures": [] if report is None else figures(report, visit.language),
        "earnings": earnings(known, lines, report),
        "voices": basics_form.VOICES,
        "form": basics_form.written(basics_of(shop), currencies),
    }


def currencies_of(connection: Connection, shop: Shop) -> Sequence[str]:
    """Those of the channels, and those that something was said in before."""
    known = {channel.currency for channel in channels.of_shop(connection, shop.shop_id)}
    return sorted(known | set(shop.shipping_costs))


def bar(segments: Mapping[Segment, int], language: Language) -> list[Stretch]:
    whole = sum(segments.values())
    found, x = [], 0.0
    for segment, (title, meaning) in words.SEGMENTS.items():
        number = segments[segment]
        width = BAR * number / whole if whole else 0.0
        share = language.share(number, whole)
        said = language._(title), language._(meaning, least=words.LOYAL_FROM)
        found.append(Stretch(segment, *said, number, share, round(x, 1), round(width, 1)))
        x += width
    return found


def figures(report: Report, language: Language) -> list[Figure]:
    return [
        Figure(language._(FIGURES[one["key"]]), _value(one, language), one["missing"] or one["definition"])
        for one in report.body["figures"]
        if one["key"] in FIGURES
    ]


def _value(figure: Mapping[str, Any], language: Language) -> str:
    if figure["value"] is None:
        return ""
    if figure["unit"] == "money":
        return language.money(Decimal(str(figure["value"])), figure["currency"])
    return language.percent(figure["value"])


def earnings(known: Sequence[Campaign], lines: Sequence[Line], report: Report | None) -> list[Earning]:
    """Of each campaign that gave something, in each currency that it did."""
    spent = {(line.campaign, line.currency): line for line in lines if line.period == "total" and line.campaign}
    earned = {(one["campaign_id"], one["currency"]): one for one in (report.body["earned"] if report else ())}
    found = []
    for campaign in known:
        currencies = {currency for name, currency in spent if name == campaign.name}
        currencies |= {currency for whose, currency in earned if whose == campaign.campaign_id}
        for currency in sorted(currencies):
            line, one = spent.get((campaign.name, currency)), earned.get((campaign.campaign_id, currency), {})
            more, low, high = (_amount(one.get(name)) for name in ("more", "low", "high"))
            cost, reserved = (line.settled, line.reserved) if line else (Decimal(0), Decimal(0))
            if one or cost or reserved:
                counts = one.get("given", 0), one.get("control", 0)
                found.append(Earning(campaign, currency, *counts, more, low, high, cost, reserved))
    return found


def _amount(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))


async def answer(house: House, visit: Visit) -> Response:
    """The three questions."""
    form = {name: str(value) for name, value in (await visit.request.form()).items()}
    currencies = await anyio.to_thread.run_sync(_currencies, house, visit.shop)
    said = basics_form.read(form, currencies, visit.language)
    if isinstance(said, BasicsForm):
        return await show(house, visit, form=said)
    await anyio.to_thread.run_sync(save_basics, house, visit.shop.shop_id, said, visit.user.email)
    return await show(house, visit, visit.language._("Saved. Campaigns you make from now on begin with your answers."))


async def later(house: House, visit: Visit) -> Response:
    await anyio.to_thread.run_sync(put_aside, house, visit.shop.shop_id, visit.user.email)
    return await show(house, visit, visit.language._("You find the questions in the settings."))


def _currencies(house: House, shop: Shop) -> Sequence[str]:
    with house.database.read() as connection:
        return currencies_of(connection, shop)


async def stop(house: House, visit: Visit) -> Response:
    await anyio.to_thread.run_sync(set_stopped, house, visit.shop.shop_id, True)
    return await show(house, visit, visit.language._("Everything is stopped. Orders are still read."))


async def start(house: House, visit: Visit) -> Response:
    await anyio.to_thread.run_sync(set_stopped, house, visit.shop.shop_id, False)
    return await show(house, visit, visit.language._("Everything goes on."))


def set_stopped(house: House, shop_id: int, stopped: bool) -> None:
    with house.database.write() as connection:
        shops.set_stopped(connection, shop_id, stopped=stopped)
    if not stopped:
        house.wake([Lane(kind, shop_id) for kind in LaneKind])


PAGE = Page(
    title="Overview",
    shows={"/admin": show},
    parts={"/admin/growing": growing},
    actions={
        "/admin/stop": stop,
        "/admin/start": start,
        "/admin/questions": answer,
        "/admin/questions/later": later,
    },
)

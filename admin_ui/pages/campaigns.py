"""What runs: each campaign with its settings and what it gave, switched on and paused."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio
from starlette.datastructures import FormData
from starlette.responses import Response

from admin_ui import words
from admin_ui.answers import part
from admin_ui.language import Language
from admin_ui.page import Page
from admin_ui.pages import campaign, campaign_new, letters, rehearsal
from admin_ui.pages.campaign import Switches, switches_of
from admin_ui.stages import stages_of
from admin_ui.visit import Visit
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.decide import Outcome
from plugin.domain.segments import Segment
from plugin.errors import Rejected
from plugin.flow.house import House
from plugin.flow.preflight import NotConfirmed
from plugin.flow.switch import switch_off
from plugin.store import campaigns, overview
from plugin.store.overview import Given


@dataclass(frozen=True, slots=True)
class Card:
    """One campaign."""

    campaign: Campaign
    settings: Sequence[tuple[str, str]]
    switches: Switches


async def show(house: House, visit: Visit, notice: str | None = None) -> Response:
    read = anyio.to_thread.run_sync(_gather, house, visit)
    stages, values = await asyncio.gather(stages_of(house, visit), read)
    at_risk = None if stages is None else stages.segments[Segment.AT_RISK]
    return part(visit, "campaigns.html", notice=notice, per_day=campaign.PER_DAY, at_risk=at_risk, **values)


def _gather(house: House, visit: Visit) -> dict[str, Any]:
    with house.database.read() as connection:
        known = campaigns.of_shop(connection, visit.shop.shop_id, house.tactics)
    cards = [Card(one, words.settings_of(one, visit.language), switches_of(one)) for one in known]
    return {"cards": cards}


async def counts(house: House, visit: Visit) -> Response:
    """What one campaign gave: counted over all its decisions, so asked for apart from the list."""

    def gather() -> dict[str, Any]:
        with house.database.read() as connection:
            one = campaigns.by_id(connection, visit.shop.shop_id, campaign.id_of(visit), house.tactics)
            return _counts(one, overview.given(connection, visit.shop.shop_id, one.campaign_id), visit.language)

    return part(visit, "campaign/counts.html", **await anyio.to_thread.run_sync(gather))


def _counts(one: Campaign, given: Given, language: Language) -> dict[str, Any]:
    outcomes = given.outcomes.get(one.campaign_id, {})
    codes = given.codes.get(one.campaign_id, {})
    shows = Outcome.SHOWN in outcomes or not one.tactic.control_group
    told = [Outcome.SHOWN] if shows else [Outcome.GIVEN, Outcome.CONTROL, Outcome.NOTHING]
    if Outcome.TOLD in outcomes:
        told.insert(1, Outcome.TOLD)
    if Outcome.LATER in outcomes:
        told.append(Outcome.LATER)
    known = [] if shows and not codes else words.CODES.items()
    return {
        "outcomes": [(language._(words.OUTCOMES[outcome]), outcomes.get(outcome, 0)) for outcome in told],
        "codes": [(language._(said), codes.get(status, 0)) for status, said in known],
    }


async def turn_on(house: House, visit: Visit) -> Response:
    form = await visit.request.form()
    name, inside = _name(form, visit), campaign.inside_of(form, visit)
    try:
        told = await campaign.on(house, visit, name, inside, confirmed=form.get("confirmed") == "yes")
    except NotConfirmed as error:
        return campaign.ask_whether_meant(visit, error)
    return await show(house, visit, told)


async def pause(house: House, visit: Visit) -> Response:
    name = _name(await visit.request.form(), visit)
    paused = CampaignStatus.PAUSED
    await anyio.to_thread.run_sync(switch_off, house, visit.shop.shop_id, name, paused, visit.user.email)
    return await show(house, visit, visit.language._("“{name}” is paused. What was promised is kept.", name=name))


def _name(form: FormData, visit: Visit) -> str:
    name = form.get("name")
    if not isinstance(name, str) or not name:
        raise Rejected(visit.language._("The request does not say which campaign is meant; load the page again."))
    return name


_ONE = "/admin/campaigns/{campaign_id:int}"
_NEW = "/admin/campaigns/new/{tactic}"
PAGE = Page(
    title="Campaigns",
    shows={
        "/admin/campaigns": show,
        "/admin/campaigns/new": campaign_new.gallery,
        _NEW: campaign_new.show,
        _ONE: campaign.show,
    },
    parts={
        f"{_ONE}/counts": counts,
        f"{_ONE}/outlook": campaign.outlook,
        f"{_ONE}/results": campaign.results,
        f"{_ONE}/tries/{{kind}}": rehearsal.show,
    },
    actions={
        "/admin/campaigns/on": turn_on,
        "/admin/campaigns/pause": pause,
        _NEW: campaign_new.create,
        f"{_NEW}/preview": campaign_new.show_preview,
        f"{_ONE}/save": campaign.save,
        f"{_ONE}/preview": campaign.show_preview,
        f"{_ONE}/letter": letters.send,
        f"{_ONE}/on": campaign.turn_on,
        f"{_ONE}/pause": campaign.pause,
        f"{_ONE}/end": campaign.end,
        f"{_ONE}/tries/{{kind}}": rehearsal.ask,
        f"{_ONE}/try": rehearsal.try_one,
    },
)

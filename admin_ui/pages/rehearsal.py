"""A campaign tried before it is switched on: what it would do now, what it would have done, and one to oneself."""

from collections.abc import Mapping
from typing import Any

import anyio
from starlette.responses import Response

from admin_ui import rehearse
from admin_ui.answers import part
from admin_ui.language import N_, Language
from admin_ui.pages.campaign import find, id_of
from admin_ui.visit import Visit
from plugin.domain.campaigns import CampaignStatus
from plugin.domain.guardrails import Limit
from plugin.errors import NotFound
from plugin.flow.house import House
from plugin.flow.replay import about_baskets, can_be_replayed
from plugin.flow.trial import give_trial
from plugin.store import rehearsals
from plugin.store.rehearsals import Kind

#: What a replay and a dry run say they are at.
STEPS: Mapping[str, str] = {
    "": N_("Starting"),
    "models": N_("Learning what was known at each moment"),
    "customers": N_("Going through the customers"),
}


async def show(house: House, visit: Visit) -> Response:
    """How far it is, or what came out; asks again by itself while it is worked out."""
    return part(visit, "campaign/rehearsal.html", **await anyio.to_thread.run_sync(_gather, house, visit))


def _gather(house: House, visit: Visit) -> dict[str, Any]:
    kind = _kind(visit)
    campaign = find(house, visit)
    with house.database.read() as connection:
        known = rehearsals.of_campaign(connection, visit.shop.shop_id, id_of(visit)).get(kind)
    running = known is not None and known.running(visit.now)
    if known is not None and not running and not known.holds(campaign.version, visit.now):
        known = None
    body = known.body if known is not None and known.body is not None else None
    return {
        "campaign": campaign,
        "kind": kind.value,
        "known": known,
        "running": running,
        "broken": visit.language._(rehearse.BROKEN) if known is not None and known.broke_off(visit.now) else "",
        "body": body,
        "step": visit.language._(STEPS.get(known.step, known.step)) if known is not None else "",
        "spans": rehearse.spans_of(campaign.tactic),
        "usual_span": _usual(rehearse.spans_of(campaign.tactic)),
        "about_baskets": about_baskets(campaign.tactic),
        "can": campaign.status is not CampaignStatus.ENDED
        and (kind is Kind.DRY_RUN or can_be_replayed(campaign.tactic)),
        "weeks": chart_of(body, visit.language) if body and kind is Kind.REPLAY else None,
        "why_not": why_not,
    }


def _usual(spans: tuple[int, ...]) -> int:
    """A year, or as long as baskets are kept."""
    return rehearse.SPANS[2] if rehearse.SPANS[2] in spans else spans[-1]


def why_not(limit: str, language: Language) -> str:
    """A guardrail's name as people say it."""
    return language._(WHY_NOT.get(limit, limit.replace("_", " ")))


#: By the guardrails' own names, and the tactic's.
WHY_NOT: Mapping[str, str] = {
    Limit.SUPPRESSED: N_("is on the list of those who get nothing"),
    Limit.OPTED_OUT: N_("does not want offers"),
    Limit.OBJECTS: N_("objects to being profiled"),
    Limit.PAUSE: N_("had one from this campaign not long ago"),
    Limit.CHANNEL: N_("buys in no channel that it is for"),
    Limit.CEILING: N_("the offer is above your highest discount"),
    Limit.MARGIN: N_("the offer would cost more than the order leaves"),
    Limit.BUY_ANYWAY: N_("would likely buy without it"),
    Limit.FREQUENCY: N_("had enough offers lately"),
    Limit.ONE_AT_A_TIME: N_("holds a code that still works"),
    Limit.DO_NOT_DISTURB: N_("had trouble with an order just now"),
    Limit.QUIET_HOURS: N_("it is a quiet hour; later"),
    Limit.BUDGET: N_("the budget does not pay for it"),
    "tactic": N_("has no account to show a code in"),
}


def chart_of(body: Mapping[str, Any], language: Language) -> dict[str, Any] | None:
    """Offers by week, from the first with a decision to the last."""
    weeks = list(body["weeks"])
    busy = [at for at, week in enumerate(weeks) if len(week) > 1]
    if not busy:
        return None
    shown = weeks[busy[0] : busy[-1] + 1]
    series = [(N_("Given"), "given", "good"), (N_("Control group"), "control", "quiet")]
    if any("told" in week for week in weeks):
        series.insert(1, (N_("Messages without an offer"), "told", "good-soft"))
    return {
        "kind": "columns",
        "label": language._("What it would have given, by week"),
        "unit": "",
        "categories": [week["week"] for week in shown],
        "series": [
            {"name": language._(name), "tone": tone, "values": [week.get(key, 0) for week in shown]}
            for name, key, tone in series
        ],
    }


async def ask(house: House, visit: Visit) -> Response:
    form = await visit.request.form()
    kind = _kind(visit)
    said = str(form.get("days", ""))

    def begin() -> None:
        campaign = find(house, visit)
        spans = rehearse.spans_of(campaign.tactic)
        days = int(said) if said in {str(span) for span in spans} else _usual(spans)
        rehearse.start(house, visit.shop.shop_id, campaign.name, kind, visit.user.email, days)

    await anyio.to_thread.run_sync(begin)
    return await show(house, visit)


async def try_one(house: House, visit: Visit) -> Response:
    form = await visit.request.form()
    campaign = await anyio.to_thread.run_sync(find, house, visit)
    to = str(form.get("to", "")).strip()
    tried = await give_trial(house, visit.shop.shop_id, campaign.name, to, visit.user.email)
    return part(visit, "campaign/tried.html", tried=tried)


def _kind(visit: Visit) -> Kind:
    said = str(visit.request.path_params["kind"])
    if said not in set(Kind):
        raise NotFound(visit.language._("There is nothing of that kind to try; load the page again."))
    return Kind(said)

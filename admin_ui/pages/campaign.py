"""One campaign: what it says as a form, what a shopper sees of it, what stands against it, and its switches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import anyio
from starlette.datastructures import FormData
from starlette.responses import Response

from admin_ui import campaign_form, versions, words
from admin_ui.answers import WHERE_ACTIONS_ANSWER, part
from admin_ui.beside import Working, beside
from admin_ui.called import called
from admin_ui.campaign_form import Typed
from admin_ui.language import N_
from admin_ui.pages import letters
from admin_ui.visit import Visit
from plugin.domain.campaign_checks import Finding
from plugin.domain.campaigns import NEXT_STATUS, Campaign, CampaignStatus
from plugin.domain.tactic import TriggerKind, read_params
from plugin.errors import Overtaken, Rejected, sentence_of
from plugin.flow import campaign_lookup, preflight
from plugin.flow.budget_lines import lines_of
from plugin.flow.house import House
from plugin.flow.preflight import NotConfirmed
from plugin.flow.preview import Preview, preview
from plugin.flow.scene import set_scene
from plugin.flow.switch import switch_off, switch_on
from plugin.store import books, campaigns, channels, overview, segments, shops
from plugin.store.rehearsals import Kind

#: Of those inside already; what the form proposes.
PER_DAY = 50
#: Customers a day, more than any shop writes to; a slip of the finger is below it.
MOST_PER_DAY = 100_000
LATEST_CODES = 10


@dataclass(frozen=True, slots=True)
class Switches:
    """What can be done with it now."""

    on: bool
    pause: bool
    end: bool
    #: Whether it can also take in who is inside already.
    asks_inside: bool


def switches_of(campaign: Campaign) -> Switches:
    after = NEXT_STATUS[campaign.status]
    return Switches(
        CampaignStatus.ON in after,
        CampaignStatus.PAUSED in after,
        CampaignStatus.ENDED in after,
        TriggerKind.INSIDE in campaign.tactic.listens_to,
    )


async def show(
    house: House,
    visit: Visit,
    notice: str | None = None,
    form: FormData | None = None,
    problems: Sequence[str] = (),
    seen: int | None = None,
) -> Response:
    """form: what was typed and is shown again. seen: the version before which nothing is news to who typed it."""
    values = await anyio.to_thread.run_sync(_gather, house, visit, form, seen)
    said = await called(house, visit, [value for _, value in values["settings"]])
    values["settings"] = [(label, value) for (label, _), value in zip(values["settings"], said, strict=True)]
    for name in ("versions", "meanwhile"):
        told = values[name]
        values[name] = [replace(one, changes=await called(house, visit, one.changes)) for one in told]
    return part(visit, "campaign.html", notice=notice, problems=problems, per_day=PER_DAY, **values)


def _gather(house: House, visit: Visit, form: FormData | None, seen: int | None) -> dict[str, Any]:
    language = visit.language
    with house.database.read() as connection:
        campaign = campaigns.by_id(connection, visit.shop.shop_id, id_of(visit), house.tactics)
        known = campaign_form.known_of(connection, visit.shop, campaign, language)
        history = campaigns.history(connection, visit.shop.shop_id, campaign.campaign_id)
        currencies = _currencies(house, visit)
    stored = campaign_form.stored(campaign, visit.shop)
    said = stored if form is None else campaign_form.typed(campaign, form, known, language)
    parts = campaign_form.parts(campaign, said, known, language)
    return {
        "campaign": campaign,
        "switches": switches_of(campaign),
        "parts": parts,
        "wrong": [field for one in parts for field in one.fields if field.error],
        "settings": words.settings_of(campaign, language),
        "versions": versions.told(history, campaign, language),
        "meanwhile": [] if seen is None else versions.since(history, seen, campaign, language),
        "kinds": list(Kind),
        **seen_by_a_shopper(campaign, said, currencies, visit),
        **letters.shown(house, visit, campaign, said, form),
    }


def _currencies(house: House, visit: Visit) -> dict[str, str]:
    with house.database.read() as connection:
        found = channels.of_shop(connection, visit.shop.shop_id)
    return {channel.slug: channel.currency for channel in found if channel.active}


def seen_by_a_shopper(campaign: Campaign, said: Typed, currencies: dict[str, str], visit: Visit) -> dict[str, Any]:
    """The preview of what was typed, or the sentence why there is none."""
    told: Preview | None = None
    try:
        params = read_params(campaign.tactic, said.params)
        told = preview(campaign, params, currencies, visit.now, visit.zone)
    except Rejected as error:
        return {"preview": None, "unfit": sentence_of(error)}
    return {"preview": told, "unfit": ""}


async def show_preview(house: House, visit: Visit) -> Response:
    """Of what is typed at this moment."""
    form = await visit.request.form()

    def gather() -> dict[str, Any]:
        with house.database.read() as connection:
            campaign = campaigns.by_id(connection, visit.shop.shop_id, id_of(visit), house.tactics)
            known = campaign_form.known_of(connection, visit.shop, campaign, visit.language)
        said = letters.typed_or_stored(visit, campaign, form, known)
        return {
            **seen_by_a_shopper(campaign, said, _currencies(house, visit), visit),
            **letters.shown(house, visit, campaign, said, form),
        }

    return part(visit, "campaign/preview.html", **await anyio.to_thread.run_sync(gather))


async def save(house: House, visit: Visit) -> Response:
    form = await visit.request.form()
    campaign = await anyio.to_thread.run_sync(find, house, visit)
    try:
        told = await _save(house, visit, campaign, form)
    except Overtaken:
        return await show(house, visit, form=form, seen=_version(form))
    except Rejected as error:
        return await show(house, visit, form=form, problems=_problems(error))
    return await show(house, visit, told)


class _Unfit(Rejected):
    """Values that are marked where they stand."""


def _problems(error: Rejected) -> list[str]:
    return [] if isinstance(error, _Unfit) else [sentence_of(error)]


async def _save(house: House, visit: Visit, campaign: Campaign, form: FormData) -> str:
    """What to tell. Raises `Rejected`."""
    _ = visit.language._

    def read() -> Typed:
        with house.database.read() as connection:
            known = campaign_form.known_of(connection, visit.shop, campaign, visit.language)
        return campaign_form.typed(campaign, form, known, visit.language)

    said = await anyio.to_thread.run_sync(read)
    if not said.fits:
        raise _Unfit("Some values do not fit.")
    settings = campaign_form.as_settings(campaign, said)
    shop_id, who = visit.shop.shop_id, visit.user.email
    edited = await campaign_lookup.change(house, shop_id, campaign.name, settings, who, _version(form))
    if not edited.changes:
        return _("Nothing has changed.")
    return _("“{name}” is saved.", name=campaign.name)


def _version(form: FormData) -> int:
    said = str(form.get("version", ""))
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else 0


async def turn_on(house: House, visit: Visit) -> Response:
    """What was typed is saved first."""
    form = await visit.request.form()
    campaign = await anyio.to_thread.run_sync(find, house, visit)
    try:
        inside = inside_of(form, visit)
        if "version" in form:
            await _save(house, visit, campaign, form)
    except Overtaken:
        return await show(house, visit, form=form, seen=_version(form))
    except _Unfit:
        return await show(house, visit, form=form)
    try:
        told = await on(house, visit, campaign.name, inside, confirmed=form.get("confirmed") == "yes")
    except NotConfirmed as error:
        return ask_whether_meant(visit, error)
    return await show(house, visit, told)


async def on(house: House, visit: Visit, name: str, inside: int, *, confirmed: bool) -> str:
    """What to tell. Raises `Rejected`, and `NotConfirmed` where only the merchant can say whether it is meant."""
    _ = visit.language._
    done = await switch_on(house, visit.shop.shop_id, name, inside, visit.user.email, confirmed)
    told = _("“{name}” is on, for who enters from now on.", name=name)
    if inside:
        number = visit.language.number(inside)
        told = _("“{name}” is on, also for at most {n} a day of those inside already.", name=name, n=number)
    return " ".join([told, *done.left])


def ask_whether_meant(visit: Visit, error: NotConfirmed) -> Response:
    """In the dialog, which then can be sent again with a tick."""
    answer = part(visit, "campaign/meant.html", found=error.found)
    answer.status_code = error.status
    answer.headers.update({"HX-Retarget": WHERE_ACTIONS_ANSWER, "HX-Reswap": "innerHTML"})
    return answer


def inside_of(form: FormData, visit: Visit) -> int:
    """How many a day of those inside already; 0 for only who enters from now on."""
    if form.get("audience") != "inside":
        return 0
    said = str(form.get("per_day", "")).strip()
    if not (said.isascii() and said.isdigit() and len(said) < 10 and 1 <= int(said) <= MOST_PER_DAY):
        text = N_("How many customers a day must be a whole number from 1 to {most}.")
        raise Rejected(visit.language._(text, most=visit.language.number(MOST_PER_DAY)))
    return int(said)


async def pause(house: House, visit: Visit) -> Response:
    told = visit.language._("“{name}” is paused. What was promised is kept.", name="{name}")
    return await _off(house, visit, CampaignStatus.PAUSED, told)


async def end(house: House, visit: Visit) -> Response:
    told = visit.language._("“{name}” has ended. What was promised is kept.", name="{name}")
    return await _off(house, visit, CampaignStatus.ENDED, told)


async def _off(house: House, visit: Visit, status: CampaignStatus, told: str) -> Response:
    """What was typed stays typed."""
    form = await visit.request.form()
    campaign = await anyio.to_thread.run_sync(find, house, visit)
    await anyio.to_thread.run_sync(switch_off, house, visit.shop.shop_id, campaign.name, status, visit.user.email)
    again = form if "version" in form and status is not CampaignStatus.ENDED else None
    return await show(house, visit, told.replace("{name}", campaign.name), form=again)


async def outlook(house: House, visit: Visit) -> Response:
    """Whom it is for now, and what stands against it: counted, so asked for apart from the page."""
    campaign = await anyio.to_thread.run_sync(find, house, visit)

    def gather() -> dict[str, Any]:
        with house.database.read() as connection:
            scene = set_scene(connection, house, shops.get(connection, visit.shop.shop_id), visit.now)
            found: Sequence[Finding] = preflight.look(connection, scene, campaign)
            return {
                "findings": found,
                "customers": segments.everyone(connection, scene.shop_id),
                "audience": segments.count(connection, scene.shop, campaign.whom, scene.now),
                "inside": preflight.inside(connection, scene, campaign),
            }

    key = ("outlook", id(house.database), campaign.campaign_id, campaign.version, campaign.status)
    found = await beside(key, lambda: anyio.to_thread.run_sync(gather))
    if isinstance(found, Working):
        return part(visit, "campaign/counting.html", campaign=campaign)
    asks_inside = switches_of(campaign).asks_inside
    return part(visit, "campaign/outlook.html", campaign=campaign, asks_inside=asks_inside, **found)


async def results(house: House, visit: Visit) -> Response:
    """What it gave, spent and brought in: summed over its codes, so asked for apart from the page."""

    def gather() -> dict[str, Any]:
        shop_id = visit.shop.shop_id
        with house.database.read() as connection:
            campaign = campaigns.by_id(connection, shop_id, id_of(visit), house.tactics)
            given = overview.given(connection, shop_id, campaign.campaign_id)
            lines = lines_of(connection, visit.shop, house.tactics, visit.now)
            return {
                "campaign": campaign,
                "outcomes": given.outcomes.get(campaign.campaign_id, {}),
                "codes": given.codes.get(campaign.campaign_id, {}),
                "lines": [line for line in lines if line.campaign == campaign.name],
                "brought_in": books.brought_in(connection, shop_id, campaign.campaign_id),
                "latest": books.latest_codes(connection, shop_id, LATEST_CODES, campaign=campaign.name),
            }

    return part(visit, "campaign/results.html", **await anyio.to_thread.run_sync(gather))


def id_of(visit: Visit) -> int:
    return int(visit.request.path_params["campaign_id"])


def find(house: House, visit: Visit) -> Campaign:
    with house.database.read() as connection:
        return campaigns.by_id(connection, visit.shop.shop_id, id_of(visit), house.tactics)

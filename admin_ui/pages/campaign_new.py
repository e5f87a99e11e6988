"""A campaign to be: the gallery of tactics, and the form that makes a draft."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anyio
from sqlalchemy import Connection
from starlette.datastructures import FormData
from starlette.responses import Response

from admin_ui import campaign_form
from admin_ui.answers import go, part
from admin_ui.language import N_, Language
from admin_ui.pages import letters
from admin_ui.pages.campaign import seen_by_a_shopper
from admin_ui.visit import Visit
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.tactic import Tactic, TriggerKind, by_stays
from plugin.errors import NotFound, Rejected, sentence_of
from plugin.flow.campaign_edits import make
from plugin.flow.house import House
from plugin.store import campaigns, channels
from plugin.store.campaigns import LONGEST_NAME, Limits


@dataclass(frozen=True, slots=True)
class Kind:
    """A tactic in the gallery."""

    tactic: Tactic[Any]
    needs: Sequence[str]


async def gallery(house: House, visit: Visit) -> Response:
    kinds = [Kind(tactic, list(what_it_needs(tactic, visit.language))) for tactic in house.tactics.values()]
    return part(visit, "campaign/gallery.html", notice=None, kinds=kinds)


def what_it_needs(tactic: Tactic[Any], language: Language) -> Sequence[str]:
    """In a merchant's words, told by what the tactic itself says."""
    _ = language._
    found = []
    if by_stays(tactic, tactic.params()):
        found.append(_("A segment: it acts when a customer comes into it."))
    if TriggerKind.CHECKOUT in tactic.listens_to:
        found.append(_("A storefront that goes on with a checkout by its id, and a way to send messages."))
    if tactic.need is not None:
        found.append(_("Past orders, to know each customer's rhythm."))
    if tactic.sample is not None:
        found.append(_("A storefront that shows the customer's banner, and customers with an account."))
    if tactic.content is not None:
        found.append(_("A storefront that shows the app's banners, and a text."))
    if tactic.sample is None and tactic.content is None:
        found += [_("Amounts that you choose.")]
    if tactic.only_one:
        found.append(_("Only one of this kind can be on at a time."))
    return found


async def show(house: House, visit: Visit, form: FormData | None = None, problems: Sequence[str] = ()) -> Response:
    return part(visit, "campaign/new.html", notice=None, problems=problems, **await _gather(house, visit, form))


async def show_preview(house: House, visit: Visit) -> Response:
    values = await _gather(house, visit, await visit.request.form())
    return part(visit, "campaign/preview.html", **values)


async def _gather(house: House, visit: Visit, form: FormData | None) -> dict[str, Any]:
    tactic = _tactic(house, visit)

    def gather() -> dict[str, Any]:
        language = visit.language
        with house.database.read() as connection:
            draft = draft_of(tactic, _free_name(connection, house, visit, tactic))
            known = campaign_form.known_of(connection, visit.shop, draft, language)
            sells = [one for one in channels.of_shop(connection, visit.shop.shop_id) if one.active]
        said = campaign_form.stored(draft, visit.shop)
        if form is not None:
            said = campaign_form.typed(draft, form, known, language)
        parts = campaign_form.parts(draft, said, known, language)
        return {
            "draft": draft,
            "name": draft.name if form is None else str(form.get("name", "")),
            "parts": parts,
            "wrong": [field for one in parts for field in one.fields if field.error],
            "fits": said.fits,
            "said": said,
            **seen_by_a_shopper(draft, said, {one.slug: one.currency for one in sells}, visit),
            **letters.shown(house, visit, draft, said, form),
        }

    return await anyio.to_thread.run_sync(gather)


async def create(house: House, visit: Visit) -> Response:
    form = await visit.request.form()
    values = await _gather(house, visit, form)
    if not values["fits"]:
        return await show(house, visit, form)
    draft, name = values["draft"], values["name"].strip()
    settings = campaign_form.as_settings(draft, values["said"])
    try:
        made = await anyio.to_thread.run_sync(
            make, house, visit.shop.shop_id, name, draft.tactic.key, settings, visit.user.email
        )
    except Rejected as error:
        return await show(house, visit, form, [sentence_of(error)])
    told = visit.language._("“{name}” is a draft: nothing happens until you switch it on.", name=name)
    return go(f"/admin/campaigns/{made.campaign.campaign_id}", told)


def draft_of(tactic: Tactic[Any], name: str) -> Campaign:
    """With what everything is by default; nowhere but here."""
    limits = Limits()
    return Campaign(
        campaign_id=0,
        name=name,
        tactic=tactic,
        params=tactic.params(),
        status=CampaignStatus.DRAFT,
        version=0,
        salt="",
        control_share=limits.control_share,
        pause_days=tactic.pause_days,
        inside_per_day=limits.inside_per_day,
    )


def _tactic(house: House, visit: Visit) -> Tactic[Any]:
    key = str(visit.request.path_params["tactic"])
    if key not in house.tactics:
        text = N_("There is no kind of campaign “{key}”; choose one from the list.")
        raise NotFound(visit.language._(text, key=key))
    return house.tactics[key]


def _free_name(connection: Connection, house: House, visit: Visit, tactic: Tactic[Any]) -> str:
    """`win-back`, or `win-back 2` where that is taken."""
    taken = {one.name for one in campaigns.of_shop(connection, visit.shop.shop_id, house.tactics)}
    plain = tactic.key.replace("_", "-")[: LONGEST_NAME - 10]
    return next(name for name in (plain, *(f"{plain} {n}" for n in range(2, len(taken) + 3))) if name not in taken)

"""The messages of a campaign as they are being typed: each to look at, and to send to oneself."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import anyio
from starlette.datastructures import FormData
from starlette.responses import Response

from admin_ui import campaign_form
from admin_ui.answers import part
from admin_ui.campaign_form import Typed
from admin_ui.forms import Known
from admin_ui.visit import Visit
from plugin.domain.campaigns import Campaign
from plugin.domain.message_params import messages_of
from plugin.domain.tactic import read_params
from plugin.errors import Rejected
from plugin.flow.house import House
from plugin.flow.message_preview import preview_unsaved, send_made
from plugin.store import campaigns


def shown(house: House, visit: Visit, campaign: Campaign, said: Typed, form: FormData | None) -> dict[str, Any]:
    """The message that is chosen, with the titles of all; none while what is typed does not fit."""
    asked: Mapping[str, Any] = {} if form is None else form
    nothing = {"letter": None, "titles": (), "number": 1, "languages": ()}
    try:
        typed = replace(campaign, params=read_params(campaign.tactic, said.params))
    except Rejected:
        return nothing
    messages = messages_of(typed.tactic, typed.params)
    if not messages:
        return nothing
    number = min(_number(asked), len(messages))
    language = str(asked.get("letter_language", ""))
    return {
        "letter": preview_unsaved(house, visit.shop.shop_id, typed, number=number, language=language),
        "titles": [one.title for one in messages],
        "number": number,
        "languages": list(messages[number - 1].texts),
        "letter_to": str(asked.get("letter_to", "")),
        "letter_at": f"/admin/campaigns/{campaign.campaign_id}/letter" if campaign.campaign_id else "",
        "as_frame": as_frame,
    }


def _number(form: Mapping[str, Any]) -> int:
    said = str(form.get("letter", ""))
    return max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 4 else 1


def typed_or_stored(visit: Visit, campaign: Campaign, form: FormData, known: Known) -> Typed:
    """What is typed; of a campaign that cannot be changed any more nothing is."""
    if "version" in form:
        return campaign_form.typed(campaign, form, known, visit.language)
    return campaign_form.stored(campaign, visit.shop)


def as_frame(html: str) -> str:
    """The mail for a frame of the page, whose policy takes no styles from within: the page's script puts them on."""
    return html.replace(' style="', ' data-style="').replace("<style>", "<template>").replace("</style>", "</template>")


async def send(house: House, visit: Visit) -> Response:
    """The one that is looked at, as it is typed, to the address that is typed beside it."""
    form = await visit.request.form()

    def gather() -> dict[str, Any]:
        with house.database.read() as connection:
            campaign_id = int(visit.request.path_params["campaign_id"])
            campaign = campaigns.by_id(connection, visit.shop.shop_id, campaign_id, house.tactics)
            known = campaign_form.known_of(connection, visit.shop, campaign, visit.language)
        said = typed_or_stored(visit, campaign, form, known)
        return shown(house, visit, campaign, said, form)

    chosen = await anyio.to_thread.run_sync(gather)
    if chosen["letter"] is None:
        raise Rejected(visit.language._("There is no message to send as things are typed."))
    to = str(form.get("letter_to", "")).strip()
    made = await send_made(house, visit.shop.shop_id, chosen["letter"], to)
    return part(visit, "campaign/letter_sent.html", subject=made.subject, to=to)

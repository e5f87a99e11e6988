"""The answers of fields in which products and their kin are chosen (`admin_ui.picker`)."""

import secrets

from starlette.responses import Response

from admin_ui import picker
from admin_ui.answers import part
from admin_ui.language import N_
from admin_ui.page import Page
from admin_ui.picker import LONGEST_TEXT, WHATS, Shown
from admin_ui.visit import Visit
from plugin.errors import NotFound
from plugin.flow.house import House

#: More than any form holds; an address has an end.
MOST_CHOSEN = 200


async def found(house: House, visit: Visit) -> Response:
    """The list below the search: what is chosen, and what is called like the text."""
    query = visit.request.query_params
    what, name = WHATS.get(query.get("what", "")), query.get("name", "")
    if what is None:
        raise NotFound(visit.language._("There is nothing of this kind to choose from; load the page again."))
    text = " ".join(query.get("text", "").split())[:LONGEST_TEXT]
    chosen = list(dict.fromkeys(one for one in query.getlist(name) if one))[:MOST_CHOSEN]
    free = "free" in query
    if visit.may_change:
        shown = await picker.look(house.connect(visit.shop), what, text, chosen, visit.language, free=free)
    else:
        refusal = N_("Only people who may manage discounts can search the catalogue; ask whoever manages staff.")
        shown = Shown(picker.as_stored(chosen), problem=visit.language._(refusal))
    return part(
        visit,
        "pick/found.html",
        shown=shown,
        name=name,
        id=query.get("id", ""),
        several="several" in query,
        optional="optional" in query,
        typed=text if free else "",
    )


async def month(house: House, visit: Visit) -> Response:  # noqa: ARG001 - as every answer
    """One more row of a table that names a product for each month."""
    name = visit.request.query_params.get("name", "")
    return part(visit, "pick/month.html", name=name, row=secrets.token_hex(4), month="", product="")


PAGE = Page(title="", shows={}, parts={"/admin/pick": found, "/admin/pick/month": month})

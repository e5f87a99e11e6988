"""Whether all works: what comes in, what goes out, the past, what failed, with another try, and what is predicted by."""

import platform
from importlib.metadata import version
from typing import Any

import anyio
from starlette.datastructures import FormData
from starlette.responses import Response

from admin_ui import words
from admin_ui.answers import part
from admin_ui.page import Page
from admin_ui.pages.past import past
from admin_ui.visit import Visit
from admin_ui.words import State
from plugin.engine.port import Lane, LaneKind
from plugin.errors import Rejected
from plugin.flow.house import House
from plugin.flow.report import VERSION
from plugin.report.sections import model_section
from plugin.store import backfills, effects, inbox, overview, reports, shops
from plugin.store.overview import Way
from plugin.store.shops import Shop


async def show(house: House, visit: Visit, notice: str | None = None) -> Response:
    values = await anyio.to_thread.run_sync(_gather, house, visit)
    return part(visit, "health.html", notice=notice, what_failed=words.what_failed, **values)


def _gather(house: House, visit: Visit) -> dict[str, Any]:
    with house.database.read() as connection:
        shop = shops.get(connection, visit.shop.shop_id)
        work = overview.work(connection, shop.shop_id, visit.now)
        walks = backfills.of_shop(connection, shop.shop_id)
        made = reports.made_at(connection, shop.shop_id, VERSION)
    return {
        "work": work,
        "past": past(walks, visit.language, by_itself=house.reads_history),
        "saleor": _saleor(shop, visit),
        "report_made": made,
        "learnt": _learnt(shop, visit),
        "backtest": None if shop.model is None else model_section(shop.model),
        "versions": _versions(house, shop, visit),
    }


def _saleor(shop: Shop, visit: Visit) -> State:
    """Whether it answers us."""
    _, resting = visit.language._, shop.rest_until is not None and shop.rest_until > visit.now
    if shop.active and not resting and not shop.stopped:
        return State("success", _("Fine"), _("It takes our calls; no limit holds us back."))
    return words.state_of(shop, 1, visit.now, visit.language)


def _learnt(shop: Shop, visit: Visit) -> State:
    """The model, as a line."""
    _, model = visit.language._, shop.model
    if model is None or shop.rhythm_at is None:
        return State("neutral", _("None yet"), _("It is learnt once a day, after your history has been read."))
    at = visit.language.moment(shop.rhythm_at, shop.zone)
    told = _("Learnt {at}. {reason}", at=at, reason=model.reason)
    return State("success", _("Fine"), told) if model.usable else State("neutral", _("None yet"), told)


def _versions(house: House, shop: Shop, visit: Visit) -> list[tuple[str, str]]:
    database = "SQLite" if house.database.sqlite else "PostgreSQL"
    return [
        (visit.language._("This app"), version("saleor-retention")),
        ("Saleor", shop.saleor_version),
        ("Python", platform.python_version()),
        (visit.language._("Database"), database),
    ]


async def try_again(house: House, visit: Visit) -> Response:
    """All that failed, or the one that the form names."""
    only = _only(await visit.request.form(), visit)
    revived = await anyio.to_thread.run_sync(_revive, house, visit, only)
    told = visit.language._("Nothing had failed.")
    if revived:
        told = visit.language.plural(
            revived,
            "{n} failure tried again; look again in a moment.",
            "{n} failures tried again; look again in a moment.",
        )
    return await show(house, visit, told)


def _only(form: FormData, visit: Visit) -> tuple[Way, int] | None:
    way, number = str(form.get("way", "")), str(form.get("number", ""))
    if not way:
        return None
    if way not in set(Way) or not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Rejected(visit.language._("The request does not say which failure is meant; load the page again."))
    return Way(way), int(number)


def _revive(house: House, visit: Visit, only: tuple[Way, int] | None) -> int:
    shop_id = visit.shop.shop_id
    with house.database.write() as connection:
        revived = 0
        if only is None or only[0] is Way.IN:
            revived += inbox.revive(connection, shop_id, only and only[1])
        if only is None or only[0] is Way.OUT:
            revived += effects.revive(connection, shop_id, visit.now, only and only[1])
        if only is None:
            walks = backfills.of_shop(connection, shop_id).values()
            revived += sum(walk.status is backfills.Status.FAILED for walk in walks)
            backfills.try_again(connection, shop_id)
    house.wake([Lane(kind, shop_id) for kind in LaneKind])
    return revived


PAGE = Page(title="Health", shows={"/admin/health": show}, actions={"/admin/letters/retry": try_again})

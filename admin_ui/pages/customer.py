"""One customer from all sides: who, how likely they come back, what is done about it, and everything that happened."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import anyio
from starlette.datastructures import FormData
from starlette.responses import Response

from admin_ui import customer_words
from admin_ui.answers import go, part
from admin_ui.language import N_
from admin_ui.page import Action
from admin_ui.visit import CUSTOMERS, Visit
from plugin.domain.guardrails import Suppression
from plugin.errors import NotAllowed, NotFound, Rejected
from plugin.flow.explain import score_of
from plugin.flow.forget import NOT_HERE, forget
from plugin.flow.house import House
from plugin.flow.profile import profile, subjects_of
from plugin.store import customers, personal, segments, suppressions, timeline
from plugin.store.customers import Customer
from plugin.store.suppressions import Why
from plugin.store.timeline import Place

#: Happenings of one page.
SIZE = 30
#: How long somebody can be suppressed, in days.
LONGEST = 3650


async def show(house: House, visit: Visit, notice: str | None = None) -> Response:
    values = await anyio.to_thread.run_sync(_gather, house, visit)
    return part(visit, "customers/one.html", notice=notice, **values)


def _gather(house: House, visit: Visit) -> dict[str, Any]:
    shop = visit.shop
    with house.database.read() as connection:
        customer = found(connection, visit)
        told = profile(connection, house, shop, customer, visit.now)
        page = timeline.page(connection, shop.shop_id, customer.customer_id, Place(visit.now), SIZE)
    return {
        "told": told,
        "customer": customer,
        "page": page,
        "titles": {one.name: one.title for one in segments.ready(shop)},
        "said": customer_words,
        "why": customer_words.why_next(told.next, visit.language, visit.zone),
        "no_score": no_score(customer, visit),
        "may_manage": visit.may(CUSTOMERS),
        "confirm": customer.email or str(customer.customer_id),
        "longest": LONGEST,
    }


def found(connection: Any, visit: Visit) -> Customer:
    """The customer of the address. Raises `NotFound`."""
    number = int(visit.request.path_params["customer_id"])
    customer = customers.by_id(connection, visit.shop.shop_id, number) if number < 2**63 else None
    if customer is None:
        raise NotFound(visit.language._(NOT_HERE))
    return customer


def no_score(customer: Customer, visit: Visit) -> str:
    """Why there is none; empty where there is one."""
    if score_of(customer, visit.shop.outlook, visit.now) is not None:
        return ""
    if customer.state.history.last_at is None:
        return visit.language._("No score: there is no order yet.")
    if visit.shop.model is None:
        return visit.language._("No score yet: the shop's model has not been learnt; it is learnt once a day.")
    return visit.language._("No score: not enough data yet. {why}", why=visit.shop.model.reason)


async def earlier(house: House, visit: Visit) -> Response:
    """The next page of what happened."""
    place = _place(visit)

    def gather() -> dict[str, Any]:
        with house.database.read() as connection:
            customer = found(connection, visit)
            page = timeline.page(connection, visit.shop.shop_id, customer.customer_id, place, SIZE)
        return {
            "customer": customer,
            "page": page,
            "said": customer_words,
            "focus": f"from-{int(place.at.timestamp())}-{place.skip}",
        }

    return part(visit, "customers/timeline.html", **await anyio.to_thread.run_sync(gather))


def _place(visit: Visit) -> Place:
    query = visit.request.query_params
    skip = query.get("skip", "0")
    try:
        at = datetime.fromisoformat(query.get("at", ""))
    except ValueError:
        at = visit.now
    if not skip.isascii() or not skip.isdigit() or len(skip) > 6:
        skip = "0"
    return Place(at.astimezone(UTC) if at.tzinfo else visit.now, int(skip))


async def data(house: House, visit: Visit) -> Response:
    """All that is kept of this customer, as a file."""
    if not visit.may(CUSTOMERS):
        raise NotAllowed(
            visit.language._("Only people who may manage customers can save their data; ask whoever manages staff.")
        )

    def gather() -> dict[str, Any]:
        with house.database.read() as connection:
            customer = found(connection, visit)
            subjects = subjects_of(house, visit.shop, customer)
            return personal.everything(connection, visit.shop.shop_id, customer, subjects)

    kept = await anyio.to_thread.run_sync(gather)
    body = {"shop": visit.shop.api_url, "saved_at": visit.now.isoformat(), **kept}
    name = f"customer-{visit.request.path_params['customer_id']}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(json.dumps(body, indent=1, ensure_ascii=False), media_type="application/json", headers=headers)


async def suppress(house: House, visit: Visit) -> Response:
    form = await visit.request.form()
    why, until = _why(form, visit), _until(form, visit)

    def put(connection: Any, customer: Customer) -> None:
        pepper = house.keyring.decrypt(visit.shop.pepper)
        subject = suppressions.of_number(pepper, customer.customer_id)
        wanted = Suppression(why, until)
        suppressions.put(connection, visit.shop.shop_id, subject, wanted, visit.user.email, visit.now)

    await anyio.to_thread.run_sync(_change, house, visit, put)
    return await show(house, visit, visit.language._("Nothing more is given to this customer."))


async def allow(house: House, visit: Visit) -> Response:
    def take_off(connection: Any, customer: Customer) -> None:
        suppressions.remove(connection, visit.shop.shop_id, subjects_of(house, visit.shop, customer))

    await anyio.to_thread.run_sync(_change, house, visit, take_off)
    return await show(house, visit, visit.language._("This customer can be given something again."))


def _change(house: House, visit: Visit, change: Callable[[Any, Customer], None]) -> None:
    with house.database.write() as connection:
        change(connection, found(connection, visit))


def _why(form: FormData, visit: Visit) -> Why:
    said = form.get("why")
    if said not in set(Why):
        raise Rejected(visit.language._("Choose why nothing more is to be given."))
    return Why(str(said))


def _until(form: FormData, visit: Visit) -> datetime | None:
    """None for good."""
    said = str(form.get("days", "")).strip()
    if not said:
        return None
    if not (said.isascii() and said.isdigit() and len(said) < 6 and 1 <= int(said) <= LONGEST):
        text = N_("For how long must be a whole number of days from 1 to {most}, or empty for good.")
        raise Rejected(visit.language._(text, most=visit.language.number(LONGEST)))
    return visit.now + timedelta(days=int(said))


async def erase(house: House, visit: Visit) -> Response:
    form = await visit.request.form()

    def look() -> Customer:
        with house.database.read() as connection:
            return found(connection, visit)

    customer = await anyio.to_thread.run_sync(look)
    wanted = customer.email or str(customer.customer_id)
    if str(form.get("confirm", "")).strip().casefold() != wanted.casefold():
        raise Rejected(visit.language._("Nobody was erased: type {wanted} to say that you mean it.", wanted=wanted))
    await forget(house, visit.shop.shop_id, customer.customer_id)
    return go("/admin/customers", visit.language._("The customer was erased. Their codes are being taken back."))


ONE = "/admin/customers/{customer_id:int}"
SHOWS = {ONE: show}
PARTS = {f"{ONE}/timeline": earlier, f"{ONE}/data": data}
ACTIONS = {
    f"{ONE}/suppress": Action(suppress, CUSTOMERS),
    f"{ONE}/allow": Action(allow, CUSTOMERS),
    f"{ONE}/erase": Action(erase, CUSTOMERS),
}

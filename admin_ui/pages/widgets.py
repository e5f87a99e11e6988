"""What the Dashboard's own pages show of ours: beside a customer, an order, a voucher, and on its home page."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import anyio
from starlette.responses import Response

from admin_ui import customer_words, words
from admin_ui.answers import part
from admin_ui.page import Page
from admin_ui.pages.customer import no_score
from admin_ui.visit import Visit
from plugin.domain.segments import Segment
from plugin.flow.house import House
from plugin.flow.profile import Profile, profile
from plugin.store import budgets, campaigns, customers, glances, overview, reports, timeline
from plugin.store.customers import Customer

#: Contacts of a customer, and days of the home page.
CONTACTS, DAYS = 4, 30
#: Of the daily report: a step whose silence is a usual one is this stage.
_STAGES = {"prospect": Segment.NEW, "first": Segment.NEW, "repeat": Segment.REGULAR, "loyal": Segment.LOYAL}


@dataclass(frozen=True, slots=True)
class Told:
    """A customer as a widget tells of them."""

    profile: Profile
    why: str
    no_score: str
    #: In the Dashboard, of our page about them.
    address: str


async def of_customer(house: House, visit: Visit) -> Response:
    user_id = visit.request.query_params.get("customerId", "")

    def gather(connection: Any) -> dict[str, Any]:
        customer = customers.glance(connection, visit.shop.shop_id, user_id)
        if customer is None:
            return {"told": None}
        contacts = timeline.contacts(connection, visit.shop.shop_id, customer.customer_id, visit.now, CONTACTS)
        return {"told": _told(connection, house, visit, customer), "contacts": contacts}

    return await _widget(house, visit, "widgets/customer.html", gather)


async def of_order(house: House, visit: Visit) -> Response:
    order_id = visit.request.query_params.get("orderId", "")

    def gather(connection: Any) -> dict[str, Any]:
        order = glances.order(connection, visit.shop.shop_id, order_id)
        customer = None if order is None else customers.by_id(connection, visit.shop.shop_id, order.customer_id)
        return {"order": order, "told": customer and _told(connection, house, visit, customer)}

    return await _widget(house, visit, "widgets/order.html", gather)


async def of_voucher(house: House, visit: Visit) -> Response:
    voucher_id = visit.request.query_params.get("voucherId", "")

    def gather(connection: Any) -> dict[str, Any]:
        return {
            "voucher": glances.voucher(connection, visit.shop.shop_id, voucher_id),
            "campaigns": _address(visit, "campaigns"),
        }

    return await _widget(house, visit, "widgets/voucher.html", gather)


async def of_home(house: House, visit: Visit) -> Response:
    def gather(connection: Any) -> dict[str, Any]:
        shop, now = visit.shop, visit.now
        known = campaigns.of_shop(connection, shop.shop_id, house.tactics)
        stages = _stages(connection, shop.shop_id)
        work = overview.work(connection, shop.shop_id, now)
        return {
            "state": words.state_of(shop, sum(campaign.on for campaign in known), now, visit.language),
            "stages": [(segment, title, stages[segment]) for segment, (title, _) in words.SEGMENTS.items()],
            "customers": sum(stages.values()),
            "sold": glances.sold_with_codes(connection, shop.shop_id, now - timedelta(days=DAYS)),
            "given": glances.given(connection, shop.shop_id, now.astimezone(visit.zone).date(), DAYS),
            "liability": budgets.liability(connection, shop.shop_id),
            "failed": work.dead,
            "days": DAYS,
            "overview": _address(visit, ""),
            "health": _address(visit, "health"),
            "at_risk": _address(visit, "customers?stage=at_risk&sort=value"),
        }

    return await _widget(house, visit, "widgets/home.html", gather)


def _stages(connection: Any, shop_id: int) -> dict[Segment, int]:
    """As the daily report has them, because a large shop's customers are not counted while somebody waits."""
    counted: dict[Segment, int] = dict.fromkeys(Segment, 0)
    report = reports.latest(connection, shop_id)
    if report is None:
        found = customers.counts_by_segment(connection, shop_id)
        return counted | {Segment(segment): number for segment, number in found.items()}
    for step, activities in report.body.get("stages", {}).items():
        for activity, number in activities.items():
            counted[_STAGES[step] if activity == "active" else Segment.AT_RISK] += number
    return counted


async def _widget(house: House, visit: Visit, template: str, gather: Callable[[Any], Mapping[str, Any]]) -> Response:
    def read() -> Mapping[str, Any]:
        with house.database.read() as connection:
            return gather(connection)

    values = await anyio.to_thread.run_sync(read)
    return part(visit, template, notice=None, said=customer_words, **values)


def _told(connection: Any, house: House, visit: Visit, customer: Customer) -> Told:
    told = profile(connection, house, visit.shop, customer, visit.now)
    why = customer_words.why_next(told.next, visit.language, visit.zone)
    address = _address(visit, f"customers/{customer.customer_id}")
    return Told(told, why, no_score(customer, visit), address)


def _address(visit: Visit, path: str) -> str:
    """Of a page of ours in the Dashboard."""
    return f"/extensions/app/{quote(visit.shop.app_id, safe='')}/{path}"


CUSTOMER = Page(title="", shows={"/admin/widgets/customer": of_customer}, widget=True)
ORDER = Page(title="", shows={"/admin/widgets/order": of_order}, widget=True)
VOUCHER = Page(title="", shows={"/admin/widgets/voucher": of_voucher}, widget=True)
HOME = Page(title="", shows={"/admin/widgets/home": of_home}, widget=True)
PAGES = (CUSTOMER, ORDER, VOUCHER, HOME)

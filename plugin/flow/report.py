"""The shop's numbers, gathered in one pass over its orders, one over their lines and one over its customers."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from plugin.domain.bright_spots import Basket, BrightSpots, LineRow, Products
from plugin.domain.cohorts import Cohorts
from plugin.domain.earnings import Earned, Earnings
from plugin.domain.forecast import Forecast
from plugin.domain.indicators import SIGNALS, Effect, Indicators, clear, sentence
from plugin.domain.numbers import figures
from plugin.domain.phrases import phrase
from plugin.domain.prediction import to_json
from plugin.domain.purchase_days import OrderRow, purchase_days
from plugin.domain.retention import Keeping, active_limit, past_periods
from plugin.domain.rfm import Rfm
from plugin.domain.sales import Sales
from plugin.domain.stages import Activity, Step
from plugin.flow.house import House
from plugin.store import earnings as earnings_of
from plugin.store import numbers, reports, shops
from plugin.store.database import Database
from plugin.store.shops import Shop

#: Raised when the report's shape changes, so that an old one is not read as a new one.
VERSION = 2
#: Days that the numbers look ahead where neither the model nor the merchant says it.
HORIZON = 60
#: The period of the headline.
HEADLINE = "last_3_months"
NO_MODEL = phrase("Not enough data yet: the shop has no model so far.")

Row = TypeVar("Row")

#: What is being read, how much of it is done, and how much there is.
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Frame:
    """What all numbers of one report share."""

    shop: Shop
    now: datetime
    zone: ZoneInfo
    today: date
    horizon: int
    #: Days after which a customer is no longer active.
    limit: int


def silent(_what: str, _done: int, _of: int) -> None:
    """No progress."""


def make(house: House, shop_id: int, progress: Progress = silent) -> dict[str, Any]:
    """The report, worked out now and kept for pages that cannot wait."""
    return keep(house.database, shop_id, house.clock(), progress)


def keep(database: Database, shop_id: int, now: datetime, progress: Progress = silent) -> dict[str, Any]:
    with database.read() as connection:
        body = gather(connection, shops.get(connection, shop_id), now, progress)
    with database.write() as connection:
        reports.save(connection, shop_id, body, now)
    return body


def gather(connection: Connection, shop: Shop, now: datetime, progress: Progress = silent) -> dict[str, Any]:
    """The report as plain JSON: no customer is named in it."""
    frame = _frame(shop, now)
    return {
        "version": VERSION,
        "made_at": now.isoformat(),
        "today": frame.today.isoformat(),
        "shop": {"name": shop.name, "api_url": shop.api_url, "time_zone": shop.time_zone},
        "limit_days": frame.limit,
        "horizon_days": frame.horizon,
        "loyal_from": shop.limits.loyal_from,
        "model": None if shop.model is None else to_json(shop.model),
        **plain(_numbers(connection, frame, progress)),
        "consents": plain(numbers.consents(connection, shop.shop_id)),
        "earned": plain(_earned(connection, frame)),
        "bright_spots": plain(_bright_spots(connection, frame, progress)),
    }


def plain(value: Any) -> Any:
    """Values of the domain as JSON; a Decimal stays exact as a string."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    match value:
        case Enum():
            return value.value
        case Decimal():
            return str(value)
        case date():
            return value.isoformat()
        case _:
            return value


def _frame(shop: Shop, now: datetime) -> Frame:
    horizon = shop.model.horizon_days if shop.model else shop.limits.horizon_days or HORIZON
    return Frame(
        shop, now, shop.zone, now.astimezone(shop.zone).date(), horizon, active_limit(shop.limits, shop.rhythm)
    )


def _numbers(connection: Connection, frame: Frame, progress: Progress) -> dict[str, Any]:
    """Everything but the bright spots."""
    shop_id, today = frame.shop.shop_id, frame.today.toordinal()
    extent = numbers.extent(connection, shop_id, frame.now)
    first_day = extent.first_at.astimezone(frame.zone).date() if extent.first_at else None
    keeping = Keeping(past_periods(frame.today, first_day), frame.limit)
    sales, cohorts, rfm = Sales(today), Cohorts(), Rfm(today)
    indicators = Indicators(frame.shop.rhythm.parcel_days, today, frame.horizon)
    rows = _told(numbers.order_rows(connection, shop_id, frame.now), "Orders", extent.orders, progress)
    for _, group in groupby(rows, key=attrgetter("customer_id")):
        orders: list[OrderRow] = list(group)
        days = purchase_days(orders, frame.zone)
        rfm.add(days, sales.add(orders, days))
        keeping.add(days)
        cohorts.add(days)
        indicators.add(days)
    forecast = _forecast(connection, frame, progress)
    kept, totals, expected = keeping.result(), sales.result(), forecast.result()
    headline = next((period for period in kept if period.period.key == HEADLINE), None)
    why = frame.shop.model.reason if frame.shop.model else NO_MODEL
    stages = forecast.stages()
    return {
        "orders": totals.orders,
        "customers": totals.customers,
        "ahead": extent.ahead,
        "first_day": first_day,
        "currencies": list(totals.currencies),
        "figures": figures(totals, headline, expected, frame.limit, frame.horizon, why),
        "retention": [{**plain(period), "retention": period.retention, "churn": period.churn} for period in kept],
        "gaps": [[days, count] for days, count in totals.gaps.items()],
        "cohorts": cohorts.result(frame.today),
        "stages": {step: {activity: stages.get((step, activity), 0) for activity in Activity} for step in Step},
        "rfm": rfm.result(),
        "expected": expected,
        "indicators": effects_of(indicators.result(), frame.horizon),
    }


def effects_of(found: Sequence[Effect], horizon: int) -> list[dict[str, Any]]:
    """With their words, those that can be told from chance marked."""
    named = clear(found)
    return [
        {
            **plain(effect),
            "title": SIGNALS[effect.key][0],
            "clear": effect.key in named,
            "sentence": sentence(effect, horizon),
        }
        for effect in found
    ]


def _forecast(connection: Connection, frame: Frame, progress: Progress) -> Forecast:
    shop_id = frame.shop.shop_id
    forecast = Forecast(frame.shop.outlook, frame.now)
    number = numbers.customer_count(connection, shop_id)
    for history, turns in _told(numbers.histories(connection, shop_id), "Customers", number, progress):
        forecast.add(history, turns)
    return forecast


def _earned(connection: Connection, frame: Frame) -> list[Earned]:
    earnings = Earnings(frame.horizon, frame.now)
    for _, rows in groupby(earnings_of.spent(connection, frame.shop.shop_id), key=attrgetter("decision_id")):
        earnings.add(rows)
    return earnings.result()


def _bright_spots(connection: Connection, frame: Frame, progress: Progress) -> BrightSpots:
    shop_id = frame.shop.shop_id
    products = Products(frame.shop.limits.loyal_from, frame.today.toordinal(), frame.horizon)
    number = numbers.line_count(connection, shop_id)
    rows = _told(numbers.line_rows(connection, shop_id, frame.now), "Lines", number, progress)
    for _, group in groupby(rows, key=attrgetter("customer_id")):
        products.add(list(_baskets(group, frame.zone)))
    return products.result()


def _baskets(rows: Iterable[LineRow], zone: ZoneInfo) -> Iterator[Basket]:
    for day, lines in groupby(rows, key=lambda row: row.placed_at.astimezone(zone).date().toordinal()):
        basket = Basket(day, {}, set())
        for line in lines:
            basket.products[line.product] = line.name
            if line.kind:
                basket.kinds.add(line.kind)
        yield basket


def _told(rows: Iterable[Row], what: str, number: int, progress: Progress) -> Iterator[Row]:
    """The same rows, saying now and then how far they are."""
    done = 0
    progress(what, 0, number)
    for done, row in enumerate(rows, 1):
        yield row
        if done % numbers.CHUNK == 0:
            progress(what, done, number)
    progress(what, done, done)

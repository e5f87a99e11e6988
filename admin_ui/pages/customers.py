"""The shop's customers: searched, filtered, sorted, and saved as a table."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

import anyio
from starlette.responses import Response, StreamingResponse

from admin_ui import customer_words, words
from admin_ui.answers import part
from admin_ui.page import Page
from admin_ui.pages import customer
from admin_ui.stages import stages_of
from admin_ui.visit import CUSTOMERS, Visit
from plugin.domain.segments import Segment
from plugin.errors import NotAllowed, Rejected
from plugin.flow.explain import score_of
from plugin.flow.house import House
from plugin.store import channels, customer_list, segments
from plugin.store.customer_list import Mark, Sort, Stretch, Wanted
from plugin.store.customers import Customer
from plugin.store.shops import Shop

PATH = "/admin/customers"
#: Rows of a page, and of what a search finds.
SIZE, MOST_FOUND = 50, 50
#: A cell that begins with one of these is a formula to a spreadsheet.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says; whatever of it makes no sense is as if it were not there."""

    query: str = ""
    stage: Segment | None = None
    segment: str = ""
    currency: str = ""
    sort: Sort = Sort.LAST_ORDER
    descending: bool = True

    def address(self, path: str = PATH, **more: str) -> str:
        said = {
            "q": self.query,
            "stage": self.stage.value if self.stage else "",
            "segment": self.segment,
            "currency": self.currency,
            "sort": self.sort.value,
            "order": "" if self.descending else "up",
            **more,
        }
        return f"{path}?{urlencode({name: value for name, value in said.items() if value})}"


def read_asked(query: Mapping[str, str]) -> Asked:
    stage, sort = query.get("stage", ""), query.get("sort", "")
    return Asked(
        query.get("q", "").strip()[:200],
        Segment(stage) if stage in set(Segment) else None,
        query.get("segment", ""),
        query.get("currency", ""),
        Sort(sort) if sort in set(Sort) else Sort.LAST_ORDER,
        query.get("order") != "up",
    )


@dataclass(frozen=True, slots=True)
class Table:
    """How the list is sorted, and where it goes on."""

    asked: Asked
    before: str = ""
    after: str = ""

    def direction(self, key: str) -> str:
        if self.asked.query or self.asked.sort != key:
            return "none"
        return "descending" if self.asked.descending else "ascending"

    def sorted_by(self, key: str) -> str:
        """The other way round where it is sorted by this already."""
        sort = Sort(key)
        other_way = self.asked.sort is sort and self.asked.descending
        return replace(self.asked, query="", sort=sort, descending=not other_way).address()


@dataclass(frozen=True, slots=True)
class Line:
    customer: Customer
    #: Of an order within the model's horizon.
    chance: float | None


async def show(house: House, visit: Visit) -> Response:
    return part(visit, "customers/list.html", notice=None, **await anyio.to_thread.run_sync(_gather, house, visit))


async def rows(house: House, visit: Visit) -> Response:
    """What was found in the next rows that were looked at, for a page that is not full yet."""
    return part(visit, "customers/rows.html", **await anyio.to_thread.run_sync(_go_on, house, visit))


async def count(house: House, visit: Visit) -> Response:
    """How many there are in all, or in a stage."""
    asked, stages = read_asked(visit.request.query_params), await stages_of(house, visit)
    number = None if stages is None else stages.customers if asked.stage is None else stages.segments[asked.stage]
    again = Asked(stage=asked.stage).address(f"{PATH}/count")
    return part(visit, "customers/count.html", number=number, again=again)


def _gather(house: House, visit: Visit) -> dict[str, Any]:
    asked = read_asked(visit.request.query_params)
    with house.database.read() as connection:
        currencies = sorted({one.currency for one in channels.of_shop(connection, visit.shop.shop_id) if one.active})
        if asked.sort is Sort.VALUE and asked.currency not in currencies:
            main = customer_list.main_currency(connection, visit.shop.shop_id, currencies)
            asked = replace(asked, currency=main)
        own = [segment.name for segment in segments.own(connection, visit.shop.shop_id)]
        if asked.query:
            people = customer_list.search(connection, visit.shop.shop_id, asked.query, MOST_FOUND)
            found = Stretch(people, None)
        else:
            found = _stretch(connection, visit, asked, SIZE)
    first = not visit.request.query_params.get("after") and not visit.request.query_params.get("before")
    return {
        **_table(visit, asked, found, of=0, first=first),
        "first": first,
        "asked": asked,
        "currencies": currencies,
        "ready": segments.ready(visit.shop),
        "own": own,
        "stages": words.SEGMENTS,
        "most": MOST_FOUND,
        "may_save": visit.may(CUSTOMERS),
        "count": Asked(stage=asked.stage).address(f"{PATH}/count"),
        "file": replace(asked, query="").address(f"{PATH}/file"),
    }


def _go_on(house: House, visit: Visit) -> dict[str, Any]:
    asked = read_asked(visit.request.query_params)
    of, looked = (_whole(visit.request.query_params.get(name)) for name in ("found", "looked"))
    with house.database.read() as connection:
        found = _stretch(connection, visit, asked, max(1, SIZE - of))
    return _table(visit, asked, found, of=of, looked=looked, first=False)


def _stretch(connection: Any, visit: Visit, asked: Asked, size: int) -> Stretch:
    shop, query = visit.shop, visit.request.query_params
    wanted = _wanted(connection, shop, asked)
    if query.get("before"):
        return customer_list.before(
            connection, shop, wanted, visit.now, size, _read_mark(query["before"], asked, visit)
        )
    after = _read_mark(query["after"], asked, visit) if query.get("after") else None
    return customer_list.stretch(connection, shop, wanted, visit.now, size, after)


def _wanted(connection: Any, shop: Shop, asked: Asked) -> Wanted:
    condition = segments.find(connection, shop.shop_id, asked.segment) if asked.segment else None
    return Wanted(asked.sort, asked.descending, asked.stage, condition, asked.currency)


def _table(visit: Visit, asked: Asked, found: Stretch, *, of: int, first: bool, looked: int = 0) -> dict[str, Any]:
    """of: rows of this page that were found before; looked: rows that were looked through before."""
    after = _mark(found.end) if found.end else ""
    before = _mark(customer_list.mark_of(found.rows[0], asked.sort)) if found.rows and not first and not of else ""
    number = of + len(found.rows)
    goes_on = asked.address(f"{PATH}/rows", after=after, found=str(number), looked=str(looked + found.looked))
    return {
        "table": Table(
            asked,
            asked.address(before=before) if before else "",
            asked.address(after=after) if after and not found.unfinished else "",
        ),
        "lines": [_line(one, visit) for one in found.rows],
        "found": number,
        "further": goes_on if found.unfinished else "",
        "looked": looked + found.looked,
        "said": customer_words,
        "horizon": _horizon(visit.shop),
    }


def _line(one: Customer, visit: Visit) -> Line:
    score = score_of(one, visit.shop.outlook, visit.now)
    return Line(one, None if score is None else score.probability)


def _horizon(shop: Shop) -> int | None:
    """Days that the score looks ahead; None without one."""
    return shop.model.horizon_days if shop.model is not None and shop.model.usable else None


def _whole(said: str | None) -> int:
    return int(said) if said and said.isascii() and said.isdigit() and len(said) < 10 else 0


def _mark(mark: Mark) -> str:
    value = mark.value.isoformat() if isinstance(mark.value, datetime) else str(mark.value or "")
    return f"{value}~{mark.customer_id}"


def _read_mark(said: str, asked: Asked, visit: Visit) -> Mark:
    value, _tilde, number = said.rpartition("~")
    with suppress(ValueError, InvalidOperation):
        if not 0 <= int(number) < 2**63:
            raise ValueError(number)
        if not value:
            return Mark(None, int(number))
        read = Decimal(value) if asked.sort is Sort.VALUE else datetime.fromisoformat(value)
        if (isinstance(read, datetime) and read.tzinfo) or (isinstance(read, Decimal) and abs(read) < 2**50):
            return Mark(read, int(number))
    raise Rejected(visit.language._("The address of this page of the list is broken; open the list again."))


async def file(house: House, visit: Visit) -> Response:
    """All who are meant, as a table for other programs; streamed, whatever their number."""
    if not visit.may(CUSTOMERS):
        raise NotAllowed(
            visit.language._("Only people who may manage customers can save their data; ask whoever manages staff.")
        )
    asked = read_asked(visit.request.query_params)

    def wanted() -> Wanted:
        with house.database.read() as connection:
            return _wanted(connection, visit.shop, asked)

    table = _csv(house, visit, await anyio.to_thread.run_sync(wanted))
    headers = {"Content-Disposition": 'attachment; filename="customers.csv"', "Cache-Control": "no-store"}
    return StreamingResponse(table, media_type="text/csv; charset=utf-8", headers=headers)


def _csv(house: House, visit: Visit, wanted: Wanted) -> Iterator[str]:
    """A transaction a portion, so that no snapshot is held for as long as somebody downloads."""
    names = [
        "number",
        "user_id",
        "email",
        "first_name",
        "stage",
        "orders",
        "purchase_days",
        "first_order",
        "last_order",
        "spent",
        "currency",
        "unusual_silence_from",
        "chance_of_an_order",
        "within_days",
        "opted_out",
    ]
    yield _written([names])
    reached = 0
    while True:
        with house.database.read() as connection:
            people = customer_list.walk(connection, visit.shop, wanted, visit.now, reached)
        if not people:
            return
        reached = people[-1].customer_id
        yield _written([_cells(one, visit) for one in people])


def _cells(one: Customer, visit: Visit) -> list[str]:
    history, state = one.state.history, one.state
    chance = _line(one, visit).chance
    return [
        str(one.customer_id),
        state.user_id or "",
        _text(one.email or ""),
        _text(state.first_name),
        one.segment.value,
        str(history.orders),
        str(history.purchase_days),
        history.first_at.isoformat() if history.first_at else "",
        history.last_at.isoformat() if history.last_at else "",
        str(history.value) if history.value is not None else "",
        history.currency or "",
        one.turns.at_risk_from.isoformat() if one.turns.at_risk_from else "",
        f"{chance:.3f}" if chance is not None else "",
        str(_horizon(visit.shop) or ""),
        "yes" if state.consent.opted_out else "no",
    ]


def _text(said: str) -> str:
    """What a shopper wrote is text in every program."""
    return f"'{said}" if said.startswith(_FORMULAS) else said


def _written(rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


PAGE = Page(
    title="Customers",
    shows={PATH: show, **customer.SHOWS},
    parts={f"{PATH}/rows": rows, f"{PATH}/count": count, f"{PATH}/file": file, **customer.PARTS},
    actions=dict(customer.ACTIONS),
)

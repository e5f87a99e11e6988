"""Offers and codes: what was given, what became of it, and what it may still cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import urlencode

import anyio
from starlette.responses import Response

from admin_ui import words
from admin_ui.answers import part
from admin_ui.language import N_
from admin_ui.page import Page
from admin_ui.spreadsheet import spreadsheet
from admin_ui.visit import Visit
from plugin.domain.campaigns import Campaign
from plugin.errors import Rejected
from plugin.flow.budget_lines import Line, lines_of
from plugin.flow.house import House
from plugin.flow.revoke import revoke
from plugin.store import books, campaigns
from plugin.store.books import CodeTold
from plugin.store.codes import ALIVE, CodeStatus

PATH = "/admin/offers"
#: Codes on one page, and rows of a file that are read at once.
ROWS, CHUNK = 50, 2_000
STATUSES = {**words.CODES, CodeStatus.EXPIRED: N_("Expired")}
TONES = {
    CodeStatus.DRAWN: "neutral",
    CodeStatus.ISSUED: "info",
    CodeStatus.REDEEMED: "success",
    CodeStatus.WITHDRAWN: "warning",
    CodeStatus.EXPIRED: "neutral",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the list is shown, as its address says."""

    #: As it was typed.
    code: str = ""
    campaign: Campaign | None = None
    status: CodeStatus | None = None
    before: int | None = None
    after: int | None = None

    @property
    def filtered(self) -> bool:
        return bool(self.code or self.campaign or self.status)

    def query(self, **place: int) -> str:
        """Of the same filter, at another place."""
        said: dict[str, Any] = {"code": self.code, "campaign": self.campaign and self.campaign.campaign_id}
        said |= {"status": self.status, **place}
        return urlencode({name: value for name, value in said.items() if value})

    def path(self, **place: int) -> str:
        query = self.query(**place)
        return f"{PATH}?{query}" if query else PATH


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of the list, for the macro `pager`."""

    codes: Sequence[CodeTold]
    before: str
    after: str


async def show(house: House, visit: Visit, notice: str | None = None) -> Response:
    values = await anyio.to_thread.run_sync(_gather, house, visit)
    return part(visit, "offers.html", notice=notice, statuses=STATUSES, tones=TONES, alive=ALIVE, **values)


def _gather(house: House, visit: Visit) -> dict[str, Any]:
    with house.database.read() as connection:
        shop_id = visit.shop.shop_id
        known = campaigns.of_shop(connection, shop_id, house.tactics)
        asked = _asked(visit.request.query_params, known)
        if asked.code:
            listed = Listed(books.by_code(connection, shop_id, asked.code.upper()), "", "")
        else:
            listed = _listed(asked, _page(house, visit, known, asked, ROWS + 1))
        lines = lines_of(connection, visit.shop, house.tactics, visit.now)
    return {"asked": asked, "listed": listed, "campaigns": known, "money": _money(lines, known)}


def _asked(query: Mapping[str, str], known: Sequence[Campaign]) -> Asked:
    """What makes no sense is left out: nobody types it."""
    by_id = {str(campaign.campaign_id): campaign for campaign in known}
    status = query.get("status", "")
    return Asked(
        query.get("code", "").strip(),
        by_id.get(query.get("campaign", "")),
        CodeStatus(status) if status in set(CodeStatus) else None,
        _number(query.get("before", "")),
        _number(query.get("after", "")),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _page(house: House, visit: Visit, known: Sequence[Campaign], asked: Asked, most: int) -> Sequence[CodeTold]:
    """Codes of this page, and one more where there are more."""
    whose = [asked.campaign] if asked.campaign else known
    statuses = (
        None
        if asked.campaign is None and asked.status is None
        else [asked.status]
        if asked.status
        else list(CodeStatus)
    )
    with house.database.read() as connection:
        return books.page(
            connection,
            visit.shop.shop_id,
            most,
            of_campaigns=[campaign.campaign_id for campaign in whose],
            statuses=statuses,
            before=asked.before,
            after=asked.after,
        )


def _listed(asked: Asked, found: Sequence[CodeTold]) -> Listed:
    more = len(found) > ROWS
    upwards = asked.after is not None
    codes = found[-ROWS:] if upwards else found[:ROWS]
    newer = (more if upwards else asked.before is not None) and codes
    older = (True if upwards else more) and codes
    return Listed(
        codes,
        asked.path(after=codes[0].decision_id) if newer else "",
        asked.path(before=codes[-1].decision_id) if older else "",
    )


@dataclass(frozen=True, slots=True)
class Sums:
    #: None for all campaigns together.
    campaign: Campaign | None
    line: Line


def _money(lines: Sequence[Line], known: Sequence[Campaign]) -> list[Sums]:
    """What was given in the end, and what may still be, of all and of each campaign that gave something."""
    by_name = {campaign.name: campaign for campaign in known}
    given = [line for line in lines if line.period == "total" and (line.reserved or line.settled)]
    return [Sums(by_name[line.campaign] if line.campaign else None, line) for line in given]


async def figures(house: House, visit: Visit) -> Response:
    """How many codes stand how: all of them are counted, so the page does not wait for it."""
    counted = await anyio.to_thread.run_sync(_counted, house, visit)
    return part(visit, "offers/figures.html", statuses=STATUSES, **counted)


def _counted(house: House, visit: Visit) -> dict[str, Any]:
    with house.database.read() as connection:
        found = books.counts(connection, visit.shop.shop_id)
        known = campaigns.of_shop(connection, visit.shop.shop_id, house.tactics)
    counts = {(one.campaign_id, one.status): one.codes for one in found}
    totals = {status: sum(one.codes for one in found if one.status is status) for status in STATUSES}
    gave = [campaign for campaign in known if any(one.campaign_id == campaign.campaign_id for one in found)]
    return {"counts": counts, "totals": totals, "gave": gave}


async def take_back(house: House, visit: Visit) -> Response:
    code = (await visit.request.form()).get("code")
    if not isinstance(code, str) or not code:
        raise Rejected(visit.language._("The request does not say which code is meant; load the page again."))
    revoked = await anyio.to_thread.run_sync(revoke, house, visit.shop.shop_id, code)
    told = visit.language._("{code} is taken back.", code=revoked.code.code)
    if not revoked.changed:
        told = visit.language._("{code} had been taken back before.", code=revoked.code.code)
    elif revoked.waits:
        told = visit.language._(
            "{code} is taken back; Saleor hears of it once the app goes on.", code=revoked.code.code
        )
    return await show(house, visit, told)


async def as_file(house: House, visit: Visit) -> Response:
    """All codes of the filter, however many."""
    _ = visit.language._
    columns = (
        "Code",
        "Customer",
        "Campaign",
        "Offer",
        "Status",
        "Expires",
        "Currency",
        "May cost",
        "Has cost",
        "Order",
    )
    rows = await anyio.to_thread.run_sync(partial(_rows, house, visit))
    return spreadsheet("codes", [_(column) for column in columns], rows)


def _rows(house: House, visit: Visit) -> Iterator[Sequence[object]]:
    with house.database.read() as connection:
        known = campaigns.of_shop(connection, visit.shop.shop_id, house.tactics)
    asked = _asked(visit.request.query_params, known)
    return _walk(house, visit, known, asked)


def _walk(house: House, visit: Visit, known: Sequence[Campaign], asked: Asked) -> Iterator[Sequence[object]]:
    before: int | None = None
    while found := _page(house, visit, known, Asked("", asked.campaign, asked.status, before), CHUNK):
        for code in found:
            yield (
                code.code,
                code.customer_id,
                code.campaign,
                code.offer,
                visit.language._(STATUSES[code.status]),
                code.expires_at.isoformat(),
                code.currency,
                code.reserved,
                code.settled,
                code.order_id,
            )
        before = found[-1].decision_id


PAGE = Page(
    title="Offers",
    shows={PATH: show},
    parts={f"{PATH}/figures": figures, f"{PATH}/codes.csv": as_file},
    actions={f"{PATH}/revoke": take_back},
)

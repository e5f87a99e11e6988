"""Why they leave: the daily report's signals, cohorts, gaps and groups, each with its table and a file of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
from starlette.responses import Response

from admin_ui.answers import part
from admin_ui.page import Page
from admin_ui.spreadsheet import spreadsheet
from admin_ui.visit import Visit
from plugin.errors import NotFound
from plugin.flow.house import House
from plugin.flow.report import VERSION
from plugin.report.charts import charts
from plugin.report.section import Section
from plugin.report.sections import sections
from plugin.store import reports
from plugin.store.reports import Report

#: Of the report's sections, in the order of this page.
SHOWN = ("indicators", "cohorts", "gaps", "retention", "risk", "stages", "rfm", "bright_spots")
#: Rows of a table that stand on the page; the file has all.
ROWS = 50


@dataclass(frozen=True, slots=True)
class Part:
    section: Section
    drawn: Sequence[Mapping[str, Any]]


async def show(house: House, visit: Visit) -> Response:
    report = await anyio.to_thread.run_sync(_latest, house, visit)
    return part(
        visit,
        "leaving.html",
        notice=None,
        report=report,
        parts=[] if report is None else _parts(report, visit),
        rows=ROWS,
    )


def _latest(house: House, visit: Visit) -> Report | None:
    """None where there is none of this version yet."""
    with house.database.read() as connection:
        found = reports.latest(connection, visit.shop.shop_id)
    return found if found is not None and found.body["version"] == VERSION else None


def _parts(report: Report, visit: Visit) -> list[Part]:
    found = {section.key: section for section in sections(report.body)}
    drawn = visit.language.said_in(charts(report.body), visit.zone)
    return [Part(found[key], drawn.get(key, ())) for key in SHOWN if key in found]


async def as_file(house: House, visit: Visit) -> Response:
    """One table of the report: `/admin/leaving/cohorts.csv`, and `…/rfm-2.csv` for a section's second."""
    asked, _, number = str(visit.request.path_params["table"]).partition("-")
    report = await anyio.to_thread.run_sync(_latest, house, visit)
    tables = {one.section.key: one.section.tables for one in (_parts(report, visit) if report else ())}.get(asked, ())
    place = int(number) - 1 if number.isascii() and number.isdigit() and len(number) < 3 else 0
    if not 0 <= place < len(tables):
        raise NotFound(visit.language._("There is no such table in the report; load the page again."))
    table = tables[place]
    columns, rows = visit.language.said_in((table.columns, table.rows), visit.zone)
    return spreadsheet(f"{asked}-{place + 1}" if place else asked, columns, rows)


PAGE = Page(
    title="Why they leave",
    shows={"/admin/leaving": show},
    parts={"/admin/leaving/{table}.csv": as_file},
)

"""The shop's numbers as they were last worked out: one report a shop."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from plugin.domain.phrases import read_stored_in, stored_in
from plugin.store.schema import reports
from plugin.store.statements import insert


@dataclass(frozen=True, slots=True)
class Report:
    made_at: datetime
    #: As `plugin.flow.report` makes it: plain JSON.
    body: Mapping[str, Any]


def save(connection: Connection, shop_id: int, body: Mapping[str, Any], made_at: datetime) -> None:
    """In place of the one before."""
    values = {"made_at": made_at, "body": stored_in(body)}
    statement = insert(connection, reports).values(shop_id=shop_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_=values))


def latest(connection: Connection, shop_id: int) -> Report | None:
    row = connection.execute(
        select(reports.c.made_at, reports.c.body).where(reports.c.shop_id == shop_id)
    ).one_or_none()
    return None if row is None else Report(row.made_at, read_stored_in(row.body))


def made_at(connection: Connection, shop_id: int, version: int) -> datetime | None:
    """When the report was made; None where there is none of this version."""
    statement = select(reports.c.made_at).where(
        reports.c.shop_id == shop_id, reports.c.body["version"].as_integer() == version
    )
    return connection.execute(statement).scalar_one_or_none()

"""Who set what of a shop, and when: kept for good, the latest of each name shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from plugin.store.schema import guardrail_versions, setting_edits

GUARDRAILS = "guardrails"


@dataclass(frozen=True, slots=True)
class Edit:
    who: str
    at: datetime


def keep(connection: Connection, shop_id: int, name: str, said: Any, who: str, now: datetime) -> None:
    """said: JSON."""
    row = {"shop_id": shop_id, "name": name, "said": said, "edited_by": who, "edited_at": now}
    connection.execute(setting_edits.insert().values(row))


def latest(connection: Connection, shop_id: int) -> Mapping[str, Edit]:
    """Name → who set it last; of the guardrails, too."""
    newest = select(func.max(setting_edits.c.id)).where(setting_edits.c.shop_id == shop_id)
    chosen = setting_edits.c.id.in_(newest.group_by(setting_edits.c.name).scalar_subquery())
    rows = select(setting_edits.c.name, setting_edits.c.edited_by, setting_edits.c.edited_at).where(chosen)
    found = {name: Edit(who, at) for name, who, at in connection.execute(rows)}
    table = guardrail_versions
    last = select(table.c.edited_by, table.c.edited_at).where(table.c.shop_id == shop_id).order_by(table.c.id.desc())
    row = connection.execute(last.limit(1)).first()
    return found if row is None else {**found, GUARDRAILS: Edit(*row)}

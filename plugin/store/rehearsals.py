"""What campaigns would do, or would have done, as it was last worked out beside; one of each kind a campaign."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, select, update

from plugin.domain.phrases import phrase, read_stored_in, stored_in
from plugin.errors import Rejected
from plugin.store.schema import campaigns, rehearsals
from plugin.store.statements import insert

#: A process that was not heard of for so long is taken to have ended.
SILENCE = timedelta(seconds=60)
#: What was found is shown for so long, if the campaign is not edited before.
KEPT = timedelta(days=1)


class Kind(StrEnum):
    REPLAY = "replay"
    DRY_RUN = "dry_run"


@dataclass(frozen=True, slots=True)
class Rehearsal:
    campaign_id: int
    kind: Kind
    version: int
    asked_by: str
    asked_at: datetime
    heard_at: datetime
    #: What is being done, how much of it is done, and how much there is.
    step: str
    done: int
    total: int
    ended_at: datetime | None
    body: Mapping[str, Any] | None
    error: str

    def running(self, now: datetime) -> bool:
        return self.ended_at is None and now - self.heard_at < SILENCE

    def broke_off(self, now: datetime) -> bool:
        """It neither ended nor is anybody at it."""
        return self.ended_at is None and not self.running(now)

    def holds(self, version: int, now: datetime) -> bool:
        """It still says something of this version of the campaign."""
        return self.version == version and now - self.asked_at < KEPT


def begin(
    connection: Connection, shop_id: int, campaign_id: int, kind: Kind, version: int, who: str, now: datetime
) -> None:
    """In place of the one before. Raises `Rejected` where the shop has one that runs: they take a machine's strength."""
    open_ones = (
        select(campaigns.c.name)
        .join(rehearsals, rehearsals.c.campaign_id == campaigns.c.id)
        .where(rehearsals.c.shop_id == shop_id, rehearsals.c.ended_at.is_(None), rehearsals.c.heard_at > now - SILENCE)
    )
    if (name := connection.execute(open_ones).scalars().first()) is not None:
        raise Rejected(phrase("“{name}” is being worked out; wait until that is done, then ask again.", name=name))
    values = {
        "shop_id": shop_id,
        "version": version,
        "asked_by": who,
        "asked_at": now,
        "heard_at": now,
        "step": "",
        "done": 0,
        "total": 0,
        "ended_at": None,
        "body": None,
        "error": "",
    }
    statement = insert(connection, rehearsals).values(campaign_id=campaign_id, kind=kind.value, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["campaign_id", "kind"], set_=values))


def hear(
    connection: Connection, shop_id: int, mine: Rehearsal, step: str, done: int, total: int, now: datetime
) -> None:
    """Whoever works it out is at it."""
    values = {"heard_at": now, "step": step, "done": done, "total": total}
    connection.execute(update(rehearsals).where(_same(shop_id, mine), rehearsals.c.ended_at.is_(None)).values(values))


def end(
    connection: Connection,
    shop_id: int,
    mine: Rehearsal,
    now: datetime,
    body: Mapping[str, Any] | None = None,
    error: str = "",
) -> None:
    """With what was found, or why nothing was; one that was asked for later is left alone."""
    values = {"ended_at": now, "heard_at": now, "body": None if body is None else stored_in(body), "error": error}
    connection.execute(update(rehearsals).where(_same(shop_id, mine), rehearsals.c.ended_at.is_(None)).values(values))


def of_campaign(connection: Connection, shop_id: int, campaign_id: int) -> dict[Kind, Rehearsal]:
    statement = select(rehearsals).where(rehearsals.c.shop_id == shop_id, rehearsals.c.campaign_id == campaign_id)
    return {
        Kind(row.kind): Rehearsal(
            row.campaign_id,
            Kind(row.kind),
            row.version,
            row.asked_by,
            row.asked_at,
            row.heard_at,
            row.step,
            row.done,
            row.total,
            row.ended_at,
            None if row.body is None else read_stored_in(row.body),
            row.error,
        )
        for row in connection.execute(statement)
    }


def erase(connection: Connection, shop_id: int) -> None:
    """All of the shop: somebody is erased, whom examples may name."""
    connection.execute(delete(rehearsals).where(rehearsals.c.shop_id == shop_id))


def _same(shop_id: int, mine: Rehearsal) -> ColumnElement[bool]:
    return (
        (rehearsals.c.shop_id == shop_id)
        & (rehearsals.c.campaign_id == mine.campaign_id)
        & (rehearsals.c.kind == mine.kind.value)
        & (rehearsals.c.asked_at == mine.asked_at)
    )

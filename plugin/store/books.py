"""Codes and their money as people read them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import product
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from plugin.store.budgets import Part, Standing
from plugin.store.codes import CodeStatus
from plugin.store.schema import campaigns, codes, orders, reservations


@dataclass(frozen=True, slots=True)
class CodeTold:
    #: By which codes are in order: the latest has the highest.
    decision_id: int
    code: str
    customer_id: int
    campaign: str
    status: CodeStatus
    expires_at: datetime
    #: None where nothing was ever expected of it: a trial.
    currency: str | None
    #: What it may still cost, and what it did.
    reserved: Decimal
    settled: Decimal
    #: Saleor's id of the order that used it.
    order_id: str | None
    #: What was promised with it, as people read it; empty where nobody has written that down.
    offer: str = ""
    campaign_id: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """Codes of one campaign that stand so."""

    campaign_id: int
    status: CodeStatus
    codes: int


_BOOKED = and_(
    reservations.c.shop_id == codes.c.shop_id,
    reservations.c.decision_id == codes.c.decision_id,
    reservations.c.part == Part.GIFT.value,
)
_TOLD = (
    select(
        codes,
        campaigns.c.name.label("campaign"),
        reservations.c.currency,
        reservations.c.reserved,
        reservations.c.settled,
        reservations.c.status.label("standing"),
    )
    .join(campaigns, campaigns.c.id == codes.c.campaign_id)
    .outerjoin(reservations, _BOOKED)
)


@dataclass(frozen=True, slots=True)
class BroughtIn:
    """Orders that used a campaign's codes, in one currency."""

    currency: str
    orders: int
    total: Decimal


def brought_in(connection: Connection, shop_id: int, campaign_id: int) -> list[BroughtIn]:
    """Of the orders that count; how many of them would have come anyway, only a control group tells."""
    statement = (
        select(orders.c.currency, func.count(), func.sum(orders.c.total))
        .join(codes, and_(codes.c.shop_id == orders.c.shop_id, codes.c.order_id == orders.c.order_id))
        .where(codes.c.shop_id == shop_id, codes.c.campaign_id == campaign_id, orders.c.counts)
        .group_by(orders.c.currency)
        .order_by(orders.c.currency)
    )
    return [BroughtIn(currency, number, total) for currency, number, total in connection.execute(statement)]


def latest_codes(
    connection: Connection,
    shop_id: int,
    limit: int,
    *,
    campaign: str | None = None,
    customer_id: int | None = None,
    status: CodeStatus | None = None,
) -> Sequence[CodeTold]:
    """Those drawn last first."""
    statement = _TOLD.where(codes.c.shop_id == shop_id).order_by(codes.c.decision_id.desc()).limit(limit)
    if campaign is not None:
        statement = statement.where(campaigns.c.name == campaign)
    if customer_id is not None:
        statement = statement.where(codes.c.customer_id == customer_id)
    if status is not None:
        statement = statement.where(codes.c.status == status.value)
    return _told(connection, statement)


def page(
    connection: Connection,
    shop_id: int,
    limit: int,
    *,
    of_campaigns: Iterable[int],
    statuses: Iterable[CodeStatus] | None = None,
    before: int | None = None,
    after: int | None = None,
) -> Sequence[CodeTold]:
    """Those drawn last first: the next so many before that decision, or the nearest after it.

    of_campaigns: whose codes are meant. statuses: None for all of every campaign; else each pair of campaign
    and status is read by itself along the index, and the first of them all are taken.
    """
    if statuses is None:
        found = _told(connection, _part(shop_id, limit, before, after))
    else:
        found = [
            code
            for campaign_id, status in product(of_campaigns, statuses)
            for code in _told(
                connection,
                _part(shop_id, limit, before, after).where(
                    codes.c.campaign_id == campaign_id, codes.c.status == status.value
                ),
            )
        ]
    upwards = after is not None
    nearest = sorted(found, key=attrgetter("decision_id"), reverse=not upwards)[:limit]
    return nearest[::-1] if upwards else nearest


def by_code(connection: Connection, shop_id: int, code: str) -> Sequence[CodeTold]:
    """The one there is, or none."""
    return _told(connection, _TOLD.where(codes.c.shop_id == shop_id, codes.c.code == code))


def counts(connection: Connection, shop_id: int) -> list[Count]:
    """Read from the index alone."""
    by = (codes.c.campaign_id, codes.c.status)
    statement = select(*by, func.count()).where(codes.c.shop_id == shop_id).group_by(*by)
    return [Count(campaign, CodeStatus(status), number) for campaign, status, number in connection.execute(statement)]


def _part(shop_id: int, limit: int, before: int | None, after: int | None) -> Select[Any]:
    statement = _TOLD.where(codes.c.shop_id == shop_id).limit(limit)
    if after is not None:
        return statement.where(codes.c.decision_id > after).order_by(codes.c.decision_id)
    if before is not None:
        statement = statement.where(codes.c.decision_id < before)
    return statement.order_by(codes.c.decision_id.desc())


def _told(connection: Connection, statement: Select[Any]) -> list[CodeTold]:
    return [
        CodeTold(
            row.decision_id,
            row.code,
            row.customer_id,
            row.campaign,
            CodeStatus(row.status),
            row.expires_at,
            row.currency,
            row.reserved if row.standing == Standing.RESERVED.value else Decimal(0),
            row.settled if row.standing == Standing.SETTLED.value else Decimal(0),
            row.order_id,
            row.offer.label if row.offer else "",
            row.campaign_id,
        )
        for row in connection.execute(statement)
    ]

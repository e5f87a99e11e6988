"""Codes and their money as people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, and_, select

from plugin.store.budgets import Standing
from plugin.store.codes import CodeStatus
from plugin.store.schema import campaigns, codes, reservations


@dataclass(frozen=True, slots=True)
class CodeTold:
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
    booked = and_(reservations.c.shop_id == codes.c.shop_id, reservations.c.decision_id == codes.c.decision_id)
    statement = (
        select(
            codes,
            campaigns.c.name.label("campaign"),
            reservations.c.currency,
            reservations.c.reserved,
            reservations.c.settled,
            reservations.c.status.label("standing"),
        )
        .join(campaigns, campaigns.c.id == codes.c.campaign_id)
        .outerjoin(reservations, booked)
        .where(codes.c.shop_id == shop_id)
        .order_by(codes.c.decision_id.desc())
        .limit(limit)
    )
    if campaign is not None:
        statement = statement.where(campaigns.c.name == campaign)
    if customer_id is not None:
        statement = statement.where(codes.c.customer_id == customer_id)
    if status is not None:
        statement = statement.where(codes.c.status == status.value)
    return [
        CodeTold(
            row.code,
            row.customer_id,
            row.campaign,
            CodeStatus(row.status),
            row.expires_at,
            row.currency,
            row.reserved if row.standing == Standing.RESERVED.value else Decimal(0),
            row.settled if row.standing == Standing.SETTLED.value else Decimal(0),
            row.order_id,
        )
        for row in connection.execute(statement)
    ]

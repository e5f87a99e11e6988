"""What the Dashboard's own pages show beside an order, a voucher, and the whole shop."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, func, select

from plugin.domain.offers import Offer
from plugin.store import budgets
from plugin.store.budgets import ALL, Standing
from plugin.store.codes import CodeStatus, VoucherStatus
from plugin.store.schema import campaigns, codes, decisions, orders, reservations, vouchers


@dataclass(frozen=True, slots=True)
class OrderGlance:
    customer_id: int
    number: str
    voucher_code: str | None
    #: Of a code of ours: the campaign that gave it, what it gave, to whom, why and when.
    campaign: str | None
    offer: Offer | None
    given_to: int | None
    reason: str | None
    given_at: datetime | None


@dataclass(frozen=True, slots=True)
class VoucherGlance:
    campaign: str | None
    version: int
    expires_at: datetime
    status: VoucherStatus
    codes: Mapping[CodeStatus, int]
    offer: Offer | None
    #: By currency: what codes that are out may still cost, and what used ones did cost.
    liability: Mapping[str, Decimal]
    given: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Sold:
    """Orders that were made with codes of ours."""

    currency: str
    orders: int
    total: Decimal


def order(connection: Connection, shop_id: int, order_id: str) -> OrderGlance | None:
    """None for an order that is not known here."""
    statement = (
        select(
            orders.c.customer_id,
            orders.c.number,
            orders.c.voucher_code,
            campaigns.c.name,
            codes.c.offer,
            codes.c.customer_id.label("given_to"),
            decisions.c.reason,
            decisions.c.decided_at,
        )
        .outerjoin(codes, (codes.c.shop_id == orders.c.shop_id) & (codes.c.code == orders.c.voucher_code))
        .outerjoin(campaigns, campaigns.c.id == codes.c.campaign_id)
        .outerjoin(decisions, decisions.c.id == codes.c.decision_id)
        .where(orders.c.shop_id == shop_id, orders.c.order_id == order_id)
    )
    row = connection.execute(statement).one_or_none()
    return None if row is None else OrderGlance(*row)


def voucher(connection: Connection, shop_id: int, voucher_id: str) -> VoucherGlance | None:
    """By Saleor's id; None for a voucher that is not ours."""
    statement = (
        select(vouchers, campaigns.c.name)
        .outerjoin(campaigns, campaigns.c.id == vouchers.c.campaign_id)
        .where(vouchers.c.shop_id == shop_id, vouchers.c.voucher_id == voucher_id)
    )
    row = connection.execute(statement).first()
    if row is None:
        return None
    money = _money(connection, shop_id, row.id)
    return VoucherGlance(
        row.name,
        row.campaign_version,
        row.expires_at,
        VoucherStatus(row.status),
        _statuses(connection, row.id),
        connection.execute(select(codes.c.offer).where(codes.c.voucher == row.id).limit(1)).scalar_one_or_none(),
        money[Standing.RESERVED],
        money[Standing.SETTLED],
    )


def _statuses(connection: Connection, row_id: int) -> dict[CodeStatus, int]:
    statement = select(codes.c.status, func.count()).where(codes.c.voucher == row_id).group_by(codes.c.status)
    return {CodeStatus(status): number for status, number in connection.execute(statement)}


def _money(connection: Connection, shop_id: int, row_id: int) -> dict[Standing, dict[str, Decimal]]:
    """What counts of each standing, by currency."""
    table = reservations
    statement = (
        select(table.c.status, table.c.currency, func.sum(table.c.reserved), func.sum(table.c.settled))
        .select_from(codes)
        .join(table, (table.c.shop_id == shop_id) & (table.c.decision_id == codes.c.decision_id))
        .where(codes.c.voucher == row_id)
        .group_by(table.c.status, table.c.currency)
    )
    found: dict[Standing, dict[str, Decimal]] = {standing: {} for standing in Standing}
    for status, currency, reserved, settled in connection.execute(statement):
        found[Standing(status)][currency] = settled if status == Standing.SETTLED.value else reserved
    return found


def sold_with_codes(connection: Connection, shop_id: int, since: datetime) -> list[Sold]:
    """Orders whose codes were used since then, by currency."""
    statement = (
        select(orders.c.currency, func.count(), func.sum(orders.c.total))
        .select_from(codes)
        .join(orders, (orders.c.shop_id == codes.c.shop_id) & (orders.c.order_id == codes.c.order_id))
        .where(codes.c.shop_id == shop_id, codes.c.redeemed_at >= since, orders.c.counts)
        .group_by(orders.c.currency)
        .order_by(orders.c.currency)
    )
    return [Sold(*row) for row in connection.execute(statement)]


def given(connection: Connection, shop_id: int, today: date, days: int) -> dict[str, Decimal]:
    """By currency, what gifts that were decided in the last so many days did cost so far."""
    periods: Sequence[str] = [(today - timedelta(days=ago)).isoformat() for ago in range(days)]
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for spent in budgets.totals(connection, shop_id, periods):
        if spent.campaign_id == ALL:
            sums[spent.currency] += spent.settled
    return dict(sums)

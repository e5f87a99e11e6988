"""What happened with one customer, the newest first: from each table so much of it as a page needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from sqlalchemy import Connection, select

from plugin.domain.decide import Outcome
from plugin.domain.deeds import Deed
from plugin.domain.offers import Offer
from plugin.domain.tactic import TriggerKind
from plugin.store.said import Sent, Shown, sent, shown
from plugin.store.schema import campaigns, codes, decisions, front_events, fulfilments, orders

#: The latest of a customer's orders, among which parcels are looked for.
ORDERS_WITH_PARCELS = 500


@dataclass(frozen=True, slots=True)
class Ordered:
    at: datetime
    key: str
    number: str
    total: Decimal
    currency: str
    status: str
    counts: bool
    refunded: Decimal
    voucher_code: str | None
    #: The campaign whose code that is; None for a code of somebody else's.
    campaign: str | None


@dataclass(frozen=True, slots=True)
class Parcel:
    at: datetime
    key: str
    number: str
    status: str
    tracking_number: str


@dataclass(frozen=True, slots=True)
class Decided:
    at: datetime
    key: str
    campaign: str
    outcome: Outcome
    reason: str
    trial: bool
    #: What was given.
    code: str | None
    offer: Offer | None


@dataclass(frozen=True, slots=True)
class Did:
    at: datetime
    key: str
    deed: Deed
    #: Of what was shown; None for a product, and for a campaign that is no more.
    campaign: str | None
    #: Saleor's id.
    product: str | None


Happening: TypeAlias = Ordered | Parcel | Decided | Shown | Sent | Did


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: at this moment, after so many that happened at the same one."""

    at: datetime
    skip: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    happenings: Sequence[Happening]
    #: Where the next one begins; None where there is no more.
    after: Place | None


def page(connection: Connection, shop_id: int, customer_id: int, place: Place, size: int) -> Page:
    most = place.skip + size + 1
    asked = (connection, shop_id, customer_id, place.at, most)
    found: list[Happening] = [
        *_orders(*asked),
        *_parcels(*asked),
        *_decisions(*asked),
        *shown(*asked),
        *sent(*asked),
        *_deeds(*asked),
    ]
    found.sort(key=lambda one: (one.at, type(one).__name__, one.key), reverse=True)
    rest = found[place.skip :]
    these = rest[:size]
    if len(rest) <= size:
        return Page(these, None)
    last = these[-1].at
    before = place.skip if last == place.at else 0
    return Page(these, Place(last, before + sum(one.at == last for one in these)))


def _orders(connection: Connection, shop_id: int, customer_id: int, at: datetime, most: int) -> list[Ordered]:
    statement = (
        select(orders, campaigns.c.name)
        .outerjoin(codes, (codes.c.shop_id == orders.c.shop_id) & (codes.c.code == orders.c.voucher_code))
        .outerjoin(campaigns, campaigns.c.id == codes.c.campaign_id)
        .where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id, orders.c.placed_at <= at)
        .order_by(orders.c.placed_at.desc(), orders.c.order_id.desc())
        .limit(most)
    )
    return [
        Ordered(
            row.placed_at,
            row.order_id,
            row.number,
            row.total,
            row.currency,
            row.status,
            row.counts,
            row.refunded,
            row.voucher_code,
            row.name,
        )
        for row in connection.execute(statement)
    ]


def _parcels(connection: Connection, shop_id: int, customer_id: int, at: datetime, most: int) -> list[Parcel]:
    """In two steps: without statistics SQLite would begin a join with all parcels of the shop."""
    latest = (
        select(orders.c.order_id, orders.c.number)
        .where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id, orders.c.placed_at <= at)
        .order_by(orders.c.placed_at.desc())
        .limit(ORDERS_WITH_PARCELS)
    )
    numbers = {row.order_id: row.number for row in connection.execute(latest)}
    if not numbers:
        return []
    statement = (
        select(fulfilments)
        .where(fulfilments.c.shop_id == shop_id, fulfilments.c.order_id.in_(numbers), fulfilments.c.created_at <= at)
        .order_by(fulfilments.c.created_at.desc(), fulfilments.c.fulfilment_id.desc())
        .limit(most)
    )
    return [
        Parcel(row.created_at, row.fulfilment_id, numbers[row.order_id], row.status, row.tracking_number)
        for row in connection.execute(statement)
    ]


def _decisions(connection: Connection, shop_id: int, customer_id: int, at: datetime, most: int) -> list[Decided]:
    statement = (
        select(decisions, campaigns.c.name, codes.c.code, codes.c.offer)
        .join(campaigns, campaigns.c.id == decisions.c.campaign_id)
        .outerjoin(codes, (codes.c.shop_id == decisions.c.shop_id) & (codes.c.decision_id == decisions.c.id))
        .where(decisions.c.shop_id == shop_id, decisions.c.customer_id == customer_id, decisions.c.decided_at <= at)
        .order_by(decisions.c.decided_at.desc(), decisions.c.id.desc())
        .limit(most)
    )
    return [
        Decided(
            row.decided_at,
            f"{row.id:020}",
            row.name,
            Outcome(row.outcome),
            row.reason,
            row.trigger == TriggerKind.TRIAL.value,
            row.code,
            row.offer,
        )
        for row in connection.execute(statement)
    ]


def _deeds(connection: Connection, shop_id: int, customer_id: int, at: datetime, most: int) -> list[Did]:
    statement = (
        select(front_events)
        .where(front_events.c.customer_id == customer_id, front_events.c.shop_id == shop_id, front_events.c.at <= at)
        .order_by(front_events.c.at.desc(), front_events.c.key.desc())
        .limit(most)
    )
    rows = connection.execute(statement).all()
    named = _named(connection, shop_id, {row.content for row in rows})
    return [Did(row.at, bytes(row.key).hex(), Deed(row.deed), named.get(row.content), row.product) for row in rows]


def _named(connection: Connection, shop_id: int, contents: set[str | None]) -> dict[str, str]:
    """What is told back names a campaign by its number (storefront.content)."""
    numbers = [int(one) for one in contents if one is not None and one.isdecimal() and len(one) < 19]
    if not numbers:
        return {}
    statement = select(campaigns.c.id, campaigns.c.name).where(campaigns.c.shop_id == shop_id)
    return {str(row.id): row.name for row in connection.execute(statement.where(campaigns.c.id.in_(numbers)))}


def contacts(connection: Connection, shop_id: int, customer_id: int, at: datetime, size: int) -> list[Happening]:
    """The latest of what the shop said to this customer: decisions, what was shown and what was sent."""
    asked = (connection, shop_id, customer_id, at, size)
    found: list[Happening] = [*_decisions(*asked), *shown(*asked), *sent(*asked)]
    return sorted(found, key=lambda one: (one.at, one.key), reverse=True)[:size]

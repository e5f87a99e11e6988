"""What a replay reads of the past: every order once to learn from, and every customer once to walk with."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, func, or_, select

from plugin.domain.fields import BoughtLine
from plugin.domain.guardrails import Suppression
from plugin.domain.ledger import CANCELLED
from plugin.domain.messages import Purpose
from plugin.domain.parcels import Shipment
from plugin.domain.replay_values import MESSAGE_LASTS, Begun, Buyer, Reach, Remembered, Spell
from plugin.domain.tactic import TriggerKind
from plugin.store import suppressions
from plugin.store.codes import CodeStatus
from plugin.store.customers import Customer, read_customer
from plugin.store.parcels import parts_of
from plugin.store.schema import codes, customers, decisions, messages, order_lines, orders
from plugin.store.suppressions import Listed

#: Customers of one page.
PAGE = 200
#: Entries of the list of those who get nothing that are looked at, the latest first.
MOST_LISTED = 1_000_000
#: Of orders from a file, whose buyers are found by their e-mail alone.
FROM_FILE = "import"
#: Also those that counted before they were cancelled.
_COUNTED = or_(orders.c.counts, orders.c.status == CANCELLED)


@dataclass(frozen=True, slots=True)
class Redeemed:
    """Of codes of ours that have run their time, and of orders."""

    used: int
    of: int


def learnt_from(connection: Connection, shop_id: int, every: int) -> Iterator[tuple[Any, ...]]:
    """`seasons.Placed` of every so manieth customer, one after the other, oldest first; read in portions."""
    names = ("customer_id", "placed_at", "updated_at", "counts", "currency", "total", "shipping", "refunded")
    statement = (
        select(*(orders.c[name] for name in names), orders.c.voucher_code.is_not(None), orders.c["items"])
        .where(orders.c.shop_id == shop_id, _COUNTED, orders.c.customer_id % every == 0)
        .order_by(orders.c.customer_id, orders.c.placed_at)
    )
    for row in connection.execute(statement, execution_options={"yield_per": 5_000}):
        yield tuple(row)


def customers_before(connection: Connection, shop_id: int, moment: datetime) -> int:
    """How many had ordered before that moment."""
    statement = select(func.count(orders.c.customer_id.distinct())).where(
        orders.c.shop_id == shop_id, orders.c.placed_at < moment, _COUNTED
    )
    return int(connection.execute(statement).scalar_one())


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of customers only where a campaign looks at it."""

    lines: bool = False
    parcels: bool = False
    #: Messages that were really sent to them.
    messages: bool = False
    #: Of the customers of a page: customer's id → their baskets, and by what they may be written to.
    baskets: Callable[[Sequence[Customer]], Mapping[int, Sequence[Begun]]] = lambda _: {}
    reach: Callable[[Sequence[Customer]], Mapping[int, tuple[Reach, Reach]]] = lambda _: {}


def buyers(connection: Connection, shop_id: int, pepper: str, wanted: Wanted) -> Iterator[list[Buyer]]:
    """Every customer, in pages."""
    listed = {entry.subject: entry for entry in suppressions.listed(connection, shop_id, MOST_LISTED)}
    reached = 0
    while True:
        statement = (
            select(customers).where(customers.c.shop_id == shop_id, customers.c.id > reached).order_by(customers.c.id)
        )
        people = [read_customer(row) for row in connection.execute(statement.limit(PAGE))]
        if not people:
            return
        first, reached = people[0].customer_id, people[-1].customer_id
        bought = _orders(connection, shop_id, first, reached, parcels=wanted.parcels)
        spells = _spells(connection, shop_id, first, reached)
        if wanted.messages:
            spells = _with_messages(connection, shop_id, first, reached, spells)
        bought_lines = _lines(connection, shop_id, first, reached) if wanted.lines else {}
        baskets, reach = wanted.baskets(people), wanted.reach(people)
        yield [
            Buyer(
                person.state,
                bought.get(person.customer_id, ()),
                spells.get(person.customer_id, ()),
                _barred(listed, _subjects(pepper, person) if listed else ()),
                bought_lines.get(person.customer_id, {}),
                baskets.get(person.customer_id, ()),
                reach.get(person.customer_id),
            )
            for person in people
        ]


def _subjects(pepper: str, person: Customer) -> list[bytes]:
    return suppressions.subjects_of(pepper, person.customer_id, person.email, person.state.user_id)


def _barred(listed: Mapping[bytes, Listed], subjects: Iterable[bytes]) -> list[tuple[datetime, Suppression]]:
    entries = (listed[subject] for subject in subjects if subject in listed)
    return [(entry.added_at, Suppression(entry.reason, entry.until)) for entry in entries]


def _lines(connection: Connection, shop_id: int, first: int, last: int) -> dict[int, dict[str, list[BoughtLine]]]:
    columns = ("name", "product_id", "product_type", "sku", "collections", "variant_id")
    statement = (
        select(orders.c.customer_id, orders.c.order_id, orders.c.placed_at, *(order_lines.c[name] for name in columns))
        .join(order_lines, (order_lines.c.shop_id == orders.c.shop_id) & (order_lines.c.order_id == orders.c.order_id))
        .where(orders.c.shop_id == shop_id, orders.c.customer_id.between(first, last), _COUNTED)
    )
    found: dict[int, dict[str, list[BoughtLine]]] = {}
    for customer_id, order_id, *line in connection.execute(statement):
        found.setdefault(customer_id, {}).setdefault(order_id, []).append(BoughtLine(*line))
    return found


def _orders(
    connection: Connection, shop_id: int, first: int, last: int, *, parcels: bool
) -> dict[int, Sequence[Remembered]]:
    statement = (
        select(
            orders.c.customer_id,
            orders.c.order_id,
            orders.c.counts,
            orders.c.user_id,
            orders.c.currency,
            orders.c.total,
            orders.c.shipping,
            orders.c.refunded,
            orders.c.placed_at,
            orders.c.updated_at,
            orders.c.voucher_code,
            orders.c["items"].label("items_"),
            orders.c.channel,
            orders.c.country,
            orders.c.number,
            orders.c.status,
            orders.c.ships,
            orders.c.promised_days,
        )
        .where(orders.c.shop_id == shop_id, orders.c.customer_id.between(first, last), _COUNTED)
        .order_by(orders.c.customer_id, orders.c.placed_at, orders.c.order_id)
    )
    rows = connection.execute(statement).all()
    shipped = [row.order_id for row in rows if parcels and row.ships]
    parts = parts_of(connection, shop_id, shipped)
    shipments = {
        row.order_id: Shipment(row.status, row.promised_days, tuple(parts.get(row.order_id, ())))
        for row in rows
        if parcels and row.ships
    }
    return {
        whose: [_remembered(row, shipments.get(row.order_id)) for row in theirs]
        for whose, theirs in groupby(rows, key=lambda row: row.customer_id)
    }


def _remembered(row: Any, shipment: Shipment | None) -> Remembered:
    return Remembered(
        row.order_id,
        row.counts,
        True,
        row.user_id,
        row.currency,
        row.total,
        row.shipping,
        row.refunded,
        row.placed_at,
        row.updated_at,
        row.voucher_code,
        row.items_,
        row.channel,
        row.country,
        imported=row.channel == FROM_FILE,
        number=row.number,
        shipment=shipment,
    )


#: What a customer held, whatever became of it.
_REACHED = (CodeStatus.ISSUED.value, CodeStatus.REDEEMED.value, CodeStatus.EXPIRED.value)


def _spells(connection: Connection, shop_id: int, first: int, last: int) -> dict[int, Sequence[Spell]]:
    statement = (
        select(codes.c.customer_id, codes.c.drawn_at, codes.c.expires_at)
        .where(codes.c.shop_id == shop_id, codes.c.customer_id.between(first, last))
        .where(codes.c.status.in_(_REACHED))
        .order_by(codes.c.customer_id, codes.c.drawn_at)
    )
    return {
        whose: [Spell(row.drawn_at, row.expires_at) for row in rows]
        for whose, rows in groupby(connection.execute(statement), key=lambda row: row.customer_id)
    }


def _with_messages(
    connection: Connection, shop_id: int, first: int, last: int, spells: Mapping[int, Sequence[Spell]]
) -> dict[int, Sequence[Spell]]:
    """And messages that persuade, each for the days in which an order may be due to it."""
    statement = select(messages.c.customer_id, messages.c.sent_at).where(
        messages.c.shop_id == shop_id,
        messages.c.customer_id.between(first, last),
        messages.c.sent_at.is_not(None),
        messages.c.purpose == Purpose.MARKETING.value,
    )
    found = {whose: list(theirs) for whose, theirs in spells.items()}
    for customer_id, sent_at in connection.execute(statement):
        found.setdefault(customer_id, []).append(Spell(sent_at, sent_at + MESSAGE_LASTS))
    return {**found}


def codes_used(connection: Connection, shop_id: int, now: datetime) -> Redeemed:
    """Of the codes of ours that reached somebody and were used, or have expired; without trials."""
    over = or_(codes.c.redeemed_at.is_not(None), codes.c.expires_at <= now)
    statement = (
        select(func.count(codes.c.redeemed_at), func.count())
        .join(decisions, (decisions.c.shop_id == codes.c.shop_id) & (decisions.c.id == codes.c.decision_id))
        .where(codes.c.shop_id == shop_id, codes.c.status.in_(_REACHED), over)
        .where(decisions.c.trigger != TriggerKind.TRIAL.value)
    )
    return Redeemed(*connection.execute(statement).one())


def vouchers_used(connection: Connection, shop_id: int, since: datetime, now: datetime) -> Redeemed:
    """Orders that count with a voucher, of all."""
    statement = select(func.count(orders.c.voucher_code), func.count()).where(
        orders.c.shop_id == shop_id, orders.c.counts, orders.c.placed_at >= since, orders.c.placed_at <= now
    )
    return Redeemed(*connection.execute(statement).one())

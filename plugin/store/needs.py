"""What customers buy again and again: read from their orders, with the shop's model of it and what is out of stock."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select

from plugin.domain.ledger import CANCELLED, NOT_SENT, SENT
from plugin.domain.needs import MOST_ORDERS, Bought, NeedModel, Stock, Thing, Trip, bought_of, from_json, to_json
from plugin.store.schema import fulfilments, need_models, order_lines, orders, shortages
from plugin.store.statements import insert, upsert_newest

#: Orders whose lines are read in one statement.
PORTION = 10_000
#: An order that has been placed and does not count yet.
UNCONFIRMED = "UNCONFIRMED"

_NUMBERED = (
    select(
        orders.c.customer_id,
        orders.c.order_id,
        orders.c.placed_at,
        orders.c.status,
        orders.c.counts,
        func.row_number().over(partition_by=orders.c.customer_id, order_by=orders.c.placed_at.desc()).label("number"),
    )
    .where(
        orders.c.shop_id == bindparam("shop"),
        orders.c.customer_id.in_(bindparam("customers", expanding=True)),
        or_(orders.c.counts, orders.c.status == UNCONFIRMED),
    )
    .subquery()
)
_THEIRS = select(_NUMBERED).where(_NUMBERED.c.number <= MOST_ORDERS)
#: Not joined to the customer's orders: without statistics SQLite would walk all lines of the shop.
_LINES = select(
    order_lines.c.order_id,
    order_lines.c.product_id,
    order_lines.c.name,
    order_lines.c.product_type,
    order_lines.c.variant_id,
).where(
    order_lines.c.shop_id == bindparam("shop"),
    order_lines.c.order_id.in_(bindparam("orders", expanding=True)),
    order_lines.c.product_id.is_not(None),
)
_SENT = (
    select(fulfilments.c.order_id, func.max(fulfilments.c.created_at))
    .where(
        fulfilments.c.shop_id == bindparam("shop"),
        fulfilments.c.order_id.in_(bindparam("orders", expanding=True)),
        fulfilments.c.status == SENT,
    )
    .group_by(fulfilments.c.order_id)
)


def bought_by(connection: Connection, shop_id: int, customer_ids: Sequence[int]) -> dict[int, tuple[Bought, ...]]:
    """Customer's id → what they bought, in their latest orders; a few indexed reads, whatever the size of the shop."""
    known = connection.execute(_THEIRS, {"shop": shop_id, "customers": list(customer_ids)}).all()
    many = Counter(row.customer_id for row in known)
    theirs = [row for row in known if many[row.customer_id] > 1]  # in one order nothing is bought again
    ids = [row.order_id for row in theirs]
    things: dict[str, list[Thing]] = {}
    sent: dict[str, datetime] = {}
    for start in range(0, len(ids), PORTION):
        asked = {"shop": shop_id, "orders": ids[start : start + PORTION]}
        for order_id, *line in connection.execute(_LINES, asked):
            things.setdefault(order_id, []).append(Thing(*line))
        sent.update(connection.execute(_SENT, asked).all())
    trips: dict[int, list[Trip]] = {customer_id: [] for customer_id in customer_ids}
    for row in theirs:
        trips[row.customer_id].append(_trip(row, things.get(row.order_id, ()), sent.get(row.order_id)))
    stock = _stock(connection, shop_id, trips)
    return {customer_id: bought_of(held, stock) for customer_id, held in trips.items()}


def _trip(row: Any, things: Sequence[Thing], sent_at: datetime | None) -> Trip:
    waiting = row.status in NOT_SENT or row.status == UNCONFIRMED
    return Trip(row.order_id, row.placed_at, things, row.counts, waiting, sent_at)


def _stock(connection: Connection, shop_id: int, trips: dict[int, list[Trip]]) -> dict[str, Stock]:
    if (
        connection.execute(select(shortages.c.variant_id).where(shortages.c.shop_id == shop_id).limit(1)).first()
        is None
    ):
        return {}
    wanted = {thing.variant_id for held in trips.values() for trip in held for thing in trip.things if thing.variant_id}
    found: dict[str, Stock] = {}
    ids = sorted(wanted)
    for start in range(0, len(ids), PORTION):
        statement = select(shortages.c.variant_id, shortages.c.missing, shortages.c.changed_at).where(
            shortages.c.shop_id == shop_id, shortages.c.variant_id.in_(ids[start : start + PORTION])
        )
        found |= {variant_id: Stock(missing, at) for variant_id, missing, at in connection.execute(statement)}
    return found


def save_stock(connection: Connection, shop_id: int, variant_id: str, issued_at: datetime, *, missing: bool) -> None:
    """What an event says of a variant, unless a newer one was heard; nothing of one that was never out of stock."""
    known = select(shortages.c.missing).where(shortages.c.shop_id == shop_id, shortages.c.variant_id == variant_id)
    before = connection.execute(known).scalar_one_or_none()
    if before is missing or (before is None and not missing):
        return
    values = {"shop_id": shop_id, "variant_id": variant_id, "missing": missing, "changed_at": issued_at}
    connection.execute(upsert_newest(connection, shortages, "changed_at"), values)


def save_model(connection: Connection, shop_id: int, model: NeedModel | None, now: datetime) -> None:
    if model is None:
        connection.execute(need_models.delete().where(need_models.c.shop_id == shop_id))
        return
    statement = insert(connection, need_models).values(shop_id=shop_id, body=to_json(model), learnt_at=now)
    changes = {"body": statement.excluded.body, "learnt_at": statement.excluded.learnt_at}
    connection.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_=changes))


def model_of(connection: Connection, shop_id: int) -> NeedModel | None:
    """None where too little is bought again, or nothing has been learnt yet."""
    body = connection.execute(select(need_models.c.body).where(need_models.c.shop_id == shop_id)).scalar_one_or_none()
    return None if body is None else from_json(body)


def learnt_from(connection: Connection, shop_id: int, every: int) -> Iterator[tuple[Any, ...]]:
    """`model.needs.Sold` of every so manieth customer; read in portions. Also what was cancelled later."""
    statement = (
        select(
            orders.c.customer_id,
            orders.c.placed_at,
            orders.c.updated_at,
            orders.c.counts,
            order_lines.c.product_id,
            func.coalesce(order_lines.c.product_type, ""),
        )
        .join(
            order_lines,
            and_(order_lines.c.shop_id == orders.c.shop_id, order_lines.c.order_id == orders.c.order_id),
        )
        .where(
            orders.c.shop_id == shop_id,
            or_(orders.c.counts, orders.c.status == CANCELLED),
            orders.c.customer_id % every == 0,
            order_lines.c.product_id.is_not(None),
        )
    )
    for row in connection.execute(statement, execution_options={"yield_per": 5_000}):
        yield tuple(row)

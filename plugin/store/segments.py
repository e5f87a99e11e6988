"""Segments: those that every shop has and those of its own; who and how many are in one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any

from sqlalchemy import Connection, bindparam, case, delete, func, select

from plugin.domain.churn import Rhythm
from plugin.domain.condition_values import near
from plugin.domain.conditions import (
    Condition,
    Person,
    names_in,
    needs_lines,
    read_condition,
    resolve,
    write_condition,
)
from plugin.domain.fields import BoughtLine
from plugin.domain.library import HIGH_SHARE, Ready, library
from plugin.domain.phrases import joined, phrase
from plugin.domain.stages import Limits
from plugin.errors import NotFound, Rejected
from plugin.store.conditions import where
from plugin.store.customers import Customer
from plugin.store.schema import campaigns, customers, order_lines, orders, segment_sizes, segments, shops
from plugin.store.shops import Shop, read_high_value
from plugin.store.statements import in_one_scan, insert

#: Customers of whom a condition is asked in one statement; and of whom, where it asks for each one's lines of orders.
PORTION, PORTION_WITH_LINES = 20_000, 2_000
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")


@dataclass(frozen=True, slots=True)
class Own:
    """A segment of the merchant's."""

    name: str
    #: As it was said: other segments may be named in it.
    condition: Condition
    saved_at: datetime


def ready(shop: Shop) -> tuple[Ready, ...]:
    """Those that every shop has."""
    return library(shop.limits, shop.rhythm, shop.high_value)


def own(connection: Connection, shop_id: int) -> list[Own]:
    rows = connection.execute(select(segments).where(segments.c.shop_id == shop_id).order_by(segments.c.name))
    return [Own(row.name, read_condition(row.condition), row.saved_at) for row in rows]


def named(connection: Connection, shop_id: int) -> Mapping[str, Condition]:
    """By name, as `conditions.resolve` wants them: the shop's own and those that every shop has."""
    learnt = select(shops.c.limits, shops.c.rhythm, shops.c.high_value).where(shops.c.id == shop_id)
    row = connection.execute(learnt).one()
    built = library(Limits(**row.limits), Rhythm(**row.rhythm), read_high_value(row.high_value))
    mine = {segment.name: segment.condition for segment in own(connection, shop_id)}
    return mine | {segment.name: segment.condition for segment in built}


def find(connection: Connection, shop_id: int, name: str) -> Condition:
    """The resolved condition of this segment. Raises `NotFound`."""
    known = named(connection, shop_id)
    if name not in known:
        raise NotFound(joined((phrase("There is no segment “{name}”.", name=name), near(name, sorted(known)))))
    return resolve(known[name], known)


def save(connection: Connection, shop_id: int, name: str, condition: Condition, now: datetime) -> None:
    """New, or instead of the one of that name.

    Raises `Rejected` for a name that cannot be, for one of the ready segments', and for names in the condition
    that nobody has or that lead back to it.
    """
    if not _NAME.fullmatch(name):
        raise Rejected(
            phrase("“{name}” is no name for a segment; use up to 60 small letters, digits, - and _.", name=name)
        )
    known = dict(named(connection, shop_id))
    mine = {segment.name for segment in own(connection, shop_id)}
    if name in known and name not in mine:
        raise Rejected(phrase("“{name}” is a segment that every shop has; choose another name.", name=name))
    known[name] = condition
    for other in sorted(known):
        resolve(known[other], known)
    values = {"condition": write_condition(condition), "saved_at": now}
    statement = insert(connection, segments).values(shop_id=shop_id, name=name, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["shop_id", "name"], set_=values))


def remove(connection: Connection, shop_id: int, name: str) -> None:
    """Raises `NotFound`, and `Rejected` where another segment or a campaign names it."""
    mine = {segment.name: segment.condition for segment in own(connection, shop_id)}
    if name not in mine:
        raise NotFound(
            joined((phrase("There is no segment “{name}” of your own.", name=name), near(name, sorted(mine))))
        )
    found = users(connection, shop_id).get(name)
    if found:
        raise Rejected(phrase("“{name}” is used by {users}; change that first.", name=name, users=tuple(found)))
    connection.execute(delete(segments).where(segments.c.shop_id == shop_id, segments.c.name == name))
    connection.execute(delete(segment_sizes).where(segment_sizes.c.shop_id == shop_id, segment_sizes.c.segment == name))


def users(connection: Connection, shop_id: int) -> dict[str, list[str]]:
    """Segment → the segments and campaigns that name it, as a sentence has them."""
    found: dict[str, list[str]] = {}
    for segment in own(connection, shop_id):
        for name in set(names_in(segment.condition)):
            found.setdefault(name, []).append(phrase("segment “{name}”", name=segment.name))
    for campaign, said in _audiences(connection, shop_id):
        for name in set(names_in(said)):
            found.setdefault(name, []).append(phrase("campaign “{name}”", name=campaign))
    return {name: list(dict.fromkeys(those)) for name, those in found.items()}


def _audiences(connection: Connection, shop_id: int) -> Iterator[tuple[str, Condition]]:
    rows = select(campaigns.c.name, campaigns.c.audience, campaigns.c.exclude).where(campaigns.c.shop_id == shop_id)
    for row in connection.execute(rows):
        yield from ((row.name, read_condition(said)) for said in (row.audience, row.exclude) if said is not None)


def count(connection: Connection, shop: Shop, condition: Condition, now: datetime) -> int:
    """How many customers this is true of."""
    if needs_lines(condition):
        return sum(portion.found for portion in counted(connection, shop, condition, now))
    return sizes(connection, shop, {"": condition}, now)[""]


@dataclass(frozen=True, slots=True)
class Portion:
    """Some of the customers, by their ids."""

    #: Of so many ids, so many are done with it.
    done: int
    ids: int
    #: So many customers are among them, and of so many of them the condition is true.
    customers: int
    found: int
    #: The first of those.
    examples: Sequence[int]


def counted(
    connection: Connection, shop: Shop, condition: Condition, now: datetime, done: int = 0, examples: int = 0
) -> Iterator[Portion]:
    """The same in portions, for whoever cannot wait for all of it.

    done: where a counting that was broken off goes on. examples: so many are wanted of each portion.
    """
    truth = where(condition, shop.limits, now)
    of_shop = in_one_scan(customers.c.shop_id) == shop.shop_id
    counting = select(func.count(), func.count(case((truth, 1)))).select_from(customers).where(of_shop)
    some = select(customers.c.id).where(of_shop, truth).order_by(customers.c.id).limit(examples)
    mine = select(customers.c.id).where(of_shop).limit(1)
    low = connection.execute(mine.order_by(customers.c.id)).scalar_one_or_none() or 0
    high = connection.execute(mine.order_by(customers.c.id.desc())).scalar_one_or_none() or -1
    size = PORTION_WITH_LINES if needs_lines(condition) else PORTION
    for begin in range(low + done, high + 1, size):
        end = min(begin + size - 1, high)
        here = customers.c.id.between(begin, end)
        people, found = connection.execute(counting.where(here)).one()
        ids = connection.execute(some.where(here)).scalars().all() if found and examples else ()
        yield Portion(end - low + 1, high - low + 1, people, found, ids)


def sizes(connection: Connection, shop: Shop, conditions: Mapping[str, Condition], now: datetime) -> dict[str, int]:
    """How many each is true of, in one walk over the customers; resolved, and without those that look at lines."""
    if not conditions:
        return {}
    counts = [
        func.count(case((where(condition, shop.limits, now), 1))).label(f"c{number}")
        for number, condition in enumerate(conditions.values())
    ]
    of_shop = in_one_scan(customers.c.shop_id) == shop.shop_id
    row = connection.execute(select(*counts).select_from(customers).where(of_shop)).one()
    return dict(zip(conditions, row, strict=True))


def everyone(connection: Connection, shop_id: int) -> int:
    statement = select(func.count()).select_from(customers).where(customers.c.shop_id == shop_id)
    return int(connection.execute(statement).scalar_one())


def examples(connection: Connection, shop: Shop, condition: Condition, now: datetime, limit: int) -> Sequence[int]:
    """Some of them: our ids, in their order."""
    statement = select(customers.c.id).where(customers.c.shop_id == shop.shop_id, where(condition, shop.limits, now))
    return connection.execute(statement.order_by(customers.c.id).limit(limit)).scalars().all()


_ORDERS = select(orders.c.order_id, orders.c.customer_id, orders.c.placed_at).where(
    orders.c.shop_id == bindparam("shop"),
    orders.c.customer_id.in_(bindparam("customers", expanding=True)),
    orders.c.counts,
)
_LINES = select(
    order_lines.c.order_id,
    order_lines.c.name,
    order_lines.c.product_id,
    order_lines.c.product_type,
    order_lines.c.sku,
    order_lines.c.collections,
).where(order_lines.c.shop_id == bindparam("shop"), order_lines.c.order_id.in_(bindparam("orders", expanding=True)))
#: Orders whose lines are read in one statement.
_ORDERS_AT_ONCE = 10_000


def lines_of(connection: Connection, shop_id: int, customer_ids: Sequence[int]) -> dict[int, list[BoughtLine]]:
    """Of all orders of each that count: what conditions that `needs_lines` look at.

    In two steps, because SQLite would begin a join of them with all lines of the shop.
    """
    placed = {row.order_id: row for row in connection.execute(_ORDERS, {"shop": shop_id, "customers": customer_ids})}
    lines: dict[int, list[BoughtLine]] = {customer_id: [] for customer_id in customer_ids}
    ids = list(placed)
    for start in range(0, len(ids), _ORDERS_AT_ONCE):
        some = {"shop": shop_id, "orders": ids[start : start + _ORDERS_AT_ONCE]}
        for order_id, *line in connection.execute(_LINES, some):
            order = placed[order_id]
            lines[order.customer_id].append(BoughtLine(order.placed_at, *line))
    return lines


def persons_of(
    connection: Connection, shop_id: int, people: Sequence[Customer], limits: Limits, *asked: Condition | None
) -> dict[int, Person]:
    """The customers as these conditions see them; lines are read only where one of them looks at lines."""
    lines: Mapping[int, Sequence[BoughtLine]] = {}
    if any(condition is not None and needs_lines(condition) for condition in asked):
        lines = lines_of(connection, shop_id, [customer.customer_id for customer in people])
    return {
        one.customer_id: Person(
            one.state, one.turns, limits, one.offers_since_order, tuple(lines.get(one.customer_id, ()))
        )
        for one in people
    }


def high_value(connection: Connection, shop_id: int) -> dict[str, Decimal]:
    """By currency, what the top fifth of those who bought has spent at least."""
    counting: Any = select(customers.c.currency, func.count()).where(
        customers.c.shop_id == shop_id, customers.c.currency.is_not(None), customers.c.value > Decimal(0)
    )
    levels = {}
    for currency, spenders in connection.execute(counting.group_by(customers.c.currency)).all():
        ranked = (
            select(customers.c.value)
            .where(customers.c.shop_id == shop_id, customers.c.currency == currency)
            .order_by(customers.c.value.desc().nulls_last())
            .limit(1)
            .offset(ceil(HIGH_SHARE * spenders) - 1)
        )
        levels[currency] = connection.execute(ranked).scalar_one()
    return levels

"""Baskets that were begun: the newest version of each checkout, small, and forgotten soon.

Versions that were left alone for a while are kept beside it as long, and it is kept when it has become an order:
both are what replays look at, and no open basket any more.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, Table, bindparam, delete, func, null, or_, select

from plugin.domain.baskets import Basket, WayBack, read_way
from plugin.domain.ledger import Checkout, Order
from plugin.domain.replay_values import Begun
from plugin.store.customers import Customer
from plugin.store.schema import checkouts, effects, left_baskets, messages, orders
from plugin.store.statements import insert_on, upsert_newest
from plugin.store.types import Moment

#: A basket that nobody has touched for so long is nobody's any more.
LIFE = timedelta(days=60)
#: A version that was there for less was only passed through, on the way to the next.
LEFT_ALONE = timedelta(minutes=15)

#: With something in it, touched lately, and its shopper has not said there that they do not want to be written to.
_BEGUN = select(checkouts).where(
    checkouts.c.shop_id == bindparam("shop"),
    checkouts.c.order_id.is_(None),
    checkouts.c.subtotal > Decimal(0),
    checkouts.c.updated_at > bindparam("after"),
    or_(checkouts.c.marketing.is_(None), checkouts.c.marketing),
)
_OF_ACCOUNTS = _BEGUN.where(checkouts.c.user_id.in_(bindparam("users", expanding=True)))
#: An e-mail that was typed; who had signed in is the account's own.
_OF_EMAILS = _BEGUN.where(checkouts.c.user_id.is_(None), checkouts.c.email.in_(bindparam("emails", expanding=True)))
_LAST_PLACED = (
    select(orders.c.customer_id, func.max(orders.c.placed_at))
    .where(orders.c.shop_id == bindparam("shop"), orders.c.customer_id.in_(bindparam("customers", expanding=True)))
    .group_by(orders.c.customer_id)
)


def save(connection: Connection, shop_id: int, checkout: Checkout) -> None:
    """Its newest version; what it was before is kept where it was left alone."""
    at = checkout.updated_at
    asked = {"shop": shop_id, "checkout": checkout.checkout_id, "at": at, "before": at - LEFT_ALONE}
    connection.execute(_keep_left(connection.dialect.name), asked)
    statement = upsert_newest(connection, checkouts, "updated_at", first=("order_id",))
    connection.execute(statement, _values(shop_id, checkout, None))


@cache
def _keep_left(dialect: str) -> Any:
    """Of what is about to be written over: nothing of a basket that was empty, or whose shopper had said no there."""
    kept = [column.name for column in left_baskets.c if column.name in checkouts.c]
    until = bindparam("at", type_=Moment).label("until")
    before = (
        select(*(checkouts.c[name] for name in kept), checkouts.c.updated_at, until)
        .where(checkouts.c.shop_id == bindparam("shop"), checkouts.c.checkout_id == bindparam("checkout"))
        .where(checkouts.c.updated_at <= bindparam("before"), checkouts.c.subtotal > Decimal(0))
        .where(or_(checkouts.c.marketing.is_(None), checkouts.c.marketing))
    )
    statement = insert_on(dialect, left_baskets).from_select([*kept, "changed_at", "until"], before)
    return statement.on_conflict_do_nothing()


def become_order(connection: Connection, shop_id: int, order: Order, now: datetime) -> None:
    """The checkout is over; of one that was never told of, an empty one of nobody's says so."""
    at, nothing = order.placed_at, Decimal(0)
    if order.checkout_id is not None and at > now - LIFE:
        ended = Checkout(order.checkout_id, None, None, order.channel, order.currency, nothing, nothing, at, at)
        connection.execute(_ended(connection.dialect.name), _values(shop_id, ended, order.order_id))


@cache
def _ended(dialect: str) -> Any:
    statement = insert_on(dialect, checkouts)
    keys = [column.name for column in checkouts.primary_key]
    return statement.on_conflict_do_update(
        index_elements=keys, set_={"order_id": func.coalesce(checkouts.c.order_id, statement.excluded.order_id)}
    )


def _values(shop_id: int, checkout: Checkout, order_id: str | None) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "checkout_id": checkout.checkout_id,
        "user_id": checkout.user_id,
        "email": checkout.email,
        "channel": checkout.channel,
        "currency": checkout.currency,
        "subtotal": checkout.subtotal,
        "shipping": checkout.shipping,
        "created_at": checkout.created_at,
        "updated_at": checkout.updated_at,
        "variants": checkout.variants,
        "marketing": checkout.marketing,
        "order_id": order_id,
    }


def open_of(connection: Connection, shop_id: int, people: Sequence[Customer], now: datetime) -> dict[int, list[Basket]]:
    """Customer's id → what they have begun since their last order, whatever became of that one.

    An e-mail that was typed leads to a guest, or to the account that has proven it.
    """
    by_user, by_email = _names(people)
    asked = {"shop": shop_id, "after": now - LIFE}
    theirs: dict[int, list[Row[tuple[object, ...]]]] = defaultdict(list)
    if by_user:
        for row in connection.execute(_OF_ACCOUNTS, {**asked, "users": list(by_user)}):
            theirs[by_user[row.user_id]].append(row)
    if by_email:
        for row in connection.execute(_OF_EMAILS, {**asked, "emails": list(by_email)}):
            theirs[by_email[row.email]].append(row)
    if not theirs:
        return {}
    placed = dict(connection.execute(_LAST_PLACED, {"shop": shop_id, "customers": list(theirs)}).all())
    return {customer_id: list(_since(rows, placed.get(customer_id))) for customer_id, rows in theirs.items()}


def _names(people: Iterable[Customer]) -> tuple[dict[str, int], dict[str, int]]:
    """Account → customer's id, and e-mail → that of the guest, or of the account that has proven it."""
    people = list(people)
    by_user = {one.state.user_id: one.customer_id for one in people if one.state.user_id is not None}
    proven = (one for one in people if one.email and (one.state.user_id is None or one.state.confirmed))
    return by_user, {one.email: one.customer_id for one in proven if one.email}


def _since(rows: Iterable[Row[tuple[object, ...]]], placed: datetime | None) -> Iterable[Basket]:
    for row in rows:
        if placed is None or row.updated_at > placed:
            yield Basket(
                row.checkout_id, row.channel, row.currency, row.subtotal, row.shipping, row.updated_at, row.variants
            )


_BOUGHT = select(checkouts.c.checkout_id).where(
    checkouts.c.shop_id == bindparam("shop"),
    checkouts.c.checkout_id == bindparam("checkout"),
    checkouts.c.order_id.is_not(None),
)


def is_bought(connection: Connection, shop_id: int, checkout_id: str) -> bool:
    return connection.execute(_BOUGHT, {"shop": shop_id, "checkout": checkout_id}).first() is not None


@dataclass(frozen=True, slots=True)
class Leading:
    """A message, as far as it leads back."""

    shop_id: int
    decision_id: int | None
    #: None where it leads to no basket.
    way: WayBack | None


_LEADING = (
    select(messages.c.shop_id, effects.c.decision_id, effects.c.payload)
    .join(effects, effects.c.id == messages.c.effect_id)
    .where(messages.c.ref == bindparam("ref"))
)


def message_of(connection: Connection, ref: str) -> Leading | None:
    row = connection.execute(_LEADING, {"ref": ref}).one_or_none()
    if row is None:
        return None
    said = row.payload.get("way_back")
    return Leading(row.shop_id, row.decision_id, None if said is None else read_way(said))


def begun_by(connection: Connection, shop_id: int, people: Sequence[Customer]) -> dict[int, list[Begun]]:
    """Customer's id → all that is known of their baskets, as they were one after the other."""
    by_user, by_email = _names(people)
    found: dict[int, list[Begun]] = defaultdict(list)
    for statement in (_NEWEST, _EARLIER):
        for row in connection.execute(statement, {"shop": shop_id, "users": list(by_user), "emails": list(by_email)}):
            ends = [at for at in (row.until, row.placed_at) if at is not None]
            left = Begun(_basket(row), min(ends, default=None), signed_in=row.user_id is not None)
            if left.until is None or left.until > row.changed_at:
                found[by_user[row.user_id] if left.signed_in else by_email[row.email]].append(left)
    return found


def _all_of(table: Table, *columns: ColumnElement[Any]) -> Select[Any]:
    """With when it became an order, if it did."""
    named = ("checkout_id", "channel", "currency", "subtotal", "shipping", "user_id", "email")
    order_id = select(checkouts.c.order_id).where(
        checkouts.c.shop_id == table.c.shop_id, checkouts.c.checkout_id == table.c.checkout_id
    )
    became = table.c.order_id if table is checkouts else order_id.scalar_subquery()
    joined = table.outerjoin(orders, (orders.c.shop_id == table.c.shop_id) & (orders.c.order_id == became))
    signed_in = table.c.user_id.in_(bindparam("users", expanding=True))
    typed = table.c.user_id.is_(None) & table.c.email.in_(bindparam("emails", expanding=True))
    return (
        select(*(table.c[name] for name in named), *columns, orders.c.placed_at)
        .select_from(joined)
        .where(table.c.shop_id == bindparam("shop"), or_(signed_in, typed))
    )


_NEWEST = _all_of(checkouts, checkouts.c.updated_at.label("changed_at"), null().label("until")).where(
    checkouts.c.subtotal > Decimal(0), or_(checkouts.c.marketing.is_(None), checkouts.c.marketing)
)
_EARLIER = _all_of(left_baskets, left_baskets.c.changed_at, left_baskets.c.until)


def _basket(row: Row[Any]) -> Basket:
    return Basket(row.checkout_id, row.channel, row.currency, row.subtotal, row.shipping, row.changed_at)


def erase(connection: Connection, shop_id: int, customer_id: int, user_id: str | None, email: str | None) -> None:
    """All that was begun in their name, and what has become an order of theirs; before those are gone."""
    theirs = select(orders.c.order_id).where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id)
    _erase(connection, shop_id, checkouts.c.order_id.in_(theirs), user_id, email)


def erase_order(connection: Connection, shop_id: int, order_id: str) -> None:
    """What has become this order."""
    _erase(connection, shop_id, checkouts.c.order_id == order_id)


def _erase(connection: Connection, shop_id: int, became: ColumnElement[bool], *names: str | None) -> None:
    """names: an account and an e-mail."""
    ended = select(checkouts.c.checkout_id).where(checkouts.c.shop_id == shop_id, became)
    for table in (left_baskets, checkouts):
        named = [c == value for c, value in zip((table.c.user_id, table.c.email), names, strict=False) if value]
        theirs = or_(table.c.checkout_id.in_(ended), *named)
        connection.execute(delete(table).where(table.c.shop_id == shop_id, theirs))


def prune(connection: Connection, before: datetime, limit: int) -> int:
    gone = 0
    for table, at in ((checkouts, checkouts.c.updated_at), (left_baskets, left_baskets.c.changed_at)):
        keys = list(table.primary_key)
        old = [tuple(row) for row in connection.execute(select(*keys).where(at < before).limit(limit - gone))]
        for key in old:
            same = (column == value for column, value in zip(keys, key, strict=True))
            connection.execute(delete(table).where(*same))
        gone += len(old)
    return gone

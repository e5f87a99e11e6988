"""Baskets that were begun and not ordered: the newest version of each checkout, small, and forgotten soon."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import Connection, Row, bindparam, delete, func, or_, select

from plugin.domain.baskets import Basket, WayBack, read_way
from plugin.domain.ledger import Checkout, Order
from plugin.store.customers import Customer
from plugin.store.ledger import save_checkout
from plugin.store.schema import checkouts, effects, messages, orders

#: A basket that nobody has touched for so long is nobody's any more.
LIFE = timedelta(days=60)

#: With something in it, touched lately, and its shopper has not said there that they do not want to be written to.
_BEGUN = select(checkouts).where(
    checkouts.c.shop_id == bindparam("shop"),
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


def become_order(connection: Connection, shop_id: int, order: Order, now: datetime) -> None:
    """The checkout's last version: an empty one of nobody's, so that what is told late of it is older."""
    at, nothing = order.placed_at, Decimal(0)
    if order.checkout_id is not None and at > now - LIFE:
        ended = Checkout(order.checkout_id, None, None, order.channel, order.currency, nothing, nothing, at, at)
        save_checkout(connection, shop_id, ended)


def open_of(connection: Connection, shop_id: int, people: Sequence[Customer], now: datetime) -> dict[int, list[Basket]]:
    """Customer's id → what they have begun since their last order, whatever became of that one.

    An e-mail that was typed leads to a guest, or to the account that has proven it.
    """
    by_user = {one.state.user_id: one.customer_id for one in people if one.state.user_id is not None}
    proven = (one for one in people if one.email and (one.state.user_id is None or one.state.confirmed))
    by_email = {one.email: one.customer_id for one in proven}
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


def _since(rows: Iterable[Row[tuple[object, ...]]], placed: datetime | None) -> Iterable[Basket]:
    for row in rows:
        if placed is None or row.updated_at > placed:
            yield Basket(
                row.checkout_id, row.channel, row.currency, row.subtotal, row.shipping, row.updated_at, row.variants
            )


_BOUGHT = select(checkouts.c.checkout_id).where(
    checkouts.c.shop_id == bindparam("shop"),
    checkouts.c.checkout_id == bindparam("checkout"),
    checkouts.c.user_id.is_(None),
    checkouts.c.email.is_(None),
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


def prune(connection: Connection, before: datetime, limit: int) -> int:
    old = select(checkouts.c.shop_id, checkouts.c.checkout_id).where(checkouts.c.updated_at < before).limit(limit)
    gone = [tuple(row) for row in connection.execute(old)]
    for shop_id, checkout_id in gone:
        connection.execute(
            delete(checkouts).where(checkouts.c.shop_id == shop_id, checkouts.c.checkout_id == checkout_id)
        )
    return len(gone)

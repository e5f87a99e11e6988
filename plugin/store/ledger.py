"""The ledger: the newest version of each order, fulfilment and checkout."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, delete, func, or_, select, update

from plugin.domain.budgets import USUAL_FROM, Usual
from plugin.domain.consent import Word
from plugin.domain.ledger import CANCELLED, Line, Order
from plugin.store.parcels import fulfilment_values, write_fulfilments
from plugin.store.schema import fulfilments, order_lines, orders
from plugin.store.statements import insert_on, upsert_newest


@dataclass(frozen=True, slots=True)
class Purchase:
    """What the fold reads of an order (domain.customer.Purchase)."""

    order_id: str
    counts: bool
    currency: str
    total: Decimal
    refunded: Decimal
    placed_at: datetime
    voucher_code: str | None
    items: int
    channel: str
    country: str | None


_OWNER = select(orders.c.customer_id).where(
    orders.c.shop_id == bindparam("shop"), orders.c.order_id == bindparam("order")
)


def owner_of(connection: Connection, shop_id: int, order_id: str) -> int | None:
    """The customer whose ledger holds this order; None for an order not seen before."""
    return connection.execute(_OWNER, {"shop": shop_id, "order": order_id}).scalar_one_or_none()


def status_of(connection: Connection, shop_id: int, order_id: str) -> str | None:
    """As it was told last; None for an order not seen before."""
    statement = select(orders.c.status).where(orders.c.shop_id == shop_id, orders.c.order_id == order_id)
    return connection.execute(statement).scalar_one_or_none()


def save_order(
    connection: Connection, shop_id: int, customer_id: int, order: Order, issued_at: datetime, *, new: bool
) -> bool:
    """Write this version unless a newer one is there; whether it was written.

    Fulfilments are versioned by themselves, since a changed one leaves the order's version as it was.
    """
    write_fulfilments(connection, fulfilment_values(shop_id, order.order_id, order.fulfilments, issued_at))
    statement = upsert_newest(connection, orders, "updated_at", "issued_at", first=("promised_days",))
    values = order_values(shop_id, customer_id, order, issued_at)
    # Without the option an INSERT on PostgreSQL tells no number.
    written = connection.execute(statement, values, execution_options={"preserve_rowcount": True}).rowcount
    if written:
        _save_lines(connection, shop_id, order.order_id, order.lines, new=new)
    return bool(written)


_PURCHASES = select(*(orders.c[field.name] for field in fields(Purchase))).where(
    orders.c.shop_id == bindparam("shop"), orders.c.customer_id == bindparam("customer")
)


def purchases(connection: Connection, shop_id: int, customer_id: int) -> Sequence[Purchase]:
    return [Purchase(*row) for row in connection.execute(_PURCHASES, {"shop": shop_id, "customer": customer_id})]


_WORDS = select(orders.c.customer_id, orders.c.placed_at, orders.c.marketing, orders.c.user_id.is_not(None)).where(
    orders.c.shop_id == bindparam("shop"),
    orders.c.customer_id.in_(bindparam("customers", expanding=True)),
    orders.c.marketing.is_not(None),
)


_COUNTRIES = (
    select(orders.c.customer_id, orders.c.country)
    .where(
        orders.c.shop_id == bindparam("shop"),
        orders.c.customer_id.in_(bindparam("customers", expanding=True)),
        orders.c.country.is_not(None),
    )
    .order_by(orders.c.placed_at)
)


def countries_of(connection: Connection, shop_id: int, customer_ids: Sequence[int]) -> dict[int, str]:
    """That of each customer's last order that has one: ISO 3166, two capitals."""
    return dict(connection.execute(_COUNTRIES, {"shop": shop_id, "customers": customer_ids}).all())


def languages_of(connection: Connection, shop_id: int, customer_ids: Sequence[int]) -> dict[int, str]:
    """That of each customer's last order that has one."""
    of = (orders.c.shop_id == shop_id, orders.c.customer_id.in_(customer_ids), orders.c.language.is_not(None))
    statement = select(orders.c.customer_id, orders.c.language).where(*of).order_by(orders.c.placed_at)
    return dict(connection.execute(statement).all())


def words(connection: Connection, shop_id: int, customer_ids: Collection[int]) -> dict[int, list[Word]]:
    """What the orders of each of these customers say of being written to, whatever became of the orders."""
    heard: dict[int, list[Word]] = {customer_id: [] for customer_id in customer_ids}
    for customer_id, *word in connection.execute(_WORDS, {"shop": shop_id, "customers": list(heard)}):
        heard[customer_id].append(Word(*word))
    return heard


def purchase_times(
    connection: Connection, shop_id: int, customers: int, zone: tzinfo, now: datetime
) -> Iterator[list[datetime]]:
    """The sorted times of purchases by now, customer by customer, of up to so many customers with orders.

    Several orders on one day of the shop are one purchase, at the time of the last.
    """
    some = (
        select(orders.c.customer_id).where(orders.c.shop_id == shop_id, orders.c.counts).distinct().limit(customers)
    ).subquery()
    statement = (
        select(orders.c.customer_id, orders.c.placed_at)
        .join(some, some.c.customer_id == orders.c.customer_id)
        .where(orders.c.shop_id == shop_id, orders.c.counts, orders.c.placed_at <= now)
        .order_by(orders.c.customer_id, orders.c.placed_at)
    )
    whose, times = None, list[datetime]()
    for customer_id, placed_at in connection.execute(statement):
        if customer_id != whose and times:
            yield times
            times = []
        whose = customer_id
        if times and times[-1].astimezone(zone).date() == placed_at.astimezone(zone).date():
            times.pop()
        times.append(placed_at)
    if times:
        yield times


@dataclass(frozen=True, slots=True)
class Sale:
    """What is learnt from an order that counts."""

    customer_id: int
    placed_at: datetime
    currency: str
    total: Decimal
    refunded: Decimal
    voucher_code: str | None
    items: int


def sales(connection: Connection, shop_id: int) -> Iterator[Sale]:
    """Every order that counts, one customer after the other, oldest first; read in portions."""
    statement = (
        select(*(orders.c[field.name] for field in fields(Sale)))
        .where(orders.c.shop_id == shop_id, orders.c.counts)
        .order_by(orders.c.customer_id, orders.c.placed_at)
    )
    for row in connection.execute(statement, execution_options={"yield_per": 5_000}):
        yield Sale(*row)


_LATELY = (
    select(orders.c.total, orders.c.shipping)
    .where(orders.c.shop_id == bindparam("shop"), orders.c.currency == bindparam("currency"), orders.c.counts)
    .order_by(orders.c.placed_at.desc())
    .limit(USUAL_FROM)
    .subquery()
)
_USUAL = select(
    func.count(),
    func.sum(_LATELY.c.total),
    func.count(case((_LATELY.c.shipping > Decimal(0), 1))),
    func.sum(_LATELY.c.shipping),
)


def usual(connection: Connection, shop_id: int, currency: str) -> Usual:
    """The mean basket and the mean price of shipping of the newest orders that count."""
    asked = {"shop": shop_id, "currency": currency}
    number, total, shipped, shipping = connection.execute(_USUAL, asked).one()
    return Usual(total / number if number else None, shipping / shipped if shipped else None)


#: The shop's newest orders among which a product's price is looked for.
_PRICES_FROM = 2_000


def highest_price(
    connection: Connection, shop_id: int, currency: str, products: Sequence[str], before: datetime | None = None
) -> Decimal | None:
    """Of one piece of these products, by Saleor's ids; None where none was bought lately.

    before: as it was known at that moment, from orders that were placed earlier alone.
    """
    lately = (
        select(orders.c.order_id)
        .where(orders.c.shop_id == shop_id, orders.c.currency == currency, _counted(before))
        .order_by(orders.c.placed_at.desc())
        .limit(_PRICES_FROM)
        .subquery()
    )
    statement = (
        select(order_lines.c.total, order_lines.c.quantity)
        .join(lately, lately.c.order_id == order_lines.c.order_id)
        .where(order_lines.c.shop_id == shop_id, order_lines.c.product_id.in_(products), order_lines.c.quantity > 0)
    )
    return max((total / quantity for total, quantity in connection.execute(statement)), default=None)


def _counted(before: datetime | None) -> ColumnElement[bool]:
    """A cancellation is known from the time of the newest version on."""
    if before is None:
        return orders.c.counts
    known_later = and_(orders.c.status == CANCELLED, orders.c.updated_at > before)
    return and_(orders.c.placed_at < before, or_(orders.c.counts, known_later))


def orders_of_email(connection: Connection, shop_id: int, customer_id: int, email: str) -> Sequence[str]:
    """This customer's orders that were placed without signing in, with that e-mail; one that lost its e-mail stays
    with whom it was given first.
    """
    statement = select(orders.c.order_id).where(
        orders.c.shop_id == shop_id,
        orders.c.customer_id == customer_id,
        orders.c.user_id.is_(None),
        orders.c.email.in_((email, "")),
    )
    return connection.execute(statement).scalars().all()


def move_orders(connection: Connection, shop_id: int, order_ids: Sequence[str], customer_id: int) -> None:
    connection.execute(
        update(orders)
        .where(orders.c.shop_id == shop_id, orders.c.order_id.in_(order_ids))
        .values(customer_id=customer_id)
    )


def has_orders(connection: Connection, shop_id: int, customer_id: int) -> bool:
    statement = select(orders.c.order_id).where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id)
    return connection.execute(statement.limit(1)).first() is not None


def erase(connection: Connection, shop_id: int, customer_id: int | None) -> None:
    """All orders of this customer."""
    theirs = select(orders.c.order_id).where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id)
    for table in (order_lines, fulfilments):
        connection.execute(delete(table).where(table.c.shop_id == shop_id, table.c.order_id.in_(theirs)))
    connection.execute(delete(orders).where(orders.c.shop_id == shop_id, orders.c.customer_id == customer_id))


def erase_order(connection: Connection, shop_id: int, order_id: str) -> None:
    for table in (order_lines, fulfilments, orders):
        connection.execute(delete(table).where(table.c.shop_id == shop_id, table.c.order_id == order_id))


_NEW_LINES = order_lines.insert()
_GONE_LINES = delete(order_lines).where(
    order_lines.c.shop_id == bindparam("shop"),
    order_lines.c.order_id == bindparam("order"),
    order_lines.c.line_id.not_in(bindparam("lines", expanding=True)),
)


@cache
def _known_lines(dialect: str) -> Any:
    """In their newest version, but for the collections: those that were told first stand."""
    statement = insert_on(dialect, order_lines)
    keys = [column.name for column in order_lines.primary_key]
    newest = {column.name: statement.excluded[column.name] for column in order_lines.c if column.name not in keys}
    newest["collections"] = func.coalesce(order_lines.c.collections, statement.excluded.collections)
    return statement.on_conflict_do_update(index_elements=keys, set_=newest)


def order_values(shop_id: int, customer_id: int, order: Order, issued_at: datetime) -> dict[str, Any]:
    return {
        "shop_id": shop_id,
        "order_id": order.order_id,
        "customer_id": customer_id,
        "number": order.number,
        "status": order.status,
        "counts": order.counts,
        "user_id": order.user_id,
        "email": order.email,
        "channel": order.channel,
        "currency": order.currency,
        "total": order.total,
        "shipping": order.shipping,
        "refunded": order.refunded,
        "placed_at": order.placed_at,
        "updated_at": order.updated_at,
        "issued_at": issued_at,
        "voucher_code": order.voucher_code,
        "discount": order.discount,
        "items": order.items,
        "country": order.country,
        "language": order.language,
        "marketing": order.marketing,
        "ships": order.ships,
        "promised_days": order.promised_days,
    }


def line_values(shop_id: int, order_id: str, lines: Sequence[Line]) -> list[dict[str, Any]]:
    return [
        {
            "shop_id": shop_id,
            "order_id": order_id,
            "line_id": line.line_id,
            "quantity": line.quantity,
            "total": line.total,
            "name": line.name[:255],
            "sku": line.sku,
            "variant_id": line.variant_id,
            "product_id": line.product_id,
            "product_type": line.product_type,
            "net": line.net,
            "cost": line.cost,
            "collections": line.collections,
        }
        for line in lines
    ]


def _save_lines(connection: Connection, shop_id: int, order_id: str, lines: Sequence[Line], *, new: bool) -> None:
    rows = line_values(shop_id, order_id, lines)
    if not new:
        these = [line.line_id for line in lines]
        connection.execute(_GONE_LINES, {"shop": shop_id, "order": order_id, "lines": these})
    if rows:
        connection.execute(_NEW_LINES if new else _known_lines(connection.dialect.name), rows)


def largest_orders(connection: Connection, shop_id: int) -> dict[str, Decimal]:
    """Of those that count, by currency."""
    statement = (
        select(orders.c.currency, func.max(orders.c.total))
        .where(orders.c.shop_id == shop_id, orders.c.counts)
        .group_by(orders.c.currency)
    )
    return dict(connection.execute(statement).all())

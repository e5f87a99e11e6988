"""A page of history in a few statements, where the way of one event would take several for each object.

What these write is what `customers` and `ledger` write; a test holds the two ways equal.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, func, or_, select, update

from plugin.domain.customer import CustomerState, History
from plugin.domain.ledger import Account, Order
from plugin.domain.segments import Segment
from plugin.domain.stages import Turns
from plugin.store.codes import A_GIFT_CARD
from plugin.store.customers import Customer, account_values, lock_where
from plugin.store.ledger import Purchase, line_values, order_values
from plugin.store.parcels import fulfilment_values, write_fulfilments
from plugin.store.schema import codes, customers, fulfilments, order_lines, orders
from plugin.store.statements import insert

#: Orders that may change without a new version (a parcel, an expiry), and for how long they are asked about.
OPEN_STATUSES = ("UNCONFIRMED", "UNFULFILLED", "PARTIALLY_FULFILLED")
OPEN_DAYS = 90
PARCEL_DAYS = 30


def lock_users(connection: Connection, shop_id: int, user_ids: Collection[str]) -> dict[str, Customer]:
    """The customers that these accounts are, held until the transaction's end."""
    found = lock_where(connection, shop_id, customers.c.user_id.in_(user_ids)) if user_ids else []
    return {customer.state.user_id: customer for customer in found if customer.state.user_id}


def lock_emails(
    connection: Connection, shop_id: int, emails: Collection[str]
) -> tuple[dict[str, Customer], dict[str, Customer]]:
    """By e-mail: the confirmed accounts, and the guests; held until the transaction's end."""
    wanted = customers.c.email.in_(emails), or_(customers.c.confirmed, customers.c.user_id.is_(None))
    proven, guests = dict[str, Customer](), dict[str, Customer]()
    for customer in lock_where(connection, shop_id, *wanted) if emails else []:
        if customer.state.confirmed and customer.email:
            proven.setdefault(customer.email, customer)
        elif customer.state.user_id is None and customer.email:
            guests[customer.email] = customer
    return proven, guests


def create_customers(
    connection: Connection,
    shop_id: int,
    now: datetime,
    *,
    accounts: Sequence[Account] = (),
    user_ids: Iterable[str] = (),
    emails: Iterable[str] = (),
) -> list[Customer]:
    """New ones: of these accounts, of accounts of which only the id is known, and guests."""
    plain = {"shop_id": shop_id, "spent": {}, "bought": {}, "shown": {}, "created_at": now}
    bare = {"confirmed": False, "first_name": "", "name_key": "", "language": None, "account_updated_at": None}
    bare |= {"opted_out": False, "account_opted_out": False, "opted_in_at": None, "objects": False}
    bare |= {"agreed_at": None, "account_agrees": False}
    rows = [{**plain, **account_values(account)} for account in accounts]
    rows += [{**plain, **bare, "user_id": user_id, "email": None} for user_id in user_ids]
    rows += [{**plain, **bare, "user_id": None, "email": email} for email in emails]
    if not rows:
        return []
    returned = customers.insert().returning(
        customers.c.id, customers.c.user_id, customers.c.email, customers.c.confirmed, customers.c.first_name
    )
    made = connection.execute(returned, rows)
    return [
        Customer(
            CustomerState(row.id, row.user_id, row.first_name, None, confirmed=row.confirmed, history=History()),
            row.email,
            Segment.NEW,
            Turns(),
            None,
            {},
            None,
        )
        for row in made
    ]


def stored_orders(connection: Connection, shop_id: int, order_ids: Collection[str]) -> dict[str, RowMapping]:
    statement = select(orders).where(orders.c.shop_id == shop_id, orders.c.order_id.in_(order_ids))
    return {row["order_id"]: row for row in connection.execute(statement).mappings()}


def says_the_same(stored: RowMapping, order: Order, issued_at: datetime) -> bool:
    """Whether the version in the ledger is this one, field for field."""
    values = order_values(stored["shop_id"], stored["customer_id"], order, issued_at)
    return all(stored[name] == value for name, value in values.items() if name != "issued_at")


def confirm_orders(connection: Connection, shop_id: int, order_ids: Collection[str], issued_at: datetime) -> None:
    """The same version was seen again later: what was issued in between is older than it."""
    connection.execute(
        update(orders)
        .where(orders.c.shop_id == shop_id, orders.c.order_id.in_(order_ids), orders.c.issued_at < issued_at)
        .values(issued_at=issued_at)
    )


def add_orders(
    connection: Connection, shop_id: int, owned: Sequence[tuple[int, Order]], issued_at: datetime
) -> set[str]:
    """Orders not in the ledger yet, with their lines; the ids of those that nobody else has written meanwhile."""
    rows = [order_values(shop_id, customer_id, order, issued_at) for customer_id, order in owned]
    if not rows:
        return set()
    statement = insert(connection, orders).on_conflict_do_nothing(index_elements=["shop_id", "order_id"])
    added = set(connection.execute(statement.returning(orders.c.order_id), rows).scalars())
    lines = [
        line
        for _, order in owned
        if order.order_id in added
        for line in line_values(shop_id, order.order_id, order.lines)
    ]
    if lines:
        connection.execute(order_lines.insert(), lines)
    return added


def save_fulfilments(connection: Connection, shop_id: int, seen: Iterable[Order], issued_at: datetime) -> None:
    rows = [row for order in seen for row in fulfilment_values(shop_id, order.order_id, order.fulfilments, issued_at)]
    write_fulfilments(connection, rows)


def purchases(connection: Connection, shop_id: int, customer_ids: Collection[int]) -> dict[int, list[Purchase]]:
    found: dict[int, list[Purchase]] = {customer_id: [] for customer_id in customer_ids}
    wanted = [orders.c[name] for name in Purchase.__dataclass_fields__]
    statement = select(orders.c.customer_id, *wanted).where(
        orders.c.shop_id == shop_id, orders.c.customer_id.in_(customer_ids)
    )
    for customer_id, *values in connection.execute(statement) if customer_ids else ():
        found[customer_id].append(Purchase(*values))
    return found


def our_codes(connection: Connection, shop_id: int, texts: Collection[str]) -> set[str]:
    """Which of these voucher codes are ours."""
    if not texts:
        return set()
    statement = select(codes.c.code).where(codes.c.shop_id == shop_id, codes.c.code.in_(texts))
    return set(connection.execute(statement).scalars())


def our_gift_cards(connection: Connection, shop_id: int, card_ids: Collection[str]) -> set[str]:
    """Which of these gift cards are ours; they are named by Saleor's ids."""
    if not card_ids:
        return set()
    statement = select(codes.c.code_id).where(codes.c.shop_id == shop_id, codes.c.code_id.in_(card_ids), A_GIFT_CARD)
    return set(connection.execute(statement).scalars())


def open_orders(connection: Connection, shop_id: int, after: str, now: datetime, limit: int) -> Sequence[str]:
    """The ids, in order, of orders that may change at the platform without a word in their version."""
    # Asked of each order by itself: IN, and on PostgreSQL EXISTS, would list the shop's parcels for each page.
    last_parcel = (
        select(func.max(fulfilments.c.created_at))
        .where(fulfilments.c.shop_id == orders.c.shop_id, fulfilments.c.order_id == orders.c.order_id)
        .scalar_subquery()
    )
    statement = (
        select(orders.c.order_id)
        .where(
            orders.c.shop_id == shop_id,
            orders.c.order_id > after,
            orders.c.placed_at >= now - timedelta(days=OPEN_DAYS),
            or_(orders.c.status.in_(OPEN_STATUSES), last_parcel >= now - timedelta(days=PARCEL_DAYS)),
        )
        .order_by(orders.c.order_id)
        .limit(limit)
    )
    return connection.execute(statement).scalars().all()


def accounts_after(connection: Connection, shop_id: int, after: str, limit: int) -> Sequence[str]:
    """The next accounts in order of Saleor's ids."""
    statement = (
        select(customers.c.user_id)
        .where(customers.c.shop_id == shop_id, customers.c.user_id.is_not(None), customers.c.user_id > after)
        .order_by(customers.c.user_id)
        .limit(limit)
    )
    return connection.execute(statement).scalars().all()

"""Customers: whose they are, what their orders add up to, what they are shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, Row, Select, String, Update, bindparam, cast, delete, func, select, update

from plugin.domain.consent import Consent
from plugin.domain.customer import CustomerState, History
from plugin.domain.effects import Banner, Slot
from plugin.domain.ledger import Account
from plugin.domain.segments import Segment
from plugin.domain.stages import Turns
from plugin.store.schema import customers
from plugin.store.statements import locked

#: Each has a column of its name.
_HISTORY = tuple(field.name for field in fields(History))
_TURNS = tuple(field.name for field in fields(Turns))


@dataclass(frozen=True, slots=True)
class Customer:
    state: CustomerState
    email: str | None
    segment: Segment
    turns: Turns
    next_moment: datetime | None
    shown: Mapping[Slot, Banner]
    account_updated_at: datetime | None
    #: Decisions that gave something, since the last order.
    offers_since_order: int = 0
    #: The account's own word; what it comes to with that of its orders is in the state.
    said: Consent = Consent()

    @property
    def customer_id(self) -> int:
        return self.state.customer_id


def _known(*conditions: Any) -> Select[Any]:
    return select(customers).where(customers.c.shop_id == bindparam("shop"), *conditions).limit(1)


_SEEN = _known(customers.c.id == bindparam("customer"))
_BY_ID = locked(_SEEN)
_GLANCE = _known(customers.c.user_id == bindparam("user"))
_BY_USER = locked(_GLANCE)
_GUEST = locked(_known(customers.c.email == bindparam("email"), customers.c.user_id.is_(None)))
_ACCOUNT = locked(
    _known(customers.c.email == bindparam("email"), customers.c.user_id.is_not(None)).order_by(
        customers.c.confirmed.desc(), customers.c.id
    )
)
_PROVEN = locked(_known(customers.c.email == bindparam("email"), customers.c.confirmed).order_by(customers.c.id))


def lock(connection: Connection, shop_id: int, customer_id: int) -> Customer | None:
    """The customer, held until the transaction's end; None where there is none (any more)."""
    return _one(connection, _BY_ID, shop=shop_id, customer=customer_id)


def by_id(connection: Connection, shop_id: int, customer_id: int) -> Customer | None:
    """As `lock`, to be looked at only."""
    return _one(connection, _SEEN, shop=shop_id, customer=customer_id)


def by_user(connection: Connection, shop_id: int, user_id: str) -> Customer | None:
    return _one(connection, _BY_USER, shop=shop_id, user=user_id)


def guest(connection: Connection, shop_id: int, email: str) -> Customer | None:
    return _one(connection, _GUEST, shop=shop_id, email=email)


def proven_owner(connection: Connection, shop_id: int, email: str) -> Customer | None:
    """The confirmed account with this e-mail."""
    return _one(connection, _PROVEN, shop=shop_id, email=email)


def account_with(connection: Connection, shop_id: int, email: str) -> Customer | None:
    """An account with this e-mail, the confirmed one before others; held as by `lock`."""
    return _one(connection, _ACCOUNT, shop=shop_id, email=email)


def glance(connection: Connection, shop_id: int, user_id: str) -> Customer | None:
    """One indexed read without a lock, for answers that cannot wait."""
    return _one(connection, _GLANCE, shop=shop_id, user=user_id)


def create(
    connection: Connection, shop_id: int, now: datetime, *, user_id: str | None = None, email: str | None = None
) -> Customer:
    values: dict[str, Any] = {
        "shop_id": shop_id,
        "user_id": user_id,
        "email": email,
        "spent": {},
        "bought": {},
        "shown": {},
        "created_at": now,
    }
    customer_id = connection.execute(customers.insert().values(values).returning(customers.c.id)).scalar_one()
    state = CustomerState(customer_id, user_id, "", None, confirmed=False, history=History())
    return Customer(state, email, Segment.NEW, Turns(), None, {}, None)


def save_account(connection: Connection, shop_id: int, customer_id: int, account: Account) -> None:
    _set(connection, shop_id, customer_id, **account_values(account))


def save_opted_out(connection: Connection, shop_id: int, customer_id: int, *, opted_out: bool) -> None:
    _set(connection, shop_id, customer_id, opted_out=opted_out)


def account_values(account: Account) -> dict[str, Any]:
    """As columns; what its orders say of being written to has to be weighed again afterwards."""
    return {
        "user_id": account.user_id,
        "email": account.email,
        "confirmed": account.confirmed,
        "first_name": account.first_name,
        "language": account.language,
        "account_updated_at": account.updated_at,
        "opted_out": account.consent.opted_out,
        "account_opted_out": account.consent.opted_out,
        "opted_in_at": account.consent.opted_in_at,
        "objects": account.consent.objects,
    }


def save_state(
    connection: Connection,
    shop_id: int,
    customer_id: int,
    history: History,
    segment: Segment,
    turns: Turns,
    next_moment: datetime | None,
    offers_since_order: int = 0,
) -> None:
    values = state_values(history, segment, turns, next_moment, offers_since_order)
    _set(connection, shop_id, customer_id, **values)


def state_values(
    history: History, segment: Segment, turns: Turns, next_moment: datetime | None, offers_since_order: int
) -> dict[str, Any]:
    """As columns."""
    return {
        **{name: getattr(history, name) for name in _HISTORY},
        "spent": {currency: str(amount) for currency, amount in history.spent.items()},
        "bought": dict(history.bought),
        "value": history.value,
        "value_orders": history.value_orders,
        "segment": segment.value,
        **{name: getattr(turns, name) for name in _TURNS},
        "next_moment": next_moment,
        "offers_since_order": offers_since_order,
    }


def save_shown(connection: Connection, shop_id: int, customer_id: int, shown: Mapping[Slot, Banner]) -> None:
    plain = {slot.value: {"text": banner.text, "data": dict(banner.data)} for slot, banner in shown.items()}
    _set(connection, shop_id, customer_id, shown=plain)


def rest(connection: Connection, shop_id: int, customer_id: int, until: datetime) -> None:
    """Time wakes this customer then, and not before."""
    _set(connection, shop_id, customer_id, next_moment=until)


def due(connection: Connection, shop_id: int, now: datetime, limit: int) -> Sequence[int]:
    """Whose stored moment has come, oldest first, held; those that somebody else holds are left out."""
    statement = (
        select(customers.c.id)
        .where(customers.c.shop_id == shop_id, customers.c.next_moment <= now)
        .order_by(customers.c.next_moment)
        .limit(limit)
    )
    return connection.execute(locked(statement, skip=True)).scalars().all()


def at_risk(connection: Connection, shop_id: int, now: datetime, limit: int) -> list[Customer]:
    """Who is at risk or dormant, those who became so last first."""
    statement = (
        select(customers)
        .where(customers.c.shop_id == shop_id, customers.c.at_risk_from <= now)
        .order_by(customers.c.at_risk_from.desc())
        .limit(limit)
    )
    return [read_customer(row) for row in connection.execute(statement)]


def any_due(connection: Connection, shop_id: int, now: datetime) -> bool:
    statement = select(customers.c.id).where(customers.c.shop_id == shop_id, customers.c.next_moment <= now).limit(1)
    return connection.execute(statement).first() is not None


def after(connection: Connection, shop_id: int, customer_id: int, limit: int) -> Sequence[int]:
    """The next ids in order, for walks over everybody."""
    statement = (
        select(customers.c.id)
        .where(customers.c.shop_id == shop_id, customers.c.id > customer_id)
        .order_by(customers.c.id)
        .limit(limit)
    )
    return connection.execute(statement).scalars().all()


def with_banners(connection: Connection, shop_id: int, after_id: int, limit: int) -> list[tuple[int, str, list[str]]]:
    """Accounts that are shown something, in order: our id, Saleor's, and the slots."""
    statement = (
        select(customers.c.id, customers.c.user_id, customers.c.shown)
        .where(customers.c.shop_id == shop_id, customers.c.id > after_id, customers.c.user_id.is_not(None))
        .where(cast(customers.c.shown, String) != "{}")
        .order_by(customers.c.id)
        .limit(limit)
    )
    return [(row.id, row.user_id, list(row.shown)) for row in connection.execute(statement)]


def counts_by_segment(connection: Connection, shop_id: int) -> dict[str, int]:
    statement = (
        select(customers.c.segment, func.count()).where(customers.c.shop_id == shop_id).group_by(customers.c.segment)
    )
    return dict(connection.execute(statement).all())


def remove(connection: Connection, shop_id: int, customer_id: int) -> None:
    connection.execute(delete(customers).where(customers.c.shop_id == shop_id, customers.c.id == customer_id))


def _one(connection: Connection, statement: Select[Any], **named: Any) -> Customer | None:
    row = connection.execute(statement, named).one_or_none()
    return None if row is None else read_customer(row)


@cache
def update_of(*names: str) -> Update:
    """These columns of the customer `of_customer` of the shop `of_shop`."""
    where = (customers.c.shop_id == bindparam("of_shop"), customers.c.id == bindparam("of_customer"))
    return update(customers).where(*where).values({name: bindparam(name) for name in names})


def _set(connection: Connection, shop_id: int, customer_id: int, **values: Any) -> None:
    connection.execute(update_of(*values), {"of_shop": shop_id, "of_customer": customer_id, **values})


def read_history(row: Row[Any]) -> History:
    """From a row that has the columns of the history."""
    values = {name: getattr(row, name) for name in _HISTORY}
    values["spent"] = {currency: Decimal(amount) for currency, amount in row.spent.items()}
    return History(**values)


def read_turns(row: Row[Any]) -> Turns:
    """From a row that has their columns."""
    return Turns(*(getattr(row, name) for name in _TURNS))


def read_customer(row: Row[Any]) -> Customer:
    state = CustomerState(
        row.id,
        row.user_id,
        row.first_name,
        row.language,
        row.confirmed,
        read_history(row),
        Consent(row.opted_out, row.objects),
    )
    shown = {Slot(slot): Banner(Slot(slot), said["text"], said["data"]) for slot, said in row.shown.items()}
    return Customer(
        state,
        row.email,
        Segment(row.segment),
        read_turns(row),
        row.next_moment,
        shown,
        row.account_updated_at,
        row.offers_since_order,
        Consent(row.account_opted_out, row.objects, row.opted_in_at),
    )

"""Customers: whose they are, what their orders add up to, what they are shown."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Row, Select, String, Update, bindparam, cast, delete, func, select, update

from plugin.domain.consent import Consent, Stand, stand_of
from plugin.domain.customer import CustomerState, History
from plugin.domain.effects import Banner, Slot
from plugin.domain.ledger import Account
from plugin.domain.segments import Segment
from plugin.domain.stages import Turns
from plugin.domain.values import light_dataclass
from plugin.store.schema import customers
from plugin.store.statements import locked, update_all

#: Of `name_key`.
NAME_LENGTH = 255
#: Each has a column of its name.
_HISTORY = tuple(field.name for field in fields(History))
_TURNS = tuple(field.name for field in fields(Turns))


@light_dataclass(frozen=True, slots=True)
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


_GLANCES = select(customers).where(
    customers.c.shop_id == bindparam("shop"), customers.c.user_id.in_(bindparam("users", expanding=True))
)


def glance_all(connection: Connection, shop_id: int, user_ids: Sequence[str]) -> dict[str, Customer]:
    """The same of several, by their user ids."""
    if len(user_ids) == 1:
        alone = glance(connection, shop_id, user_ids[0])
        return {} if alone is None else {user_ids[0]: alone}
    rows = connection.execute(_GLANCES, {"shop": shop_id, "users": user_ids})
    return {row.user_id: read_customer(row) for row in rows}


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


def save_consent(connection: Connection, shop_id: int, customer_id: int, stand: Stand) -> None:
    _set(connection, shop_id, customer_id, opted_out=stand.opted_out, agreed_at=stand.agreed_at)


def account_values(account: Account) -> dict[str, Any]:
    """As columns; what its orders say of being written to has to be weighed again afterwards."""
    stand = stand_of(account.consent, (), confirmed=account.confirmed)
    return {
        "user_id": account.user_id,
        "email": account.email,
        "confirmed": account.confirmed,
        "first_name": account.first_name,
        "name_key": searchable(account.first_name),
        "language": account.language,
        "account_updated_at": account.updated_at,
        "opted_out": stand.opted_out,
        "account_opted_out": account.consent.opted_out,
        "opted_in_at": account.consent.opted_in_at,
        "agreed_at": stand.agreed_at,
        "account_agrees": account.consent.agrees,
        "objects": account.consent.objects,
    }


def searchable(name: str) -> str:
    """A name as it is searched by."""
    return name.strip().casefold()[:NAME_LENGTH]


@light_dataclass(frozen=True, slots=True)
class Measured:
    """A customer's state as it is to be kept."""

    customer_id: int
    history: History
    segment: Segment
    turns: Turns
    next_moment: datetime | None
    offers_since_order: int = 0


def save_states(connection: Connection, shop_id: int, measured: Sequence[Measured]) -> None:
    """Those whose history is another one, whole."""
    _set_all(
        connection,
        shop_id,
        {
            one.customer_id: state_values(one.history, one.segment, one.turns, one.next_moment, one.offers_since_order)
            for one in measured
        },
    )


def save_standings(connection: Connection, shop_id: int, measured: Sequence[Measured]) -> None:
    """Those of whom only time or a gift has made others: histories and turns stay as they are."""
    _set_all(
        connection,
        shop_id,
        {one.customer_id: _standing_values(one.segment, one.next_moment, one.offers_since_order) for one in measured},
    )


def save_moments(connection: Connection, shop_id: int, measured: Sequence[Measured]) -> None:
    """The same where the segment stays, too: it is in many indexes, which are written only where it is."""
    _set_all(
        connection,
        shop_id,
        {one.customer_id: _moment_values(one.next_moment, one.offers_since_order) for one in measured},
    )


def _set_all(connection: Connection, shop_id: int, values: Mapping[int, Mapping[str, Any]]) -> None:
    rows = [{"of_shop": shop_id, "of_customer": customer_id, **said} for customer_id, said in values.items()]
    update_all(connection, customers, {"shop_id": "of_shop", "id": "of_customer"}, rows)


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
        **{name: getattr(turns, name) for name in _TURNS},
        **_standing_values(segment, next_moment, offers_since_order),
    }


def _standing_values(segment: Segment, next_moment: datetime | None, offers_since_order: int) -> dict[str, Any]:
    return {"segment": segment.value, **_moment_values(next_moment, offers_since_order)}


def _moment_values(next_moment: datetime | None, offers_since_order: int) -> dict[str, Any]:
    return {"next_moment": next_moment, "offers_since_order": offers_since_order}


def save_shown(connection: Connection, shop_id: int, shown: Mapping[int, Mapping[Slot, Banner]]) -> None:
    """Customer's id → all that is shown."""
    plain = {
        customer_id: {slot.value: {"text": banner.text, "data": dict(banner.data)} for slot, banner in theirs.items()}
        for customer_id, theirs in shown.items()
    }
    _set_all(connection, shop_id, {customer_id: {"shown": theirs} for customer_id, theirs in plain.items()})


def note_offer(connection: Connection, shop_id: int, customer_id: int) -> None:
    """One more was given since the last order, by somebody who keeps no state."""
    of = (customers.c.shop_id == shop_id, customers.c.id == customer_id)
    connection.execute(update(customers).where(*of).values(offers_since_order=customers.c.offers_since_order + 1))


def rest(connection: Connection, shop_id: int, customer_id: int, until: datetime) -> None:
    """Time wakes this customer then, and not before."""
    _set(connection, shop_id, customer_id, next_moment=until)


def lock_due(connection: Connection, shop_id: int, now: datetime, limit: int) -> list[Customer]:
    """Whose stored moment has come, oldest first, held; those that somebody else holds are left out."""
    statement = (
        select(customers)
        .where(customers.c.shop_id == shop_id, customers.c.next_moment <= now)
        .order_by(customers.c.next_moment)
        .limit(limit)
    )
    return [read_customer(row) for row in connection.execute(locked(statement, skip=True)).all()]


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


def any_after(connection: Connection, shop_id: int, customer_id: int) -> bool:
    statement = select(customers.c.id).where(customers.c.shop_id == shop_id, customers.c.id > customer_id).limit(1)
    return connection.execute(statement).first() is not None


def lock_after(connection: Connection, shop_id: int, customer_id: int, limit: int) -> list[Customer]:
    """The next in order of their ids, held until the transaction's end: for walks over everybody."""
    return lock_where(connection, shop_id, customers.c.id > customer_id, limit=limit)


def lock_all(connection: Connection, shop_id: int, customer_ids: Collection[int]) -> dict[int, Customer]:
    """Those of them who are (still) there, held until the transaction's end."""
    found = lock_where(connection, shop_id, customers.c.id.in_(customer_ids)) if customer_ids else []
    return {customer.customer_id: customer for customer in found}


def lock_where(connection: Connection, shop_id: int, *conditions: Any, limit: int | None = None) -> list[Customer]:
    """Those of whom this is true, in order of their ids, held until the transaction's end."""
    statement = select(customers).where(customers.c.shop_id == shop_id, *conditions).order_by(customers.c.id)
    return [read_customer(row) for row in connection.execute(locked(statement.limit(limit))).all()]


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


_AT = {column.name: place for place, column in enumerate(customers.columns)}
_HISTORY_AT = itemgetter(*(_AT[name] for name in _HISTORY))
_TURNS_AT = itemgetter(*(_AT[name] for name in _TURNS))
_ACCOUNT_AT = itemgetter(*(_AT[name] for name in ("id", "user_id", "first_name", "language", "confirmed")))
_CONSENT_AT = itemgetter(
    *(_AT[name] for name in ("opted_out", "objects", "agreed_at", "account_opted_out", "opted_in_at", "account_agrees"))
)
_REST_AT = itemgetter(
    *(_AT[name] for name in ("email", "segment", "next_moment", "shown", "account_updated_at", "offers_since_order"))
)
_SPENT = _HISTORY.index("spent")
_SEGMENTS = {segment.value: segment for segment in Segment}


def read_customer(row: Row[Any]) -> Customer:
    """From a row of the whole table: by place, because there are many columns and may be many rows."""
    history = list(_HISTORY_AT(row))
    history[_SPENT] = {currency: Decimal(amount) for currency, amount in history[_SPENT].items()}
    customer_id, user_id, first_name, language, confirmed = _ACCOUNT_AT(row)
    opted_out, objects, agreed_at, account_opted_out, opted_in_at, account_agrees = _CONSENT_AT(row)
    email, segment, next_moment, shown, account_updated_at, offers = _REST_AT(row)
    consent = Consent(opted_out, objects, agreed_at=agreed_at)
    return Customer(
        CustomerState(customer_id, user_id, first_name, language, confirmed, History(*history), consent),
        email,
        _SEGMENTS[segment],
        Turns(*_TURNS_AT(row)),
        next_moment,
        {Slot(slot): Banner(Slot(slot), said["text"], said["data"]) for slot, said in shown.items()},
        account_updated_at,
        offers,
        Consent(account_opted_out, objects, opted_in_at, agrees=account_agrees),
    )

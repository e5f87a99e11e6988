"""Whose is it? An account is known by its user id; a guest by an e-mail, which proves nothing.

A guest becomes an account's only when that account is confirmed: anyone can register, or order, with
a stranger's address.
"""

from datetime import datetime

from sqlalchemy import Connection

from plugin.domain.ledger import Account, Checkout, Order
from plugin.flow.scene import Scene
from plugin.store import (
    budgets,
    codes,
    contacts,
    customers,
    decisions,
    effects,
    front_events,
    ledger,
    messages,
    suppressions,
)
from plugin.store.customers import Customer


def owner_for(connection: Connection, shop_id: int, order: Order, held_by: int | None, now: datetime) -> Customer:
    """The customer to whom this order belongs, made when nobody is known by that name.

    An order without user and e-mail (a sale at a till) stays with whom it was given first: `held_by`.
    """
    if order.user_id is not None:
        known = customers.by_user(connection, shop_id, order.user_id)
        return known or customers.create(connection, shop_id, now, user_id=order.user_id)
    if not order.email:
        known = customers.lock(connection, shop_id, held_by) if held_by is not None else None
        return known or customers.create(connection, shop_id, now)
    known = customers.proven_owner(connection, shop_id, order.email) or customers.guest(
        connection, shop_id, order.email
    )
    return known or customers.create(connection, shop_id, now, email=order.email)


def shopper_of(connection: Connection, shop_id: int, checkout: Checkout) -> Customer | None:
    """Whose basket this is, where they are known: an account's, or by an e-mail that was typed as with orders."""
    if checkout.user_id is not None:
        return customers.by_user(connection, shop_id, checkout.user_id)
    if not checkout.email:
        return None
    return customers.proven_owner(connection, shop_id, checkout.email) or customers.guest(
        connection, shop_id, checkout.email
    )


def recognise(connection: Connection, scene: Scene, account: Account) -> int:
    """The account's customer, brought up to date; a guest whose address it has proven becomes part of it."""
    shop_id = scene.shop_id
    known = customers.by_user(connection, shop_id, account.user_id) or customers.create(
        connection, shop_id, scene.now, user_id=account.user_id
    )
    if known.account_updated_at is not None and known.account_updated_at > account.updated_at:
        return known.customer_id
    customers.save_account(connection, shop_id, known.customer_id, account)
    if account.consent.objects or account.consent.opted_out:
        front_events.erase(connection, shop_id, known.customer_id)
    if known.email is not None and known.email != account.email:
        _stay_suppressed(connection, scene, known, known.customer_id)
    if account.confirmed:
        _take_in_guest(connection, scene, account.email, known.customer_id)
    return known.customer_id


def _stay_suppressed(connection: Connection, scene: Scene, customer: Customer, into_id: int) -> None:
    """What was said of this number or its address until now holds for whoever it becomes."""
    subjects = suppressions.subjects_of(scene.pepper, customer.customer_id, customer.email, customer.state.user_id)
    into = suppressions.of_number(scene.pepper, into_id)
    suppressions.pass_on(connection, scene.shop_id, subjects, into, scene.now)
    contacts.pass_on(connection, scene.shop_id, subjects, into.key)


def _take_in_guest(connection: Connection, scene: Scene, email: str, into_id: int) -> None:
    shop_id = scene.shop_id
    guest = customers.guest(connection, shop_id, email)
    if guest is None:
        return
    from_id = guest.customer_id
    _stay_suppressed(connection, scene, guest, into_id)
    theirs = ledger.orders_of_email(connection, shop_id, from_id, email)
    ledger.move_orders(connection, shop_id, theirs, into_id)
    decisions.unite(connection, shop_id, from_id, into_id)
    codes.move(connection, shop_id, from_id, into_id)
    budgets.move(connection, shop_id, from_id, into_id)
    effects.move(connection, shop_id, from_id, into_id)
    messages.move(connection, shop_id, from_id, into_id)
    front_events.move(connection, shop_id, from_id, into_id)
    customers.remove(connection, shop_id, from_id)

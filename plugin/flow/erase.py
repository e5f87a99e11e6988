"""A deleted customer, erased everywhere; what remains are tombstones that keep old orders from coming back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from plugin.domain.events import CustomerGone
from plugin.domain.ledger import Order
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.flow import asks
from plugin.flow.scene import Scene
from plugin.flow.touch import Touch
from plugin.secrets import subject_hash
from plugin.store import budgets, codes, customers, decisions, effects, inbox, ledger, suppressions, tombstones
from plugin.store.codes import CodeStatus
from plugin.store.customers import Customer


@dataclass(frozen=True, slots=True)
class Eraser:
    #: The shop's, decrypted.
    pepper: str
    #: How long the data of a shop that left is kept.
    grace: timedelta
    #: Somebody has been erased here; where nobody has, there is nobody to look for.
    anybody: bool

    def customer(self, connection: Connection, scene: Scene, event: CustomerGone) -> None:
        """The account, and the guest by the same e-mail where the account had proven it.

        The platform keeps their orders as a guest's, and goes on telling of them.
        """
        account = customers.by_user(connection, scene.shop_id, event.user_id)
        proven = {event.email} if event.email and event.confirmed else set()
        if account is not None and account.state.confirmed and account.email:
            proven.add(account.email)
        guests = [customers.guest(connection, scene.shop_id, email) for email in sorted(proven)]
        subjects = [f"user:{event.user_id}", *(f"email:{email}" for email in sorted(proven))]
        for customer in (account, *guests):
            if customer is not None:
                bought = ledger.purchases(connection, scene.shop_id, customer.customer_id)
                subjects += [f"bought:{purchase.order_id}" for purchase in bought]
                _erase(connection, scene, customer)
        tombstones.put(connection, scene.shop_id, [self._hash(subject) for subject in subjects], scene.now)
        inbox.wipe(connection, scene.shop_id, [event.user_id, *sorted(proven)])

    def order(self, connection: Connection, scene: Scene, order_id: str) -> Iterator[Touch]:
        """One order that the merchant's anonymizer marked; its guest goes with the last of them."""
        holder = ledger.owner_of(connection, scene.shop_id, order_id)
        if holder is None:
            return
        ledger.erase_order(connection, scene.shop_id, order_id)
        tombstones.put(connection, scene.shop_id, [self._hash(f"order:{order_id}")], scene.now)
        customer = customers.lock(connection, scene.shop_id, holder)
        if customer is None:
            return
        if customer.state.user_id is None and not ledger.has_orders(connection, scene.shop_id, holder):
            _erase(connection, scene, customer)
            return
        yield Touch(holder, Trigger(TriggerKind.HISTORY, scene.now))

    def forgotten(self, connection: Connection, shop_id: int, order: Order) -> bool:
        """Placed before its buyer was erased, or erased itself."""
        if not self.anybody:
            return False
        named = [f"order:{order.order_id}"]
        if order.user_id:  # It may have been given to another account since.
            named.append(f"user:{order.user_id}")
        else:
            named += [f"email:{order.email}", f"bought:{order.order_id}"]
        erased_at = tombstones.erased_at(connection, shop_id, [self._hash(subject) for subject in named])
        return erased_at is not None and order.placed_at <= erased_at

    def was_erased(self, connection: Connection, shop_id: int, user_id: str) -> bool:
        """Saleor never gives a user's id to another, so what comes of it now is late."""
        return tombstones.erased_at(connection, shop_id, [self._hash(f"user:{user_id}")]) is not None

    def _hash(self, subject: str) -> bytes:
        return subject_hash(self.pepper, subject)


def _erase(connection: Connection, scene: Scene, customer: Customer) -> None:
    customer_id = customer.customer_id
    _take_codes_back(connection, scene, customer_id)
    codes.erase(connection, scene.shop_id, customer_id)
    budgets.erase(connection, scene.shop_id, customer_id)
    effects.erase(connection, scene.shop_id, customer_id)
    decisions.erase(connection, scene.shop_id, customer_id)
    ledger.erase(connection, scene.shop_id, customer_id, customer.state.user_id, customer.email)
    suppressions.remove(connection, scene.shop_id, [suppressions.of_number(scene.pepper, customer_id).key])
    customers.remove(connection, scene.shop_id, customer_id)


def _take_codes_back(connection: Connection, scene: Scene, customer_id: int) -> None:
    for code in codes.of_customer(connection, scene.shop_id, customer_id):
        if code.status is not CodeStatus.REDEEMED:
            asks.take_back(connection, scene, code)

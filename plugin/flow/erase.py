"""A deleted customer, erased everywhere; what remains are tombstones that keep old orders from coming back."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from plugin.domain.events import CustomerGone
from plugin.domain.guardrails import Suppression
from plugin.domain.ledger import Account, Checkout, Order
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.flow import asks
from plugin.flow.scene import Scene
from plugin.flow.touch import Touch
from plugin.secrets import subject_hash
from plugin.store import (
    baskets,
    budgets,
    codes,
    contacts,
    customers,
    decisions,
    effects,
    front_events,
    inbox,
    ledger,
    messages,
    rehearsals,
    suppressions,
    tombstones,
)
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

    def by_hand(self, connection: Connection, scene: Scene, customer: Customer) -> None:
        """Whoever the merchant was asked to forget, though the platform goes on knowing them.

        What is older than this is not taken in again, what is newer is: somebody new, who has said nothing. That
        they wanted nothing is kept as hashes, because nobody would tell of it again.
        """
        user_id, email = customer.state.user_id, customer.email
        proven = email if email and (customer.state.confirmed or user_id is None) else None
        subjects = [f"asked:{user_id}"] if user_id else []
        subjects += [f"email:{proven}"] if proven else []
        bought = ledger.purchases(connection, scene.shop_id, customer.customer_id)
        subjects += [f"bought:{purchase.order_id}" for purchase in bought]
        _erase(connection, scene, customer)
        if customer.state.consent.opted_out or customer.state.consent.objects:
            _stay_away(connection, scene, user_id, email)
        tombstones.put(connection, scene.shop_id, [self._hash(subject) for subject in subjects], scene.now)
        inbox.wipe(connection, scene.shop_id, [name for name in (user_id, proven) if name])

    def order(self, connection: Connection, scene: Scene, order_id: str) -> Iterator[Touch]:
        """One order that the merchant's anonymizer marked; its guest goes with the last of them."""
        holder = ledger.owner_of(connection, scene.shop_id, order_id)
        if holder is None:
            return
        baskets.erase_order(connection, scene.shop_id, order_id)
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
            named += [f"user:{order.user_id}", f"asked:{order.user_id}"]
        else:
            named += [f"email:{order.email}", f"bought:{order.order_id}"]
        erased_at = tombstones.erased_at(connection, shop_id, [self._hash(subject) for subject in named])
        return erased_at is not None and order.placed_at <= erased_at

    def forgotten_checkout(self, connection: Connection, shop_id: int, checkout: Checkout) -> bool:
        """Begun before its shopper was erased."""
        if not self.anybody:
            return False
        named = [f"email:{checkout.email}"] if checkout.email else []
        if checkout.user_id:
            named += [f"user:{checkout.user_id}", f"asked:{checkout.user_id}"]
        erased_at = tombstones.erased_at(connection, shop_id, [self._hash(subject) for subject in named])
        return erased_at is not None and checkout.created_at <= erased_at

    def was_erased(self, connection: Connection, shop_id: int, account: Account) -> bool:
        """Saleor never gives a user's id to another, so what comes of one that was deleted is late.

        One that was erased by hand lives on: only what was said before is late, unless they are back already.
        """
        if tombstones.erased_at(connection, shop_id, [self._hash(f"user:{account.user_id}")]) is not None:
            return True
        asked_at = tombstones.erased_at(connection, shop_id, [self._hash(f"asked:{account.user_id}")])
        if asked_at is None or account.updated_at > asked_at:
            return False
        return customers.glance(connection, shop_id, account.user_id) is None

    def _hash(self, subject: str) -> bytes:
        return subject_hash(self.pepper, subject)


def _stay_away(connection: Connection, scene: Scene, user_id: str | None, email: str | None) -> None:
    subjects = [suppressions.of_account(scene.pepper, user_id)] if user_id else []
    subjects += [suppressions.of_email(scene.pepper, email)] if email else []
    for subject in subjects:
        wanted = Suppression(suppressions.Why.ASKED, None)
        suppressions.put(connection, scene.shop_id, subject, wanted, "", scene.now)


def _erase(connection: Connection, scene: Scene, customer: Customer) -> None:
    customer_id = customer.customer_id
    _take_codes_back(connection, scene, customer_id)
    codes.erase(connection, scene.shop_id, customer_id)
    budgets.erase(connection, scene.shop_id, customer_id)
    effects.erase(connection, scene.shop_id, customer_id)
    decisions.erase(connection, scene.shop_id, customer_id)
    rehearsals.erase(connection, scene.shop_id)
    front_events.erase(connection, scene.shop_id, customer_id)
    baskets.erase(connection, scene.shop_id, customer_id, customer.state.user_id, customer.email)
    ledger.erase(connection, scene.shop_id, customer_id)
    messages.erase(connection, scene.shop_id, customer_id)
    number, *email = suppressions.subjects_of(scene.pepper, customer_id, customer.email)
    suppressions.remove(connection, scene.shop_id, [number])
    contacts.forget(connection, scene.shop_id, number, email[0] if email else None)
    customers.remove(connection, scene.shop_id, customer_id)


def _take_codes_back(connection: Connection, scene: Scene, customer_id: int) -> None:
    for code in codes.of_customer(connection, scene.shop_id, customer_id):
        if code.status is not CodeStatus.REDEEMED:
            asks.take_back(connection, scene, code)

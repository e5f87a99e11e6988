"""What customers said of being written to, weighed anew: the account's word and that of each order."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from plugin.domain.consent import Stand, stand_of
from plugin.flow.scene import Scene
from plugin.store import customers, front_events, ledger
from plugin.store.customers import Customer


def weigh(connection: Connection, scene: Scene, people: Sequence[Customer]) -> list[Customer]:
    """The same customers, who are locked by the caller, as they stand now; kept where that is another."""
    words = ledger.words(connection, scene.shop_id, [customer.customer_id for customer in people])
    return [
        _stands(
            connection,
            scene,
            customer,
            stand_of(customer.said, words[customer.customer_id], confirmed=customer.state.confirmed),
        )
        for customer in people
    ]


def _stands(connection: Connection, scene: Scene, customer: Customer, stand: Stand) -> Customer:
    consent = customer.state.consent
    if Stand(consent.opted_out, consent.agreed_at) == stand:
        return customer
    customers.save_consent(connection, scene.shop_id, customer.customer_id, stand)
    if stand.opted_out and not consent.opted_out:
        front_events.erase(connection, scene.shop_id, customer.customer_id)
    stands = replace(consent, opted_out=stand.opted_out, agreed_at=stand.agreed_at)
    return replace(customer, state=replace(customer.state, consent=stands))

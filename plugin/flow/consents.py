"""What customers said of being written to, weighed anew: the account's word and that of each order."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from plugin.domain.consent import opted_out
from plugin.flow.scene import Scene
from plugin.store import customers, ledger
from plugin.store.customers import Customer


def weigh(connection: Connection, scene: Scene, people: Sequence[Customer]) -> list[Customer]:
    """The same customers, who are locked by the caller, as they stand now; kept where that is another."""
    words = ledger.words(connection, scene.shop_id, [customer.customer_id for customer in people])
    return [
        _stands(
            connection,
            scene,
            customer,
            opted_out(customer.said, words[customer.customer_id], confirmed=customer.state.confirmed),
        )
        for customer in people
    ]


def _stands(connection: Connection, scene: Scene, customer: Customer, no: bool) -> Customer:
    consent = customer.state.consent
    if consent.opted_out == no:
        return customer
    customers.save_opted_out(connection, scene.shop_id, customer.customer_id, opted_out=no)
    return replace(customer, state=replace(customer.state, consent=replace(consent, opted_out=no)))

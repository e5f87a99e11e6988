"""Who is touched by an event."""

from dataclasses import dataclass

from plugin.domain.ledger import Order
from plugin.domain.tactic import Trigger
from plugin.store.customers import Customer


@dataclass(frozen=True, slots=True)
class Touch:
    """A customer of whom something has changed."""

    customer_id: int
    trigger: Trigger
    #: The one order that is new, where that is all: then the state can be extended instead of folded.
    new_order: Order | None = None
    #: As read and locked in this transaction, where nothing but orders has changed since.
    customer: Customer | None = None

"""Baskets that customers have begun, as tactics see them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from plugin.domain.baskets import Basket
from plugin.domain.effects import Banner, Slot
from plugin.domain.tactic import TriggerKind
from plugin.flow.scene import Scene
from plugin.flow.thresholds import rules_of
from plugin.store import baskets
from plugin.store.customers import Customer
from plugin.tactics.free_shipping import shown_in


def baskets_of(connection: Connection, scene: Scene, people: Sequence[Customer]) -> Mapping[int, Sequence[Basket]]:
    """Customer's id → what they have begun; nothing is read where nobody listens."""
    if not scene.listens(TriggerKind.CHECKOUT):
        return {}
    begun = baskets.open_of(connection, scene.shop_id, people, scene.now)
    shown = {one.customer_id: one.shown[Slot.FREE_SHIPPING] for one in people if Slot.FREE_SHIPPING in one.shown}
    if not shown.keys() & begun.keys() or rules_of(connection, scene.shop_id).excluded(scene.now):
        return begun
    gross = {channel.slug for channel in scene.channels if channel.gross}
    return {
        customer_id: [
            _promised(one, shown.get(customer_id), scene.now) if one.channel in gross else one for one in theirs
        ]
        for customer_id, theirs in begun.items()
    }


def _promised(basket: Basket, shown: Banner | None, now: datetime) -> Basket:
    """All of it counts: nothing is excluded, and prices are shown with the tax that the subtotal has in it."""
    promised = shown_in(shown, basket.channel)
    if promised is None or (promised.until is not None and promised.until <= now):
        return basket
    return replace(basket, free_from=promised.money)

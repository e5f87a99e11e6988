"""Baskets that customers have begun, as tactics see them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from plugin.domain.baskets import Basket
from plugin.domain.effects import Banner, Slot
from plugin.domain.replay_values import Begun
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
    promised = _promises(connection, scene, people, begun)
    return {customer_id: [promised(customer_id, one) for one in theirs] for customer_id, theirs in begun.items()}


def past_baskets_of(connection: Connection, scene: Scene, people: Sequence[Customer]) -> Mapping[int, Sequence[Begun]]:
    """All that is known of what they had begun, with what they are promised today: nobody knows what it was then."""
    begun = baskets.begun_by(connection, scene.shop_id, people)
    promised = _promises(connection, scene, people, begun)
    return {
        customer_id: [replace(one, basket=promised(customer_id, one.basket)) for one in theirs]
        for customer_id, theirs in begun.items()
    }


def _promises(
    connection: Connection, scene: Scene, people: Sequence[Customer], begun: Collection[int]
) -> Callable[[int, Basket], Basket]:
    """A customer's basket with what it is promised to ship free from."""
    shown = {one.customer_id: one.shown[Slot.FREE_SHIPPING] for one in people if Slot.FREE_SHIPPING in one.shown}
    if shown.keys().isdisjoint(begun) or rules_of(connection, scene.shop_id).excluded(scene.now):
        return lambda _, basket: basket
    gross = {channel.slug for channel in scene.channels if channel.gross}
    return lambda customer_id, basket: (
        _promised(basket, shown.get(customer_id), scene.now) if basket.channel in gross else basket
    )


def _promised(basket: Basket, shown: Banner | None, now: datetime) -> Basket:
    """All of it counts: nothing is excluded, and prices are shown with the tax that the subtotal has in it."""
    promised = shown_in(shown, basket.channel)
    if promised is None or (promised.until is not None and promised.until <= now):
        return basket
    return replace(basket, free_from=promised.money)

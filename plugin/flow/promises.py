"""The free-shipping thresholds that a customer has been shown follow what is true of them.

Whatever changes it (the rules, the segment, the end of a promise), what is stored and what the
storefront reads come after; nobody who has not been shown anything is shown something here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from plugin.domain.effects import Banner, EffectKind, Slot
from plugin.domain.free_shipping import Threshold
from plugin.domain.segments import Segment
from plugin.flow.house import House
from plugin.flow.scene import Scene, set_scene
from plugin.flow.thresholds import Rules, personal_threshold, rules_of, threshold_in
from plugin.store import customers, effects, shops
from plugin.store.customers import Customer
from plugin.tactics.free_shipping import banner, shown_in


@dataclass(frozen=True, slots=True)
class Promise:
    rules: Rules
    #: As it is stored.
    customer: Customer
    #: What the customer is shown, with the ends of promises that the rules do not keep any more.
    shown: Mapping[Slot, Banner]


def standing(connection: Connection, scene: Scene, customer: Customer) -> Promise:
    """What was promised until this moment."""
    stored = customer.shown.get(Slot.FREE_SHIPPING)
    if stored is None:
        return Promise(Rules(), customer, customer.shown)
    rules = rules_of(connection, scene.shop_id)
    thresholds = {
        channel.slug: threshold
        for channel in scene.channels
        if shown_in(stored, channel.slug) is not None
        and (threshold := personal_threshold(rules, customer, channel, scene.now)) is not None
    }
    return Promise(rules, customer, {**customer.shown, Slot.FREE_SHIPPING: banner(stored.text, thresholds)})


def follow(
    connection: Connection, scene: Scene, segment: Segment, promise: Promise, *, shown_by_decision: bool
) -> datetime | None:
    """Bring what is shown in line with the segment of now; when the first of the promises ends.

    shown_by_decision: a campaign has just decided to show it, and its own effect will.
    """
    stored = promise.customer.shown.get(Slot.FREE_SHIPPING)
    if stored is None:
        return None
    thresholds = {
        channel.slug: threshold
        for channel in scene.channels
        if channel.active
        and (threshold := threshold_in(promise.rules, promise.customer, segment, channel, scene.now)) is not None
    }
    if not shown_by_decision:
        text = promise.rules.words.text if promise.rules.on else stored.text
        _show(connection, scene, promise.customer, banner(text, thresholds))
    return _first_end(thresholds)


def note_seen(house: House, shop_id: int, user_id: str) -> None:
    """The customer has just been shown their threshold by the storefront: from now on it is a promise."""
    now = house.clock()
    with house.database.write() as connection:
        scene = set_scene(connection, house, shops.get(connection, shop_id), now)
        customer = customers.by_user(connection, shop_id, user_id)
        if customer is None:
            return
        rules = rules_of(connection, shop_id)
        thresholds = {
            channel.slug: threshold
            for channel in scene.channels
            if channel.active and (threshold := personal_threshold(rules, customer, channel, now)) is not None
        }
        _show(connection, scene, customer, banner(rules.words.text, thresholds))


def _show(connection: Connection, scene: Scene, customer: Customer, wanted: Banner) -> None:
    """Stored, and asked to be written to the customer's metadata, unless it is what is shown already."""
    stored = customer.shown.get(Slot.FREE_SHIPPING)
    if wanted == stored or (stored is None and not wanted.data):
        return
    shown = {**customer.shown, Slot.FREE_SHIPPING: wanted}
    if not wanted.data:
        del shown[Slot.FREE_SHIPPING]
    customers.save_shown(connection, scene.shop_id, customer.customer_id, shown)
    effects.ask(
        connection,
        scene.shop_id,
        f"promise:{customer.customer_id}:{scene.now.isoformat()}",
        EffectKind.BANNER,
        {"slot": wanted.slot.value, "text": wanted.text, "data": dict(wanted.data)},
        scene.now,
        customer_id=customer.customer_id,
    )


def _first_end(thresholds: Mapping[str, Threshold]) -> datetime | None:
    return min((threshold.until for threshold in thresholds.values() if threshold.until is not None), default=None)

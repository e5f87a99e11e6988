"""The free-shipping thresholds that a customer has been shown follow what is true of them.

Whatever changes it (the rules, the segment, the end of a promise), what is stored and what the
storefront reads come after; nobody who has not been shown anything is shown something here.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from plugin.domain.effects import Banner, EffectKind, Slot
from plugin.domain.free_shipping import Threshold
from plugin.domain.segments import Segment
from plugin.domain.values import light_dataclass
from plugin.flow.house import House
from plugin.flow.scene import Scene, set_scene
from plugin.flow.thresholds import Rules, personal_thresholds, rules_of, still_shown, thresholds_in
from plugin.store import customers, effects, shops
from plugin.store.customers import Customer
from plugin.store.effects import Wanted
from plugin.tactics.free_shipping import banner, spoken


@light_dataclass(frozen=True, slots=True)
class Promise:
    rules: Rules
    #: As it is stored.
    customer: Customer
    #: What the customer is shown, with the ends of promises that the rules do not keep any more.
    shown: Mapping[Slot, Banner]


def standing(scene: Scene, customer: Customer, known: Callable[[], Rules]) -> Promise:
    """What was promised until this moment. known: the rules, read only where something is shown."""
    stored = customer.shown.get(Slot.FREE_SHIPPING)
    if stored is None:
        return Promise(Rules(), customer, customer.shown)
    rules = known()
    thresholds = _joined(still_shown(rules, customer, channel, scene.now) for channel in scene.channels)
    return Promise(rules, customer, {**customer.shown, Slot.FREE_SHIPPING: banner(stored.text, thresholds)})


def follow(
    connection: Connection, scene: Scene, segment: Segment, promise: Promise, *, shown_by_decision: bool
) -> datetime | None:
    """Bring what is shown in line with the segment of now; when it changes next: by the end of a promise, or by a schedule.

    shown_by_decision: a campaign has just decided to show it, and its own effect will.
    """
    stored = promise.customer.shown.get(Slot.FREE_SHIPPING)
    if stored is None:
        return None
    thresholds = _joined(
        thresholds_in(promise.rules, promise.customer, segment, channel, scene.now)
        for channel in scene.channels
        if channel.active
    )
    if not shown_by_decision:
        language = promise.customer.state.language
        text = spoken(promise.rules.words(scene.now), language) if promise.rules.on(scene.now) else stored.text
        _show(connection, scene, promise.customer, banner(text, thresholds))
    moments = [promise.rules.next_change(scene.now), *(threshold.until for threshold in thresholds.values())]
    return min((at for at in moments if at is not None), default=None)


def note_seen(house: House, shop_id: int, user_id: str) -> None:
    """The customer has just been shown their threshold by the storefront: from now on it is a promise."""
    now = house.clock()
    with house.database.write() as connection:
        scene = set_scene(connection, house, shops.get(connection, shop_id), now)
        customer = customers.by_user(connection, shop_id, user_id)
        if customer is None:
            return
        rules = rules_of(connection, shop_id)
        thresholds = _joined(
            personal_thresholds(rules, customer, channel, now) for channel in scene.channels if channel.active
        )
        _show(connection, scene, customer, banner(spoken(rules.words(now), customer.state.language), thresholds))


def _show(connection: Connection, scene: Scene, customer: Customer, wanted: Banner) -> None:
    """Stored, and asked to be written to the customer's metadata, unless it is what is shown already."""
    stored = customer.shown.get(Slot.FREE_SHIPPING)
    if wanted == stored or (stored is None and not wanted.data):
        return
    shown = {**customer.shown, Slot.FREE_SHIPPING: wanted}
    if not wanted.data:
        del shown[Slot.FREE_SHIPPING]
    customers.save_shown(connection, scene.shop_id, {customer.customer_id: shown})
    written = Wanted(
        f"promise:{customer.customer_id}:{scene.now.isoformat()}",
        EffectKind.BANNER,
        {"slot": wanted.slot.value, "text": wanted.text, "data": dict(wanted.data)},
        customer_id=customer.customer_id,
    )
    effects.ask(connection, scene.shop_id, written, scene.now)


def _joined(by_channel: Iterable[Mapping[str, Threshold]]) -> Mapping[str, Threshold]:
    return {market: threshold for one in by_channel for market, threshold in one.items()}

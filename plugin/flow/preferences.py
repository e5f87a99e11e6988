"""What a customer chose on their own page, by one click in their mail program, or as their provider tells of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from plugin.domain.messages import Medium, Purpose
from plugin.domain.reach import MEASURING, Choice, Source
from plugin.errors import NotVerified
from plugin.flow.guards import reach_of, subjects_of
from plugin.flow.house import House
from plugin.flow.message_links import WRONG
from plugin.flow.scene import Scene, set_scene
from plugin.store import contacts, customers, messages, shops
from plugin.store.customers import Customer
from plugin.store.messages import Sent


@dataclass(frozen=True, slots=True)
class Preferences:
    """What the page shows: nothing that tells who it is."""

    shop: str
    language: str | None
    #: What may be chosen → whether it is, in the order in which it is shown.
    chosen: Mapping[str, bool]
    #: Said no to everything in their account or with an order: only there can that be taken back.
    opted_out: bool


def look(house: House, ref: str) -> Preferences:
    """Raises `NotVerified` where the message or its customer is not there any more."""
    with house.database.read() as connection:
        scene, customer, _ = _of(connection, house, ref)
        return _seen(connection, scene, customer)


def choose(house: House, ref: str, wanted: Mapping[str, bool], source: Source) -> Preferences:
    """Only what is named is changed. Raises `NotVerified`."""
    with house.database.write() as connection:
        scene, customer, _ = _of(connection, house, ref)
        _keep(connection, scene, customer, wanted, source)
        return _seen(connection, scene, customer)


def unsubscribe(house: House, ref: str) -> Preferences:
    """No more marketing by the medium of this message. Raises `NotVerified`."""
    with house.database.write() as connection:
        scene, customer, message = _of(connection, house, ref)
        _keep(connection, scene, customer, {message.medium.value: False}, Source.ONE_CLICK)
        return _seen(connection, scene, customer)


def note_seen(house: House, ref: str, what: str) -> None:
    """Opened or clicked: kept only as long as the customer agrees to be measured."""
    with house.database.write() as connection:
        try:
            scene, customer, _ = _of(connection, house, ref)
        except NotVerified:
            return
        choice = _choices(connection, scene, customer).get(MEASURING)
        if choice is not None and choice.yes:
            messages.note(connection, ref, what, scene.now)


def hear_of(house: House, ref: str, source: Source, at: datetime) -> bool:
    """A bounce or a complaint about this message; False where nobody knows it. Told twice, nothing changes."""
    with house.database.write() as connection:
        message = messages.by_ref(connection, ref)
        if message is None:
            return False
        scene = set_scene(connection, house, shops.get(connection, message.shop_id), house.clock())
        subjects = [message.address] if message.address is not None else []
        customer = customers.by_id(connection, message.shop_id, message.customer_id)
        if customer is not None and (source is Source.COMPLAINT or not subjects):
            subjects += subjects_of(scene, [customer])[customer.customer_id]
        choice = Choice(yes=False, source=source, at=min(at, scene.now))
        contacts.choose(connection, message.shop_id, subjects, message.medium, choice)
        messages.note(connection, ref, "bounced" if source is Source.BOUNCE else "complained", choice.at)
    return True


def _of(connection: Connection, house: House, ref: str) -> tuple[Scene, Customer, Sent]:
    message = messages.by_ref(connection, ref)
    customer = None if message is None else customers.by_id(connection, message.shop_id, message.customer_id)
    if message is None or customer is None:
        raise NotVerified(WRONG)
    return set_scene(connection, house, shops.get(connection, message.shop_id), house.clock()), customer, message


def _keep(connection: Connection, scene: Scene, customer: Customer, wanted: Mapping[str, bool], source: Source) -> None:
    subjects = subjects_of(scene, [customer])[customer.customer_id]
    for about, yes in wanted.items():
        contacts.choose(connection, scene.shop_id, subjects, about, Choice(yes, source, scene.now))


def _choices(connection: Connection, scene: Scene, customer: Customer) -> Mapping[str, Choice]:
    found = contacts.of_subjects(connection, scene.shop_id, subjects_of(scene, [customer]))
    return found[customer.customer_id]


def _seen(connection: Connection, scene: Scene, customer: Customer) -> Preferences:
    reached = reach_of(connection, scene, [customer])[customer.customer_id]
    measured = _choices(connection, scene, customer).get(MEASURING)
    marketing = reached[Purpose.MARKETING]
    possible = [medium for medium in Medium if medium in scene.media]
    chosen = {medium.value: medium in marketing for medium in possible}
    chosen[MEASURING] = measured is not None and measured.yes
    name = scene.shop.sending.sender_name or scene.shop.name
    return Preferences(name, customer.state.language, chosen, customer.state.consent.opted_out)

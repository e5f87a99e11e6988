"""Watched segments: who enters and who leaves them, and the campaigns that hear of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from plugin.domain import membership
from plugin.domain.membership import UNSEEN, Moves, entered_at, heard_by, moves
from plugin.domain.tactic import Trigger
from plugin.flow.scene import Scene
from plugin.store import members, segments
from plugin.store.customers import Customer


@dataclass(frozen=True, slots=True)
class Told:
    """What campaigns hear of: each trigger with those that listen to it."""

    trigger: Trigger
    scene: Scene


def bring_up_to_date(
    connection: Connection, scene: Scene, looked_at: Sequence[tuple[Customer, Trigger]]
) -> dict[int, Moves]:
    """The customers' memberships, written; customer's id → how they moved. They are locked by the caller."""
    people = [customer for customer, _ in looked_at]
    conditions = scene.watched.values()
    persons = segments.persons_of(connection, scene.shop_id, people, scene.shop.limits, *conditions)
    inside = members.stays_of(connection, scene.shop_id, list(persons))
    made = {one: moves(scene.watched, inside[one], person, scene.now) for one, person in persons.items()}
    since = {customer.customer_id: entered_at(cause, scene.now) for customer, cause in looked_at}
    members.enter(
        connection, scene.shop_id, {one: dict.fromkeys(moved.entered, since[one]) for one, moved in made.items()}
    )
    members.leave(connection, scene.shop_id, {one: moved.left for one, moved in made.items()})
    return made


def told(scene: Scene, made: Moves, cause: Trigger) -> Iterator[Told]:
    if scene.decides:
        for trigger, hearing in membership.told(scene.campaigns, made, cause):
            yield Told(trigger, replace(scene, campaigns=hearing))


def stays_of(connection: Connection, scene: Scene, customer_ids: Sequence[int]) -> dict[int, Mapping[str, datetime]]:
    """The watched segments that each customer is known to be in, and since when."""
    presumed = dict.fromkeys(scene.presumed - scene.watched.keys(), UNSEEN)
    known = members.stays_of(connection, scene.shop_id, customer_ids) if scene.watched else {}
    return {customer_id: {**presumed, **known.get(customer_id, {})} for customer_id in customer_ids}


def follow(connection: Connection, scene: Scene) -> bool:
    """Watch what campaigns hear of now, and nothing that neither they nor the merchant want; whether that is new."""
    wanted = {name for campaign in scene.campaigns for name in heard_by(campaign)}
    known = members.names(connection, scene.shop_id)
    for name in sorted(wanted - set(known)):
        members.watch(connection, scene.shop, name, scene.now, asked=False)
    for name, asked in known.items():
        if not asked and name not in wanted:
            members.unwatch(connection, scene.shop_id, name)
    return not wanted <= set(known)

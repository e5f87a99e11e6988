"""Watched segments: who enters and who leaves them, and the campaigns that hear of it.

A campaign hears of the segments that its audience and its exclusions name, while it is on and its tactic
listens to entering or leaving.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign
from plugin.domain.conditions import Named, Person, leaves, read_condition
from plugin.domain.membership import Moves, moves
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.flow.scene import Scene
from plugin.store import members

_TOLD = frozenset({TriggerKind.ENTERED, TriggerKind.LEFT})


@dataclass(frozen=True, slots=True)
class Told:
    """What campaigns hear of: each trigger with those that listen to it."""

    trigger: Trigger
    scene: Scene


def bring_up_to_date(connection: Connection, scene: Scene, person: Person) -> Moves:
    """The customer's memberships, written. The customer is locked by the caller."""
    if not scene.watched:
        return Moves()
    customer_id = person.state.customer_id
    inside = members.of_customer(connection, scene.shop_id, customer_id)
    made = moves(scene.watched, inside, person, scene.now)
    members.enter(connection, scene.shop_id, customer_id, made.entered, scene.now)
    members.leave(connection, scene.shop_id, customer_id, made.left)
    return made


def told(scene: Scene, made: Moves, cause: Trigger) -> Iterator[Told]:
    """What is learnt of the past moves customers and fires nothing; what is old is as old for who hears of it."""
    if cause.kind is TriggerKind.HISTORY or not scene.decides:
        return
    for kind, names in ((TriggerKind.LEFT, made.left), (TriggerKind.ENTERED, made.entered)):
        for name in names:
            hearing = [one for one in scene.campaigns if kind in one.tactic.listens_to and name in heard_by(one)]
            if hearing:
                yield Told(Trigger(kind, cause.at, segment=name), replace(scene, campaigns=hearing))


def heard_by(campaign: Campaign) -> set[str]:
    """The segments that this campaign hears of."""
    if not campaign.on or not campaign.tactic.listens_to & _TOLD:
        return set()
    said = [read_condition(given) for given in (campaign.audience_said, campaign.exclude_said) if given is not None]
    return {leaf.segment for condition in said for leaf in leaves(condition) if isinstance(leaf, Named)}


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

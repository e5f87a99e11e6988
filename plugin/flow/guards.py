"""What the guardrails need to know of customers, from the store; and whether a gift may still go out."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from decimal import Decimal

from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign
from plugin.domain.decide import THEIR_OWN_DOING, Standing
from plugin.domain.guardrails import Suppression, suppressed
from plugin.domain.margins import usual_margin
from plugin.domain.message_params import MessageParams
from plugin.domain.messages import Medium, Purpose
from plugin.domain.phrases import phrase
from plugin.domain.reach import Contact, reach
from plugin.domain.tactic import TriggerKind
from plugin.flow.scene import Scene
from plugin.flow.zones import zone_of
from plugin.store import contacts, costs, decisions, ledger, segments, suppressions
from plugin.store.customers import Customer


def standings_of(
    connection: Connection, scene: Scene, people: Sequence[Customer], kind: TriggerKind
) -> dict[int, Standing]:
    """Customer's id → all that is known. What bars a gift is looked up only where something may be given."""
    ids = [customer.customer_id for customer in people]
    audiences = [condition for one in scene.campaigns if one.on for condition in (one.audience, one.exclude)]
    persons = segments.persons_of(connection, scene.shop_id, people, scene.shop.limits, *audiences)
    known = decisions.standings(connection, scene.shop_id, ids)
    if not any(one.runs(scene.now) and kind in one.tactic.listens_to for one in scene.campaigns):
        return {one: replace(known[one], person=persons[one]) for one in ids}
    listed = _listed(connection, scene, people)
    refunded = suppressions.refunded_at(connection, scene.shop_id, ids)
    zones = _zones(connection, scene, ids, kind)
    margins = _margins(connection, scene, people)
    any_sends = any(one.runs(scene.now) and sends(one) for one in scene.campaigns)
    reached = reach_of(connection, scene, people) if any_sends else {}
    return {
        one: Standing(
            known[one].past,
            known[one].arms,
            listed.get(one),
            refunded.get(one),
            zones.get(one, scene.zone),
            persons[one],
            margins.get(one),
            reached.get(one),
        )
        for one in ids
    }


def reach_of(
    connection: Connection, scene: Scene, people: Sequence[Customer]
) -> dict[int, Mapping[Purpose, frozenset[Medium]]]:
    """Customer's id → by what they may be written to. Mails need an address that they are sent from."""
    media = scene.media if scene.shop.sending.sender_address else scene.media - {Medium.MAIL}
    chosen = contacts.of_subjects(connection, scene.shop_id, subjects_of(scene, people))
    return {
        one.customer_id: reach(
            one.state.consent,
            chosen[one.customer_id],
            Contact(bool(one.email), one.state.user_id is not None, one.state.history.orders > 0),
            media,
            needs_opt_in=scene.shop.sending.needs_opt_in,
        )
        for one in people
    }


def subjects_of(scene: Scene, people: Sequence[Customer]) -> dict[int, list[bytes]]:
    """Customer's id → the keyed hashes of their number and their e-mail."""
    return {one.customer_id: suppressions.subjects_of(scene.pepper, one.customer_id, one.email) for one in people}


def why_not_any_more(
    connection: Connection,
    scene: Scene,
    people: Sequence[Customer],
    campaign: Campaign,
    owed: Collection[int] = frozenset(),
) -> dict[int, str]:
    """Customer's id → why nothing may go out to them any more, whatever was decided; who may have it is left out.

    owed: to whom it is no marketing.

    That the shop or the campaign was stopped holds everything already, so this is what only the customer's own
    word, or one about them, can say.
    """
    listed = _listed(connection, scene, people)
    found: dict[int, str] = {}
    for customer in people:
        consent = customer.state.consent
        if consent.opted_out and customer.customer_id not in owed:
            found[customer.customer_id] = phrase("The customer has opted out.")
        elif consent.objects and campaign.tactic.profiles:
            found[customer.customer_id] = phrase("The customer has objected to being profiled.")
        elif suppressed(listed.get(customer.customer_id), scene.now) is not None:
            found[customer.customer_id] = phrase("The customer is on the suppression list.")
    return found


def _listed(connection: Connection, scene: Scene, people: Sequence[Customer]) -> dict[int, Suppression]:
    if not suppressions.any_in(connection, scene.shop_id):
        return {}
    subjects = {
        one.customer_id: suppressions.subjects_of(scene.pepper, one.customer_id, one.email, one.state.user_id)
        for one in people
    }
    return suppressions.of_subjects(connection, scene.shop_id, subjects)


def sends(campaign: Campaign) -> bool:
    """The merchant wants it to tell of what it does by messages."""
    return isinstance(campaign.params, MessageParams) and bool(campaign.params.message_by)


def _margins(connection: Connection, scene: Scene, people: Sequence[Customer]) -> dict[int, Decimal | None]:
    """Looked up only where the shop looks at margins."""
    if scene.shop.guardrails.default_margin is None:
        return {}
    buyers: dict[str, list[int]] = defaultdict(list)
    for customer in people:
        if customer.state.history.currency is not None:
            buyers[customer.state.history.currency].append(customer.customer_id)
    return {
        customer_id: usual_margin(lines)
        for currency, ids in buyers.items()
        for customer_id, lines in costs.sold_to(connection, scene.shop_id, ids, currency).items()
    }


def _zones(connection: Connection, scene: Scene, ids: Sequence[int], kind: TriggerKind) -> dict[int, tzinfo]:
    """Of those whose country has one, where it matters."""
    if scene.shop.guardrails.quiet is None or kind in THEIR_OWN_DOING:
        return {}
    countries = ledger.countries_of(connection, scene.shop_id, ids)
    return {one: zone for one, country in countries.items() if (zone := zone_of(country, scene.now)) is not None}

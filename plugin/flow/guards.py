"""What the guardrails need to know of one customer, from the store; and whether a gift may still go out."""

from dataclasses import replace
from datetime import tzinfo
from decimal import Decimal

from sqlalchemy import Connection

from plugin.domain.campaigns import Campaign
from plugin.domain.decide import THEIR_OWN_DOING, Standing
from plugin.domain.guardrails import suppressed
from plugin.domain.margins import usual_margin
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.flow.scene import Scene
from plugin.flow.zones import zone_of
from plugin.store import costs, decisions, ledger, segments, suppressions
from plugin.store.customers import Customer


def standing_of(connection: Connection, scene: Scene, customer: Customer, trigger: Trigger) -> Standing:
    """What bars a gift is looked up only where something may be given."""
    audiences = [condition for one in scene.campaigns if one.on for condition in (one.audience, one.exclude)]
    person = segments.person_of(connection, scene.shop_id, customer, scene.shop.limits, *audiences)
    standing = replace(decisions.standing(connection, scene.shop_id, customer.customer_id), person=person)
    if not any(one.runs(scene.now) and trigger.kind in one.tactic.listens_to for one in scene.campaigns):
        return standing
    subjects = suppressions.subjects_of(scene.pepper, customer.customer_id, customer.email)
    suppression, refunded_at = suppressions.bars(connection, scene.shop_id, customer.customer_id, subjects)
    zone = _zone(connection, scene, customer, trigger.kind)
    margin = _margin(connection, scene, customer)
    return replace(standing, suppression=suppression, refunded_at=refunded_at, zone=zone, margin=margin)


def why_not_any_more(connection: Connection, scene: Scene, customer: Customer, campaign: Campaign) -> str | None:
    """Why nothing may go out to this customer any more, whatever was decided; None where it may.

    That the shop or the campaign was stopped holds everything already, so this is what only the customer's own
    word, or one about them, can say.
    """
    if customer.state.consent.opted_out:
        return "The customer has opted out."
    if customer.state.consent.objects and campaign.tactic.profiles:
        return "The customer has objected to being profiled."
    subjects = suppressions.subjects_of(scene.pepper, customer.customer_id, customer.email)
    if suppressed(suppressions.of_subjects(connection, scene.shop_id, subjects), scene.now) is not None:
        return "The customer is on the suppression list."
    return None


def _margin(connection: Connection, scene: Scene, customer: Customer) -> Decimal | None:
    """Looked up only where the shop looks at margins."""
    currency = customer.state.history.currency
    if scene.shop.guardrails.default_margin is None or currency is None:
        return None
    return usual_margin(costs.sold_to(connection, scene.shop_id, customer.customer_id, currency))


def _zone(connection: Connection, scene: Scene, customer: Customer, kind: TriggerKind) -> tzinfo:
    if scene.shop.guardrails.quiet is None or kind in THEIR_OWN_DOING:
        return scene.zone
    country = ledger.country_of(connection, scene.shop_id, customer.customer_id)
    return zone_of(country, scene.now) or scene.zone

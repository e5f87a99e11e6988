"""What a campaign would do at this moment, with nothing written: who is inside, who would get it, why, at what cost."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from sqlalchemy import Connection

from plugin.domain.campaign_checks import Finding
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.decide import Decision, Outcome
from plugin.domain.effects import GiveCode
from plugin.domain.guardrails import Limit
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.flow import preflight
from plugin.flow.budget import expected_cost
from plugin.flow.house import House
from plugin.flow.known import verdicts_on
from plugin.flow.scene import Scene, set_scene
from plugin.store import audiences, campaigns, codes, segments, shops
from plugin.store.customers import Customer

#: Customers read at a time.
BATCH = 500
#: Of each outcome.
EXAMPLES = 3

#: What refused it where no guardrail did: as a guest is, whom nothing can be shown.
_TACTIC = "tactic"

#: Customers looked at, and how many there are to look at.
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Example:
    customer_id: int
    outcome: Outcome
    reason: str


@dataclass(slots=True)
class DryRun:
    customers: int
    #: Whom the campaign is for, less the excluded; and of them, who has the need already.
    audience: int
    inside: int
    findings: Sequence[Finding]
    outcomes: Counter[Outcome] = field(default_factory=Counter)
    #: Of those who would not, or not now: by what.
    refused: Counter[str] = field(default_factory=Counter)
    #: If every code that would be given were used: the most that is expected, by currency.
    cost: dict[str, Decimal] = field(default_factory=dict)
    #: Codes of which nothing tells what they would cost.
    cost_unknown: int = 0
    #: Of those who would get it, now or after that: how many hold a code of another campaign that still works, by its name.
    holding: Counter[str] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)


def dry_run(house: House, shop_id: int, name: str, progress: Progress = lambda _, __: None) -> DryRun:
    """As if it were switched on now, and those who are inside were meant. Raises `Rejected`."""
    with house.database.read() as connection:
        scene = set_scene(connection, house, shops.get(connection, shop_id), house.clock())
        campaign = campaigns.glance(connection, shop_id, name, house.tactics)
        findings = preflight.refuse(preflight.look(connection, scene, campaign))
        told = DryRun(
            customers=segments.everyone(connection, shop_id),
            audience=segments.count(connection, scene.shop, campaign.whom, scene.now),
            inside=preflight.inside(connection, scene, campaign),
            findings=findings,
        )
        on = replace(campaign, status=CampaignStatus.ON, starts_at=None)
        shop = replace(scene.shop, stopped=False)
        alone = replace(scene, campaigns=(on,), shop=shop, presumed=on.segments)
        names = {other.campaign_id: other.name for other in scene.campaigns if other.campaign_id != on.campaign_id}
        trigger = Trigger(TriggerKind.INSIDE, scene.now)
        looked_at = 0
        for people in _inside(connection, scene, on) if told.inside else ():
            verdicts = verdicts_on(connection, alone, [(customer, trigger) for customer in people])
            for customer, verdict in zip(people, verdicts, strict=True):
                for decision in verdict.decisions:
                    _count(connection, scene, told, customer, decision, names)
                looked_at += 1
                progress(looked_at, told.inside)
    return told


def _inside(connection: Connection, scene: Scene, campaign: Campaign) -> Iterator[Sequence[Customer]]:
    reached = 0
    while found := audiences.page(connection, scene.shop, campaign.inside, scene.now, reached, BATCH):
        yield found
        reached = found[-1].customer_id


def _count(
    connection: Connection, scene: Scene, told: DryRun, customer: Customer, decision: Decision, names: dict[int, str]
) -> None:
    told.outcomes[decision.outcome] += 1
    if told.outcomes[decision.outcome] <= EXAMPLES:
        told.examples.append(Example(customer.customer_id, decision.outcome, decision.reason))
    if decision.outcome in {Outcome.NOTHING, Outcome.LATER}:
        told.refused[decision.by.value if decision.by else _TACTIC] += 1
    if decision.by is Limit.ONE_AT_A_TIME:
        _note_held(connection, scene, told, customer, names)
    if decision.outcome is not Outcome.GIVEN or not isinstance(decision.wish, GiveCode):
        return
    cost = expected_cost(connection, scene, customer.state.history, decision.wish.offer)
    if cost is None:
        told.cost_unknown += 1
    else:
        told.cost[cost.currency] = told.cost.get(cost.currency, Decimal(0)) + cost.amount
    _note_held(connection, scene, told, customer, names)


def _note_held(connection: Connection, scene: Scene, told: DryRun, customer: Customer, names: dict[int, str]) -> None:
    given = codes.given_to(connection, scene.shop_id, [customer.customer_id])[customer.customer_id]
    told.holding.update({names[one.campaign_id] for one in given if one.alive(scene.now) and one.campaign_id in names})

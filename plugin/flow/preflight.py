"""A campaign held against what the shop knows, before it is saved or switched on."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from plugin.domain.campaign_checks import Facts, Finding, Weight, check
from plugin.domain.campaigns import Campaign
from plugin.domain.guardrails import never
from plugin.domain.offers import OfferKind
from plugin.domain.phrases import joined, phrase
from plugin.domain.tactic import TriggerKind
from plugin.errors import Rejected
from plugin.flow.budget import price_of
from plugin.flow.scene import Scene
from plugin.store import costs, ledger, segments


def look(connection: Connection, scene: Scene, campaign: Campaign) -> list[Finding]:
    """What stands against it, with what the guardrails of the shop would refuse to everybody."""
    rules = scene.shop.guardrails
    known = rules.default_margin is not None and costs.any_known(connection, scene.shop_id)
    offers = campaign.tactic.offers(campaign.params)
    refused = [said for offer in offers for said in never(rules, offer, costs_known=known)]
    refused += _without_price(connection, scene, campaign)
    return [*(Finding(Weight.REFUSED, said) for said in refused), *check(campaign, _facts(connection, scene, campaign))]


def _without_price(connection: Connection, scene: Scene, campaign: Campaign) -> Iterator[str]:
    """A budget pays for what it knows the cost of. The shop's own holds what is given to one customer."""
    kinds = {OfferKind.PERSONAL_GIFT} if campaign.budgets.any or scene.shop.guardrails.budgets.any else set()
    kinds |= {OfferKind.PUBLIC_GIFT} if campaign.budgets.any else set()
    currencies = set(scene.currencies.values())
    gifts = [one for one in campaign.tactic.offers(campaign.params) if one.kind in kinds]
    for gift in gifts:
        if currencies and all(price_of(connection, scene, currency, gift) is None for currency in currencies):
            yield (
                phrase(
                    "Nothing tells what the gift costs, so that the budget would refuse it to everybody: name a product that was bought lately, by its id and not its slug, or set no budget."
                )
            )


def inside(connection: Connection, scene: Scene, campaign: Campaign) -> int:
    """Who has the need already; nobody where the tactic would not be asked about them."""
    if TriggerKind.INSIDE not in campaign.tactic.listens_to:
        return 0
    return segments.count(connection, scene.shop, campaign.inside, scene.now)


def refuse(findings: Sequence[Finding]) -> Sequence[Finding]:
    """The same findings, where nothing stands against them. Raises `Rejected`."""
    refused = [finding.sentence for finding in findings if finding.weight is Weight.REFUSED]
    if refused:
        raise Rejected(joined(refused))
    return findings


class NotConfirmed(Rejected):
    """Only the merchant can say whether it is meant; `found` is what it is about."""

    def __init__(self, found: Sequence[str]) -> None:
        self.found = joined(found)
        super().__init__(joined((self.found, "If that is meant, say so with `retention campaign on NAME --yes`.")))


def confirm(findings: Sequence[Finding]) -> None:
    """As `refuse`, and for what only the merchant can say. Raises `NotConfirmed`."""
    asked = [finding.sentence for finding in refuse(findings) if finding.weight is Weight.ASKED]
    if asked:
        raise NotConfirmed(asked)


def _facts(connection: Connection, scene: Scene, campaign: Campaign) -> Facts:
    everybody = campaign.audience is None and campaign.exclude is None
    minimum = any(offer.minimum > 0 for offer in campaign.tactic.offers(campaign.params))
    return Facts(
        now=scene.now,
        customers=0 if everybody else segments.everyone(connection, scene.shop_id),
        audience=None if everybody else segments.count(connection, scene.shop, campaign.whom, scene.now),
        largest_order=ledger.largest_orders(connection, scene.shop_id) if minimum else {},
        channels=scene.currencies,
        others=[other for other in scene.campaigns if other.on and other.campaign_id != campaign.campaign_id],
    )

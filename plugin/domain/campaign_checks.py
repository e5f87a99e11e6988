"""What is looked at before a campaign is saved or switched on, so that nobody is surprised afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from plugin.domain.campaigns import Campaign
from plugin.domain.offers import PERSONAL, Offer, OfferKind
from plugin.domain.stacking import conflicts
from plugin.domain.tactic import by_stays


class Weight(StrEnum):
    #: It cannot be saved like this.
    REFUSED = "refused"
    #: It can be switched on when the merchant says that this is meant.
    ASKED = "asked"
    #: Worth knowing.
    SAID = "said"


@dataclass(frozen=True, slots=True)
class Finding:
    weight: Weight
    sentence: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What the shop knows that a campaign is held against."""

    now: datetime
    #: All customers, and those in the audience less the excluded; None where it names none.
    customers: int
    audience: int | None
    #: The largest order that counts, by currency.
    largest_order: Mapping[str, Decimal]
    #: Channels that sell, with their currencies.
    channels: Mapping[str, str]
    #: The shop's other campaigns that are on.
    others: Sequence[Campaign]


def check(campaign: Campaign, facts: Facts) -> list[Finding]:
    found = [Finding(Weight.REFUSED, sentence) for sentence in dict.fromkeys(_refused(campaign, facts))]
    found += [Finding(Weight.ASKED, sentence) for sentence in _asked(facts)]
    return found + [Finding(Weight.SAID, sentence) for sentence in _said(campaign, facts)]


def _refused(campaign: Campaign, facts: Facts) -> Iterator[str]:
    if campaign.rests:
        yield campaign.rests
    if said := lacks_segment(campaign):
        yield said
    if campaign.over(facts.now):
        yield f"The end ({campaign.ends_at:%Y-%m-%d %H:%M} UTC) is in the past; set a later one or none."
    unknown = [slug for slug in campaign.channels if slug not in facts.channels]
    if unknown and facts.channels:
        yield f"No channel that sells is called {', '.join(unknown)}; there are {', '.join(sorted(facts.channels))}."
    currencies = {facts.channels[slug] for slug in campaign.channels or facts.channels if slug in facts.channels}
    if campaign.budgets.customer and any(one.kind not in PERSONAL for one in campaign.tactic.offers(campaign.params)):
        yield "What is given to everybody has no budget for one customer: Saleor knows none in a promotion."
    for offer in campaign.tactic.offers(campaign.params):
        yield from _refused_of(offer, campaign, facts, currencies)
    if currencies:
        for amounts in (campaign.budgets.total, campaign.budgets.day, campaign.budgets.customer):
            for currency in sorted(set(amounts) - currencies):
                yield f"There is a budget in {currency}, and none of its channels sells in {currency}."


def lacks_segment(campaign: Campaign) -> str | None:
    if not by_stays(campaign.tactic, campaign.params) or campaign.segments:
        return None
    return (
        f"{campaign.tactic.title} needs an audience that names a segment, such as “dormant”:"
        " it gives when a customer enters that."
    )


def _refused_of(offer: Offer, campaign: Campaign, facts: Facts, currencies: set[str]) -> Iterator[str]:
    if offer.currency is not None and currencies and offer.currency not in currencies:
        yield f"The offer is in {offer.currency}, and its channels sell in {', '.join(sorted(currencies))}."
    largest = facts.largest_order.get(offer.currency or "")
    if largest is not None and offer.minimum > largest:
        yield (
            f"The minimum of {offer.minimum} {offer.currency} is above every order there ever was;"
            f" the largest was {largest} {offer.currency}."
        )
    least = _least_cost(offer)
    budgets = {"in all": campaign.budgets.total, "a day": campaign.budgets.day, "a customer": campaign.budgets.customer}
    for name, amounts in budgets.items():
        most = amounts.get(offer.currency or "")
        if most is not None and most < least:
            yield f"The budget of {most} {offer.currency} {name} is smaller than one offer ({least} {offer.currency})."


def _least_cost(offer: Offer) -> Decimal:
    """The least that one use gives away, in the offer's currency; 0 where that depends on the basket."""
    if offer.kind in {OfferKind.AMOUNT, OfferKind.STORE_CREDIT}:
        return offer.value
    return offer.minimum * offer.value / 100 if offer.kind is OfferKind.PERCENTAGE else Decimal(0)


def _asked(facts: Facts) -> Iterator[str]:
    if facts.audience == 0:
        yield "Nobody is in the audience at present."
    elif facts.audience is not None and facts.audience == facts.customers:
        yield f"Everybody is in the audience: all {facts.customers} customers."


def _said(campaign: Campaign, facts: Facts) -> Iterator[str]:
    yield from conflicts(campaign, facts.others)
    for other in facts.others:
        if _gives_codes(campaign) and _gives_codes(other):
            first, second = (campaign, other) if _goes_first(campaign, other) else (other, campaign)
            why = "by its priority" if first.priority != second.priority else "because it is older"
            yield f"“{other.name}” is on and gives codes, too: where both want the same customer, “{first.name}” goes first, {why}."


def _gives_codes(campaign: Campaign) -> bool:
    return any(offer.kind in PERSONAL for offer in campaign.tactic.offers(campaign.params))


def _goes_first(campaign: Campaign, other: Campaign) -> bool:
    return (-campaign.priority, campaign.campaign_id) < (-other.priority, other.campaign_id)

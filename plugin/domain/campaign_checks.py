"""What is looked at before a campaign is saved or switched on, so that nobody is surprised afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from plugin.domain.campaigns import Campaign
from plugin.domain.money import Money
from plugin.domain.offers import PERSONAL, Offer, OfferKind
from plugin.domain.phrases import N_, phrase
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
        yield phrase("The end ({end}) is in the past; set a later one or none.", end=campaign.ends_at)
    unknown = [slug for slug in campaign.channels if slug not in facts.channels]
    if unknown and facts.channels:
        yield phrase(
            "No channel that sells is called {unknown}; there are {channels}.",
            unknown=tuple(unknown),
            channels=tuple(sorted(facts.channels)),
        )
    currencies = {facts.channels[slug] for slug in campaign.channels or facts.channels if slug in facts.channels}
    if campaign.budgets.customer and any(one.kind not in PERSONAL for one in campaign.tactic.offers(campaign.params)):
        yield phrase("What is given to everybody has no budget for one customer: Saleor knows none in a promotion.")
    for offer in campaign.tactic.offers(campaign.params):
        yield from _refused_of(offer, campaign, facts, currencies)
    if currencies:
        for amounts in (campaign.budgets.total, campaign.budgets.day, campaign.budgets.customer):
            for currency in sorted(set(amounts) - currencies):
                yield phrase(
                    "There is a budget in {currency}, and none of its channels sells in {currency}.", currency=currency
                )


def lacks_segment(campaign: Campaign) -> str | None:
    if not by_stays(campaign.tactic, campaign.params) or campaign.segments:
        return None
    said = N_(
        "{tactic} needs an audience that names a segment, such as “dormant”: it gives when a customer enters that."
    )
    return phrase(said, tactic=phrase(campaign.tactic.title))


def _refused_of(offer: Offer, campaign: Campaign, facts: Facts, currencies: set[str]) -> Iterator[str]:
    if offer.currency is not None and currencies and offer.currency not in currencies:
        said = N_("The offer is in {currency}, and its channels sell in {currencies}.")
        yield phrase(said, currency=offer.currency, currencies=tuple(sorted(currencies)))
    largest = facts.largest_order.get(offer.currency or "")
    if largest is not None and offer.minimum > largest:
        said = N_("The minimum of {minimum} is above every order there ever was; the largest was {largest}.")
        currency = offer.currency or ""
        yield phrase(said, minimum=Money(offer.minimum, currency), largest=Money(largest, currency))
    least = _least_cost(offer)
    for amounts, said in (
        (campaign.budgets.total, N_("The budget of {most} in all is smaller than one offer ({least}).")),
        (campaign.budgets.day, N_("The budget of {most} a day is smaller than one offer ({least}).")),
        (campaign.budgets.customer, N_("The budget of {most} a customer is smaller than one offer ({least}).")),
    ):
        currency = offer.currency or ""
        most = amounts.get(currency)
        if most is not None and most < least:
            yield phrase(said, most=Money(most, currency), least=Money(least, currency))


def _least_cost(offer: Offer) -> Decimal:
    """The least that one use gives away, in the offer's currency; 0 where that depends on the basket."""
    if offer.kind in {OfferKind.AMOUNT, OfferKind.STORE_CREDIT}:
        return offer.value
    return offer.minimum * offer.value / 100 if offer.kind is OfferKind.PERCENTAGE else Decimal(0)


def _asked(facts: Facts) -> Iterator[str]:
    if facts.audience == 0:
        yield phrase("Nobody is in the audience at present.")
    elif facts.audience is not None and facts.audience == facts.customers:
        yield phrase("Everybody is in the audience: all {number} customers.", number=facts.customers)


def _said(campaign: Campaign, facts: Facts) -> Iterator[str]:
    yield from conflicts(campaign, facts.others)
    for other in facts.others:
        if _gives_codes(campaign) and _gives_codes(other):
            first, second = (campaign, other) if _goes_first(campaign, other) else (other, campaign)
            by_priority = N_(
                "“{other}” is on and gives codes, too: where both want the same customer, “{first}” goes first, by its"
                " priority."
            )
            by_age = N_(
                "“{other}” is on and gives codes, too: where both want the same customer, “{first}” goes first, because"
                " it is older."
            )
            said = by_priority if first.priority != second.priority else by_age
            yield phrase(said, other=other.name, first=first.name)


def _gives_codes(campaign: Campaign) -> bool:
    return any(offer.kind in PERSONAL for offer in campaign.tactic.offers(campaign.params))


def _goes_first(campaign: Campaign, other: Campaign) -> bool:
    return (-campaign.priority, campaign.campaign_id) < (-other.priority, other.campaign_id)

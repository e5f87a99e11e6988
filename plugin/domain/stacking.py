"""What can stand beside what: Saleor takes one voucher a checkout, and a voucher takes public gifts away.

Gift cards pay, whatever else the checkout holds, so store credit fits beside everything.
"""

from collections.abc import Iterable, Iterator

from plugin.domain.campaigns import Campaign
from plugin.domain.offers import BY_VOUCHER, Offer, OfferKind
from plugin.domain.phrases import phrase


def fits_beside(offer: Offer, alive: Iterable[Offer]) -> bool:
    """Whether a customer who holds `alive` can be given this without one of them shutting out the other."""
    return not any(_collide(offer, other) for other in alive)


def _collide(one: Offer, other: Offer) -> bool:
    return one.kind in BY_VOUCHER and other.kind in BY_VOUCHER and _meet(one, other)


def _meet(one: Offer, other: Offer) -> bool:
    """Offers in two currencies hold in different channels, and so never at one checkout."""
    return one.currency == other.currency or None in {one.currency, other.currency}


def conflicts(campaign: Campaign, others: Iterable[Campaign]) -> list[str]:
    """A sentence for each other campaign whose offer and this one's do not work together, for before saving."""
    return [
        said
        for other in others
        if other.campaign_id != campaign.campaign_id and _share_a_channel(campaign, other)
        for said in _between(campaign, other)
    ]


def _share_a_channel(one: Campaign, other: Campaign) -> bool:
    return not one.channels or not other.channels or bool({*one.channels} & {*other.channels})


def _between(one: Campaign, other: Campaign) -> Iterator[str]:
    mine, theirs = _offers(one), _offers(other)
    if any(_collide(a, b) for a in mine for b in theirs):
        yield (
            phrase(
                "“{name}” and “{other}” both give voucher codes, and Saleor takes one voucher a checkout: who holds a code of the one is given none of the other while it can be used.",
                name=one.name,
                other=other.name,
            )
        )
    yield from _shuts_out(one, mine, other, theirs)
    yield from _shuts_out(other, theirs, one, mine)
    if any(_public(a) and _public(b) and _meet(a, b) for a in mine for b in theirs):
        yield (
            phrase(
                "“{name}” and “{other}” both give a gift in every basket, and Saleor applies one order promotion a checkout: a basket that has earned both gets one of them.",
                name=one.name,
                other=other.name,
            )
        )


def _shuts_out(giver: Campaign, codes: Iterable[Offer], public: Campaign, gifts: Iterable[Offer]) -> Iterator[str]:
    if any(code.kind in BY_VOUCHER and _public(gift) and _meet(code, gift) for code in codes for gift in gifts):
        yield (
            phrase(
                "A voucher switches order promotions off in Saleor: who uses a code of “{name}” loses the gift of “{other}”.",
                name=giver.name,
                other=public.name,
            )
        )


def _public(offer: Offer) -> bool:
    return offer.kind is OfferKind.PUBLIC_GIFT


def _offers(campaign: Campaign) -> tuple[Offer, ...]:
    return tuple(campaign.tactic.offers(campaign.params))

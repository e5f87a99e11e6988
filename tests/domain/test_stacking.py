"""What fits beside what, and what is said before two campaigns stand in each other's way."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.effects import Wish
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.stacking import conflicts, fits_beside
from plugin.domain.tactic import Tactic, Trigger, View

TEN = Offer(OfferKind.PERCENTAGE, Decimal(10), Decimal(0), 14)
DOLLARS = Offer(OfferKind.AMOUNT, Decimal(5), Decimal(0), 14, "USD")
ZLOTY = Offer(OfferKind.AMOUNT, Decimal(20), Decimal(0), 14, "PLN")
SHIPPING = Offer(OfferKind.FREE_SHIPPING, Decimal(0), Decimal(0), 14)
CREDIT = Offer(OfferKind.STORE_CREDIT, Decimal(5), Decimal(0), 90, "USD")
GIFT = Offer(OfferKind.PERSONAL_GIFT, Decimal(0), Decimal(0), 14, None, ("tea",))
PUBLIC = Offer(OfferKind.PUBLIC_GIFT, Decimal(0), Decimal(50), 0, "USD", ("cup",))


@pytest.mark.parametrize(
    ("offer", "alive", "fits"),
    [
        (TEN, [], True),
        (TEN, [TEN], False),
        (TEN, [SHIPPING], False),
        (GIFT, [DOLLARS], False),
        (TEN, [CREDIT, CREDIT], True),
        (CREDIT, [TEN, CREDIT], True),
        (DOLLARS, [ZLOTY], True),
        (DOLLARS, [ZLOTY, DOLLARS], False),
        (ZLOTY, [TEN], False),
    ],
)
def test_one_voucher_a_checkout(offer: Offer, alive: list[Offer], fits: bool) -> None:
    assert fits_beside(offer, alive) is fits


@dataclass(frozen=True, slots=True)
class NoParams:
    pass


def campaign(number: int, *given: Offer, channels: tuple[str, ...] = ()) -> Campaign:
    def nothing(view: View, trigger: Trigger, params: NoParams) -> Iterable[Wish]:
        return ()

    tactic = Tactic("test", "Test", "Tests.", NoParams, frozenset(), nothing, offers=lambda _: given)
    made = Campaign(number, f"c{number}", tactic, NoParams(), CampaignStatus.ON, 1, "salt", 0.0, 60, 0)
    return replace(made, channels=channels)


@pytest.mark.parametrize(
    ("mine", "theirs", "said"),
    [
        ([TEN], [SHIPPING], ["Saleor takes one voucher a checkout"]),
        ([TEN], [PUBLIC], ["who uses a code of “c1” loses the gift of “c2”"]),
        ([PUBLIC], [GIFT], ["who uses a code of “c2” loses the gift of “c1”"]),
        ([PUBLIC], [PUBLIC], ["gets one of them"]),
        ([CREDIT], [TEN, PUBLIC], []),
        ([ZLOTY], [DOLLARS, PUBLIC], []),
        ([], [TEN], []),
    ],
)
def test_a_sentence_for_each_way_in_which_two_campaigns_meet(
    mine: list[Offer], theirs: list[Offer], said: list[str]
) -> None:
    found = conflicts(campaign(1, *mine), [campaign(1, *mine), campaign(2, *theirs)])
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))


def test_campaigns_for_different_channels_do_not_meet() -> None:
    here, there = campaign(1, TEN, channels=("us",)), campaign(2, TEN, channels=("pl",))
    assert conflicts(here, [there]) == []
    assert len(conflicts(here, [replace(there, channels=("pl", "us"))])) == 1
    assert len(conflicts(here, [replace(there, channels=())])) == 1

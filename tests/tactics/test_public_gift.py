"""A public gift is said of a campaign, and decided for nobody."""

from decimal import Decimal

import pytest

from plugin.domain.churn import Outlook
from plugin.domain.customer import CustomerState, History
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.stages import Turns
from plugin.domain.tactic import Trigger, TriggerKind, View, read_params
from plugin.errors import Rejected
from plugin.tactics.public_gift import TACTIC
from tests.shop import NOW


def test_it_is_an_offer_of_the_campaign() -> None:
    params = read_params(TACTIC, {"products": "scarf", "minimum": 60, "currency": "USD"})
    assert TACTIC.offers(params) == (Offer(OfferKind.PUBLIC_GIFT, Decimal(0), Decimal(60), 0, "USD", ("scarf",)),)


def test_nothing_is_decided_for_a_customer() -> None:
    params = read_params(TACTIC, {"products": "scarf", "minimum": 60, "currency": "USD"})
    view = View(CustomerState(1, "U1", "Ann", None, confirmed=True, history=History()), Outlook(), Turns(), NOW)
    assert list(TACTIC.decide(view, Trigger(TriggerKind.MOMENT, NOW), params)) == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Name the product that is the gift"),
        ({"products": "scarf"}, "Name the currency"),
        ({"products": "scarf", "minimum": 0, "currency": "USD"}, "needs an amount"),
    ],
)
def test_what_is_missing_is_said(given: dict[str, object], said: str) -> None:
    with pytest.raises(Rejected, match=said):
        read_params(TACTIC, given)

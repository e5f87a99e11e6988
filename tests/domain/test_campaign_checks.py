"""What is said of a campaign before it is saved or switched on."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.budgets import Budgets
from plugin.domain.campaign_checks import Facts, Weight, check
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.offers import OfferKind
from plugin.tactics import free_shipping
from plugin.tactics.win_back import TACTIC, WinBack
from tests.shop import NOW

TEN = WinBack(offer=OfferKind.AMOUNT, value=Decimal(10), currency="USD", minimum=Decimal(50))
CAMPAIGN = Campaign(7, "spring", TACTIC, TEN, CampaignStatus.DRAFT, 1, "salt", 0.1, 60, 0)
CHANNELS = {"us": "USD", "pl": "PLN"}
FACTS = Facts(NOW, 100, None, {"USD": Decimal(80)}, CHANNELS, ())
OTHER = Campaign(3, "winter", TACTIC, WinBack(), CampaignStatus.ON, 1, "salt", 0.1, 60, 0)


def found(campaign: Campaign, facts: Facts) -> list[tuple[str, str]]:
    return [(finding.weight.value, finding.sentence) for finding in check(campaign, facts)]


def test_nothing_is_said_of_what_is_right() -> None:
    whole = replace(CAMPAIGN, ends_at=NOW, channels=("us",), budgets=Budgets({"USD": Decimal(10)}))
    assert found(whole, replace(FACTS, audience=99, largest_order={"USD": Decimal(50)})) == []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"rests": "“spring” rests: There is no segment “vip”."}, "There is no segment “vip”"),
        ({"ends_at": NOW - timedelta(seconds=1)}, "is in the past"),
        ({"channels": ("us", "mars")}, "No channel that sells is called mars; there are pl, us."),
        ({"channels": ("pl",)}, "The offer is in USD, and its channels sell in PLN."),
        ({"params": replace(TEN, minimum=Decimal("80.01"))}, "The minimum of 80.01 USD is above every order"),
        ({"budgets": Budgets({"USD": Decimal("9.99")})}, "The budget of 9.99 USD in all is smaller than one offer"),
        ({"budgets": Budgets({}, {"USD": Decimal(9)})}, "The budget of 9.00 USD a day is smaller"),
        ({"budgets": Budgets({}, {}, {"USD": Decimal(9)})}, "The budget of 9.00 USD a customer is smaller"),
        ({"budgets": Budgets({"EUR": Decimal(9)})}, "There is a budget in EUR, and none of its channels sells in EUR."),
        (
            {
                "params": replace(TEN, offer=OfferKind.PERCENTAGE, value=Decimal(20)),
                "budgets": Budgets({"USD": Decimal("9.99")}),
            },
            r"smaller than one offer \(10.00 USD\)",
        ),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, Any], sentence: str) -> None:
    ((weight, said),) = found(replace(CAMPAIGN, **changes), FACTS)
    assert weight == Weight.REFUSED
    assert sentence.replace("\\", "") in said


def test_an_audience_of_nobody_or_everybody_is_asked_about() -> None:
    assert found(CAMPAIGN, replace(FACTS, audience=0)) == [("asked", "Nobody is in the audience at present.")]
    everybody = "Everybody is in the audience: all 100 customers."
    assert found(CAMPAIGN, replace(FACTS, audience=100)) == [("asked", everybody)]


@pytest.mark.parametrize(
    ("priority", "said"),
    [(0, "“winter” goes first, because it is older"), (1, "“spring” goes first, by its priority")],
)
def test_who_goes_first_of_two_that_give_codes_is_said(priority: int, said: str) -> None:
    facts = replace(FACTS, others=[OTHER])
    (_, beside), (weight, sentence) = found(replace(CAMPAIGN, priority=priority), facts)
    assert "Saleor takes one voucher a checkout" in beside
    assert (weight, said in sentence) == ("said", True)


def test_what_gives_no_code_contends_with_nobody() -> None:
    shipping = replace(OTHER, tactic=free_shipping.TACTIC, params=free_shipping.TACTIC.params())
    assert found(CAMPAIGN, replace(FACTS, others=[shipping])) == []
    assert found(shipping, replace(FACTS, others=[OTHER])) == []

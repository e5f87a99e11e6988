from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.budgets import Budgets, Over, Used, Usual, cost_of, over, read_budgets, write_budgets
from plugin.domain.customer import History
from plugin.domain.money import Money
from plugin.domain.offers import Offer, OfferKind
from plugin.errors import Rejected


def test_what_is_written_is_read_back() -> None:
    budgets = Budgets({"USD": Decimal("100.50"), "EUR": Decimal(7)}, {}, {"USD": Decimal(5)})
    assert read_budgets(write_budgets(budgets)) == budgets
    assert write_budgets(Budgets()) == {}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ([], "Budgets are a table"),
        ({"week": {"USD": 1}}, "There is no budget “week”"),
        ({"day": 5}, "The budget “day” is a table"),
        ({"day": {"dollars": 5}}, "'dollars' in the budget “day” is no currency"),
        ({"day": {"USD": 0}}, "The budget “day” in USD must be a number above 0"),
        ({"day": {"USD": True}}, "must be a number above 0"),
        ({"day": {"USD": "NaN"}}, "must be a number above 0"),
    ],
)
def test_what_is_wrong_is_said(data: Any, sentence: str) -> None:
    with pytest.raises(Rejected, match=sentence):
        read_budgets(data)


def offer(kind: OfferKind, value: str = "0", *, minimum: str = "0", currency: str | None = None) -> Offer:
    return Offer(kind, Decimal(value), Decimal(minimum), 14, currency)


def bought(*totals: str, currency: str = "USD") -> History:
    amounts = [Decimal(total) for total in totals]
    return History(
        orders=len(amounts),
        spent={currency: sum(amounts, Decimal(0))},
        bought={currency: len(amounts)},
        currency=currency,
        last_total=amounts[-1],
    )


USUAL = Usual(basket=Decimal(60), shipping=Decimal("7.99"), gift=Decimal("9.99"))


@pytest.mark.parametrize(
    ("given", "history", "cost"),
    [
        (offer(OfferKind.PERCENTAGE, "10"), bought("20", "40"), "4.00"),  # the last order is above the mean
        (offer(OfferKind.PERCENTAGE, "10"), bought("40", "20"), "3.00"),  # the mean is above the last
        (offer(OfferKind.PERCENTAGE, "10", minimum="80", currency="USD"), bought("40"), "8.00"),
        (offer(OfferKind.PERCENTAGE, "10", minimum="80", currency="EUR"), bought("40"), "4.00"),
        (offer(OfferKind.PERCENTAGE, "10"), History(), "6.00"),
        (offer(OfferKind.PERCENTAGE, "10"), bought("400", currency="PLN"), "6.00"),
        (offer(OfferKind.PERCENTAGE, "15"), bought("9.99"), "1.50"),
        (offer(OfferKind.AMOUNT, "5", currency="USD"), bought("40"), "5.00"),
        (offer(OfferKind.FREE_SHIPPING), bought("40"), "7.99"),
        (offer(OfferKind.PERSONAL_GIFT, minimum="30", currency="USD"), bought("40"), "9.99"),
        (offer(OfferKind.STORE_CREDIT, "12", currency="USD"), History(), "12.00"),
        (replace(offer(OfferKind.AMOUNT, "5", currency="USD"), ships_free=True), bought("40"), "12.99"),
    ],
)
def test_what_a_gift_is_expected_to_cost(given: Offer, history: History, cost: str) -> None:
    assert str(cost_of(given, history, USUAL, "USD")) == f"{cost} USD"


@pytest.mark.parametrize(
    "given",
    [
        offer(OfferKind.PERCENTAGE, "10"),
        offer(OfferKind.FREE_SHIPPING),
        offer(OfferKind.AMOUNT, "5", currency="EUR"),
        replace(offer(OfferKind.AMOUNT, "5", currency="USD"), ships_free=True),
    ],
)
def test_where_nothing_tells_nothing_is_expected(given: Offer) -> None:
    assert cost_of(given, History(), Usual(), "USD") is None


LIMITS = {"USD": Decimal(50)}


@pytest.mark.parametrize(
    ("budgets", "used", "cost", "because"),
    [
        (Budgets(day=LIMITS), Used(day=Decimal(47)), "3", None),
        (
            Budgets(day=LIMITS),
            Used(day=Decimal("47.01")),
            "3",
            "today's budget of this campaign is 50.00 USD with 2.99 USD left, and this gift may cost 3.00 USD",
        ),
        (
            Budgets(total=LIMITS),
            Used(total=Decimal(60)),
            "0",
            "the budget of this campaign is 50.00 USD with 0.00 USD left, and this gift may cost 0.00 USD",
        ),
        (
            Budgets(customer=LIMITS),
            Used(customer=Decimal(50)),
            "0.01",
            "the budget of this campaign for one customer is 50.00 USD with 0.00 USD left, and this gift may cost 0.01 USD",
        ),
        (
            Budgets(total={"EUR": Decimal(9), "PLN": Decimal(9)}),
            Used(),
            "1",
            "the budget of this campaign is in EUR, PLN and this gift would cost 1.00 USD",
        ),
        (Budgets(), Used(Decimal(99), Decimal(99), Decimal(99)), "99", None),
    ],
)
def test_a_gift_must_fit_into_every_budget(budgets: Budgets, used: Used, cost: str, because: str | None) -> None:
    found = over(budgets, used, Money(Decimal(cost), "USD"), "this campaign")
    assert (found and found.because) == because


def test_what_the_next_day_cannot_change_is_said_first() -> None:
    both = Budgets(total=LIMITS, day=LIMITS)
    spent = Used(total=Decimal(50), day=Decimal(50))
    assert over(both, spent, Money(Decimal(1), "USD"), "this campaign") == Over(
        "the budget of this campaign is 50.00 USD with 0.00 USD left, and this gift may cost 1.00 USD", today=False
    )

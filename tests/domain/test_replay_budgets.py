"""Budgets over a replay, held in the order of time."""

from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import given as vary
from hypothesis import strategies as st

from plugin.domain.budgets import Budgets
from plugin.domain.decide import Outcome
from plugin.domain.guardrails import Limit
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.replay_budgets import Bounds, within_budgets
from plugin.domain.replay_values import Asked
from tests.domain.past import day, given


def held(asked: list[Asked], shop: Budgets | None = None, **budgets: dict[str, Decimal]) -> list[Asked]:
    bounds = {1: Bounds(Budgets(**budgets), 0), 2: Bounds(Budgets(**budgets), 5)}
    return within_budgets(asked, bounds, shop or Budgets(), UTC, day(100))


def outcomes(asked: list[Asked], **budgets: Any) -> str:
    return "".join("g" if one.outcome is Outcome.GIVEN else "n" for one in held(asked, **budgets))


FIVE, TEN = {"USD": Decimal(5)}, {"USD": Decimal(10)}


def test_a_total_is_held_until_the_offer_runs_out_unused() -> None:
    assert outcomes([given(0), given(1), given(2), given(14.5)], total=TEN) == "ggng"
    spent = [given(0, next_order_at=day(2)), given(1, next_order_at=day(2)), given(20)]
    assert outcomes(spent, total=TEN) == "ggn"
    assert outcomes([given(0, next_order_at=day(30)), given(20, cost=10)], total=TEN) == "gg", "too late to use it"
    assert outcomes([given(0, cost=10), given(1, cost=1)], total=TEN) == "gn"
    assert outcomes([given(0, cost=11), given(1, cost=10)], total=TEN) == "ng", "not by a cent"


def test_what_a_day_does_not_pay_for_is_asked_again_on_the_next_as_long_as_it_is_needed() -> None:
    first, second, third = held([given(0.1), given(0.5, customer=2), given(0.6, customer=3)], day=FIVE)
    assert [one.at for one in (first, second, third)] == [day(0.1), day(1), day(2)]
    assert second.until == day(16) - timedelta(seconds=1)
    assert {one.outcome for one in (first, second, third)} == {Outcome.GIVEN}
    assert [one.waited for one in (first, second, third)] == [False, True, True]
    _, met = held([given(0.1), given(0.5, customer=2, next_order_at=day(0.9))], day=FIVE)
    assert (met.outcome, met.by) == (Outcome.NOTHING, Limit.BUDGET)
    assert "today's budget of this campaign is 5.00 USD" in met.reason


def test_a_customer_has_a_bound_of_their_own_for_a_year() -> None:
    assert outcomes([given(0), given(1), given(1, customer=2)], customer=FIVE) == "gng"
    spent = given(-300, next_order_at=day(-299))
    assert outcomes([spent, given(64)], customer=FIVE) == "gn"
    assert outcomes([spent, given(66)], customer=FIVE) == "gg"


def test_a_budget_pays_for_its_own_currencies_only() -> None:
    (refused,) = held([given(0)], total={"EUR": Decimal(500)})
    assert refused.outcome is Outcome.NOTHING
    assert "is in EUR" in refused.reason


def test_what_nobody_can_price_is_refused_only_where_there_is_a_budget() -> None:
    assert outcomes([replace(given(0), cost=None)], total=TEN) == "n"
    assert outcomes([replace(given(0), cost=None)]) == "g"
    gift = Offer(OfferKind.PERSONAL_GIFT, Decimal(0), Decimal(0), 14)
    assert outcomes([replace(given(0), cost=None, offer=gift), given(1, cost=10, offer=gift)], total=TEN) == "ng"


def test_the_whole_shop_has_a_budget_and_the_campaign_with_priority_goes_first() -> None:
    both = held([given(0), given(0, campaign_id=2), given(0, customer=2)], shop=Budgets(total=FIVE))
    assert [(one.campaign_id, one.outcome) for one in both] == [
        (2, Outcome.GIVEN),
        (1, Outcome.NOTHING),
        (1, Outcome.NOTHING),
    ]
    assert "the budget of the whole shop" in both[1].reason


@vary(st.lists(st.tuples(st.integers(0, 400), st.integers(1, 7), st.integers(1, 3), st.none() | st.integers(0, 20))))
def test_no_budget_is_ever_exceeded(drawn: list[tuple[int, int, int, int | None]]) -> None:
    asked = [
        given(hours / 24, cost, customer, next_order_at=None if later is None else day(hours / 24 + later))
        for hours, cost, customer, later in drawn
    ]
    found = held(asked, total={"USD": Decimal(20)}, day=TEN, customer={"USD": Decimal(12)})
    kept = [one for one in found if one.outcome is Outcome.GIVEN]
    assert len(found) == len(asked)
    for now in (one.at for one in kept):
        alive = [one for one in kept if one.at <= now and (one.came or (one.until is not None and one.until >= now))]
        assert sum(cost_of(one) for one in alive) <= 20
        assert sum(cost_of(one) for one in alive if one.at.date() == now.date()) <= 10
        for who in (1, 2, 3):
            assert sum(cost_of(one) for one in alive if one.customer_id == who) <= 12


def cost_of(one: Asked) -> Decimal:
    return Decimal(0) if one.cost is None else one.cost.amount

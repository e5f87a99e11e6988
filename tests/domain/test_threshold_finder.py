"""What each threshold would cost and bring, by hand and by what must hold of every past."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.domain.past_baskets import Basket, Group
from plugin.domain.threshold_finder import Curve, Found, Point, Terms, candidates, find
from plugin.domain.threshold_sums import Costed, effects
from plugin.domain.top_up import ASSUMED, TopUp
from tests.domain.test_top_up import paying

TERMS = Terms("web", "USD", margin=0.5)
NOBODY = TopUp(0.0, 0.0, 0.0, 0.2, "Nobody tops up.")


def basket(who: int, value: float, shipping: float = 5.0, **changes: Any) -> Basket:
    return Basket(who, Group.NEW, "web", "USD", value, shipping)._replace(**changes)


def shop(*values: float, of_each: int = 50, **changes: Any) -> list[Basket]:
    """Every customer orders once."""
    return [basket(n, value, **changes) for n, value in enumerate(v for v in values for _ in range(of_each))]


def everybody(found: Found) -> Curve:
    assert found.missing == ""
    return found.curves[0]


def at(curve: Curve, threshold: float) -> Point:
    (point,) = [one for one in curve.points if float(one.threshold) == threshold]
    return point


@pytest.mark.parametrize(
    ("threshold", "reaching", "in_reach", "cost", "margin", "net"),
    [
        # 50 orders each of 20, 45 and 60, which paid 5 for shipping; 10 % in reach top up; half is left.
        (20, 150, 0, 150 * 5, 0, -750),
        (24, 100, 50, 100 * 5 + 0.1 * 50 * 5, 0.1 * 50 * 0.5 * 4, -525 + 10),
        (44, 100, 0, 500, 0, -500),
        (50, 50, 50, 50 * 5 + 0.1 * 50 * 5, 0.1 * 50 * 0.5 * 5, -275 + 12.5),
        (56, 50, 50, 275, 0.1 * 50 * 0.5 * 11, -275 + 27.5),
        (60, 50, 0, 250, 0, -250),
    ],
)
def test_by_hand(threshold: float, reaching: int, in_reach: int, cost: float, margin: float, net: float) -> None:
    point = at(
        everybody(find(shop(20, 45, 60), replace(TERMS, top_up=TopUp(0.0, 0.1, 0.2, 0.2, ""), given=True))), threshold
    )
    assert (point.reaching, point.in_reach) == (reaching, in_reach)
    assert point.cost.central == pytest.approx(cost)
    assert point.margin.central == pytest.approx(margin)
    assert point.net.central == pytest.approx(net)
    assert point.cost.low <= cost <= point.cost.high
    assert point.net.low <= net <= point.net.high


def test_the_range_is_sampling_error_alone_where_nobody_tops_up() -> None:
    """By hand: 100 orders of one customer each cost 5: the error of the sum is the root of 100 x 25."""
    point = at(everybody(find(shop(20, 45), replace(TERMS, top_up=NOBODY, given=True))), 20)
    assert point.cost.high - point.cost.central == pytest.approx(1.96 * 50, rel=1e-3)
    assert point.net.high - point.net.central == pytest.approx(1.96 * 50, rel=1e-3)


def test_orders_of_one_customer_are_no_independent_ones() -> None:
    alone = everybody(find(shop(20, 45), replace(TERMS, top_up=NOBODY, given=True)))
    apart = [one._replace(customer_id=one.customer_id // 4) for one in shop(20, 45)]
    together = everybody(find(apart, replace(TERMS, top_up=NOBODY, given=True)))
    spread = [at(curve, 20).cost.high - at(curve, 20).cost.central for curve in (alone, together)]
    assert spread[1] == pytest.approx(2 * spread[0])


def test_what_it_takes_to_make_up_for_a_loss() -> None:
    """50 orders of 60 lose 250; a further one brings 30 less 5 for its shipping."""
    point = at(everybody(find(shop(20, 45, 60), replace(TERMS, top_up=NOBODY, given=True))), 60)
    assert point.needed is not None
    assert point.needed.central == pytest.approx(10)
    assert point.needed.low < 10 < point.needed.high
    thin = at(everybody(find(shop(20, 45, 60), replace(TERMS, margin=0.08, top_up=NOBODY, given=True))), 60)
    assert thin.needed is None, "4.80 is less than its shipping"


def test_the_best_threshold_and_what_is_as_good() -> None:
    """Shipping is cheap, and half of those at 40 and 44 top up: it pays to ask for a little more than they buy."""
    few = [basket(900 + n, 60, 1.0) for n in range(10)]
    terms = replace(TERMS, top_up=TopUp(0.3, 0.5, 0.6, 0.2, ""), given=True)
    found = find(shop(40, 44, shipping=1.0) + few, terms)
    best = everybody(found).best
    assert best is not None
    assert best.net is not None
    nets = {point.threshold: point.net.central for point in everybody(found).points}
    assert best.threshold == max(nets, key=lambda one: nets[one])
    assert nets[best.threshold] > 0
    assert best.lowest is not None
    assert best.highest is not None
    assert best.lowest <= best.threshold <= best.highest
    assert best.threshold == 50, "the highest that those at 40 still reach for"
    assert at(everybody(found), 50).net.central == pytest.approx(0.5 * 50 * (0.5 * 10 - 1 + 0.5 * 6 - 1) - 10)
    assert not best.now_as_good


def test_none_is_best_where_none_pays() -> None:
    best = everybody(find(shop(20, 45, 60), replace(TERMS, top_up=NOBODY, given=True))).best
    assert best is not None
    assert (best.threshold, best.net) == (None, None)


NOW_50 = replace(TERMS, free_from=Decimal(50), top_up=NOBODY, given=True)


def test_against_what_everybody_has_already() -> None:
    bought = shop(20, 45) + [one._replace(customer_id=900 + n) for n, one in enumerate(shop(60, shipping=0.0))]
    curve = everybody(find(bought, NOW_50))
    assert curve.now == 50
    assert curve.points[-1].threshold == 50, "nothing above what everybody has"
    assert (at(curve, 50).net.central, at(curve, 50).cost.high) == (0, 0)
    assert at(curve, 44).cost.central == 50 * 5, "who ships free already costs nothing more"


def test_a_personal_threshold_can_be_taken_back_and_what_that_may_lose_is_told() -> None:
    terms = replace(NOW_50, personal={Group.NEW: Decimal(40)})
    curve = everybody(find(shop(20, 45, 60, of_each=60), terms, only=Group.NEW))
    point = at(curve, 50)
    assert (curve.now, at(curve, 40).net.central) == (Decimal(40), 0)
    assert point.cost.central == -60 * 5
    assert point.taken == 60
    assert point.to_spare == pytest.approx(300 / (0.5 * 45))
    assert curve.best is not None
    assert (curve.best.threshold, curve.best.taken) == (Decimal(46), 60), "the first that nobody at 45 reaches"


@pytest.mark.parametrize(
    ("shipping", "given_cost", "expected"),
    [
        (5.0, None, 100 * 5),
        (5.0, 3.0, 100 * 3),
        (0.0, 3.0, 100 * 3),  # no order shows any shipping: all are taken to pay
    ],
)
def test_what_shipping_is_counted_at(shipping: float, given_cost: float | None, expected: float) -> None:
    terms = replace(TERMS, shipping=given_cost, top_up=NOBODY, given=True)
    assert at(everybody(find(shop(20, 45, shipping=shipping), terms)), 20).cost.central == expected


def test_who_pays_nothing_without_a_threshold_pays_nothing_under_one() -> None:
    fetched = [basket(900 + n, 48, shipping=0.0) for n in range(10)]
    assert (
        at(everybody(find(shop(20, 45) + fetched, replace(TERMS, top_up=NOBODY, given=True))), 20).cost.central == 500
    )


@pytest.mark.parametrize(
    ("baskets", "missing"),
    [
        ([], "Not enough data yet: 0 of at least 100 orders in web."),
        (shop(20, 45, shipping=0.0), "No order in web shows what was paid for shipping; say with --shipping-cost"),
    ],
)
def test_without_anything_to_go_by(baskets: Sequence[Basket], missing: str) -> None:
    found = find(baskets, TERMS)
    assert found.missing.startswith(missing)
    assert found.curves == ()


@pytest.mark.parametrize(
    ("baskets", "missing"),
    [
        (shop(20, 45, of_each=49), "Not enough data yet: 98 of at least 100 orders."),
        (
            [one._replace(customer_id=n // 6) for n, one in enumerate(shop(20, 45))],
            "Not enough data yet: orders of 17 of at least 20 customers.",
        ),
    ],
)
def test_too_few_are_said(baskets: Sequence[Basket], missing: str) -> None:
    assert everybody(find(baskets, TERMS)).missing == missing


def test_where_everything_ships_free_nothing_is_left_to_give() -> None:
    found = find(shop(20, 45), replace(TERMS, free_from=Decimal(0)))
    assert everybody(found).missing == "Shipping is free from 0.00 USD for everybody: nothing is left to give."


def test_what_is_left_out_is_said() -> None:
    bought = [*shop(20, 45), basket(901, 99, currency="EUR"), basket(902, -1), basket(903, 5, shipping=-1)]
    found = find(bought, TERMS)
    assert everybody(found).orders == 100
    assert found.left_out == [
        "1 order is in another currency than USD and left out: they are never added.",
        "2 orders of which the value or the shipping is below 0 are left out.",
    ]


@pytest.mark.parametrize(
    ("values", "first", "last", "step"),
    [
        ([10.0 + n for n in range(91)], 20, 95, 5),
        ([100.0 + n / 10 for n in range(11)], "100.10", "100.95", "0.05"),
        ([1_000_000.0 + 1000 * n for n in range(101)], 1_010_000, 1_095_000, 5_000),
        ([20.0] * 5, 20, 20, None),
    ],
)
def test_candidates_are_round_numbers(values: list[float], first: Any, last: Any, step: Any) -> None:
    found = candidates(values, TERMS)
    assert (found[0], found[-1]) == (Decimal(first), Decimal(last))
    assert {after - before for before, after in pairwise(found)} == ({Decimal(step)} if step else set())
    assert len(found) <= 26


def test_each_segment_has_its_curve_and_they_add_up() -> None:
    loyal = [one._replace(customer_id=n // 2, group=Group.LOYAL) for n, one in enumerate(shop(25, 50, of_each=60))]
    bought = sorted([*shop(20, 45), *loyal])
    found = find(bought, TERMS)
    everyone, new, second = found.curves
    assert (everyone.group, new.group, second.group) == (None, Group.NEW, Group.LOYAL)
    for whole, *parts in zip(everyone.points, new.points, second.points, strict=True):
        for name in ("cost", "margin", "net"):
            assert getattr(whole, name).central == pytest.approx(sum(getattr(part, name).central for part in parts))
    assert [curve.group for curve in find(bought, TERMS, only=Group.LOYAL).curves] == [Group.LOYAL]
    assert find(bought, TERMS, only=Group.GUEST).curves[0].missing == "Not enough data yet: 0 of at least 100 orders."


PAST = st.lists(
    st.tuples(
        st.integers(0, 9_999).map(lambda cents: cents / 100),
        st.integers(0, 900).map(lambda cents: cents / 100),
        st.sampled_from(Group),
        st.booleans(),
    ),
    min_size=120,
    max_size=160,
)


def made(past: Sequence[tuple[float, float, Group, bool]]) -> list[Basket]:
    """Some customers order several times."""
    found, who = list[Basket](), 0
    for value, shipping, group, another in past:
        who += another or who < 25
        found.append(basket(who, value, shipping, group=group))
    return found


@settings(max_examples=25)
@given(PAST)
def test_without_topping_up_cost_falls_as_the_threshold_rises_and_from_nothing_on_all_ships_free(past: Any) -> None:
    bought = made(past)
    points = everybody(find(bought, replace(TERMS, shipping=4.0, top_up=NOBODY, given=True))).points
    costs = [point.cost.central for point in points]
    assert all(before >= after >= 0 for before, after in pairwise(costs))
    assert all(point.margin.central == point.margin.high == 0 for point in points)
    assert all(point.net.central == -point.cost.central for point in points)
    lowest = replace(TERMS, personal=dict.fromkeys(Group, Decimal(0)), top_up=NOBODY, given=True, shipping=4.0)
    free = everybody(find(bought, lowest)).points
    assert all(point.cost.central <= 0 for point in free), "from 0 on everybody has it already"


@given(st.lists(st.tuples(st.floats(0, 999), st.floats(0, 9)), max_size=30))
def test_a_threshold_of_nothing_gives_everybody_free_shipping(past: list[tuple[float, float]]) -> None:
    found = effects([Costed(*one) for one in past], [0.0, 1_000.0], 0.5, 0.2)
    assert found.free == [pytest.approx(sum(cost for _, cost in past)), 0.0]
    assert found.reaching == [len(past), 0]
    assert found.in_reach[0] == 0


@settings(max_examples=25)
@given(PAST, st.floats(0, 0.4), st.floats(0, 0.3), st.floats(0, 0.3))
def test_every_range_holds_its_middle(past: Any, low: float, more: float, most: float) -> None:
    top_up = TopUp(low, low + more, low + more + most, 0.2, "")
    for curve in find(made(past), replace(TERMS, shipping=4.0, top_up=top_up, given=True)).curves:
        for point in curve.points:
            for amount in (point.cost, point.margin, point.net):
                assert amount.low - 1e-6 <= amount.central <= amount.high + 1e-6
            assert point.net.central == pytest.approx(point.margin.central - point.cost.central)
        if curve.best is not None and curve.best.threshold is not None:
            assert curve.best.lowest is not None
            assert curve.best.highest is not None
            assert curve.best.lowest <= curve.best.threshold <= curve.best.highest


@settings(max_examples=25)
@given(PAST)
def test_more_topping_up_brings_more_margin(past: Any) -> None:
    few, many = (
        everybody(find(made(past), replace(TERMS, shipping=4.0, top_up=replace(ASSUMED, central=share), given=True)))
        for share in (0.1, 0.2)
    )
    for less, more in zip(few.points, many.points, strict=True):
        assert more.margin.central == pytest.approx(2 * less.margin.central)


def test_the_shops_own_past_stands_in_for_the_assumption() -> None:
    """A fifth of those within reach of the channel's own 50 top up."""
    bought = [basket(n, value, shipping) for n, (value, shipping) in enumerate(paying(20_000, 0.2))]
    found = find(bought, replace(TERMS, free_from=Decimal(50)))
    assert found.top_up.estimated
    assert found.top_up.central == pytest.approx(0.2, abs=0.02)
    assert found.top_up.source.startswith("Estimated from your own orders around your threshold of 50.00 USD")
    asked = replace(TERMS, free_from=Decimal(50), top_up=NOBODY, given=True)
    assert find(bought, asked).top_up is NOBODY

"""Learnt from what was known, never from what came; in columns as one by one; and better than the rules beside it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from plugin.domain.customer import fold
from plugin.domain.model.evaluate import grouped_area, roc_area
from plugin.domain.model.needs import Buys, again, buys_of, came, learn, pairs_at, scores
from plugin.domain.needs import TRAITS, Bought, NeedModel, Pace, chance, from_json, needs_of, seen_at, to_json
from tests.shop import order

TODAY = datetime(2026, 6, 1, tzinfo=UTC).toordinal()
MODEL = NeedModel(14, Pace(20.0, 0.05), {}, {}, 1.0, 0.9)
#: Product → the days that it lasts.
LASTS = {"tea": 10, "soap": 30, "bulb": 120}


def shop(customers: int = 400, length: int = 360, seed: int = 7) -> Buys:
    """Everybody buys some of the products, each in a rhythm of the product's and of their own."""
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        for product, lasts in LASTS.items():
            own = lasts * rng.uniform(0.6, 1.6)
            day = rng.uniform(0, 60)
            while day < length and rng.random() > 0.05:
                rows.append((customer, TODAY - length + int(day), product, "food" if product == "tea" else "home"))
                day += max(1.0, own * rng.lognormal(0, 0.3))
    return buys_of(rows)


@pytest.fixture(scope="module")
def bought() -> Buys:
    return shop()


def test_nothing_after_the_cutoff_is_known(bought: Buys) -> None:
    cutoff = TODAY - 60
    rng = np.random.default_rng(1)
    later = bought.day > cutoff
    shifted = np.where(later, bought.day + rng.integers(0, 30, len(later)), bought.day)
    assert later.any()
    assert learn(bought, cutoff) == learn(replace(bought, day=shifted), cutoff)


def test_the_learnt_chance_is_right_and_ranks_better_than_chance_alone(bought: Buys) -> None:
    cutoff = TODAY - 20
    model = learn(bought, cutoff)
    assert model is not None
    assert model.layer is not None
    pairs = again(pairs_at(bought, cutoff))
    outcome = came(bought, pairs, cutoff, 14)
    score = scores(model, bought, pairs, cutoff)
    alone = scores(replace(model, layer=None), bought, pairs, cutoff)
    ours, theirs = roc_area(score, outcome), roc_area(alone, outcome)
    assert ours.low is not None
    assert theirs.auc is not None
    assert ours.low > theirs.auc
    assert score.mean() == pytest.approx(outcome.mean(), abs=0.04)


def test_a_product_has_its_own_pace_and_one_that_is_new_that_of_its_type(bought: Buys) -> None:
    model = learn(bought, TODAY)
    assert model is not None
    assert model.products["tea"].gap < model.products["soap"].gap < model.products["bulb"].gap
    assert model.pace("new", "food").gap == pytest.approx(model.products["tea"].gap, rel=0.05)
    assert model.pace("new", "other") == model.shop
    assert 0.7 < model.typical < 1.1


def test_columns_say_the_same_as_one_by_one(bought: Buys) -> None:
    model = learn(bought, TODAY)
    assert model is not None
    for one in (model, replace(model, layer=None)):
        pairs = again(pairs_at(bought, TODAY))
        score = scores(one, bought, pairs, TODAY)
        for row in range(0, len(pairs), 97):
            customer = bought.customer == pairs.customer[row]
            theirs = customer & (bought.product == pairs.product[row])
            history = fold([order(f"O{day}", noon(day)) for day in sorted(set(bought.day[customer].tolist()))], UTC)
            name = bought.products[pairs.product[row]]
            kind = bought.types[bought.type_of[pairs.product[row]]]
            thing = Bought(name, name, kind, tuple(noon(day) for day in bought.day[theirs].tolist()), "O")
            seen = seen_at(thing, history, one.pace(name, kind), noon(TODAY))
            assert chance(one, seen) == pytest.approx(float(score[row]), rel=1e-9)


def noon(day: int) -> datetime:
    return datetime.fromordinal(day).replace(hour=12, tzinfo=UTC)


def test_too_little_teaches_nothing() -> None:
    few = buys_of([(1, TODAY - 20, "tea", "food"), (1, TODAY - 10, "tea", "food"), (2, TODAY, "tea", "food")])
    assert learn(few, TODAY) is None
    assert learn(buys_of([]), TODAY) is None


def test_a_past_too_short_for_windows_teaches_paces_alone() -> None:
    rows = [(customer, TODAY - day, "tea", "food") for customer in range(60) for day in (0, 4, 8)]
    model = learn(buys_of(rows), TODAY)
    assert model is not None
    assert model.layer is None
    assert model.products["tea"].gap == pytest.approx(4.0)


def test_it_is_written_and_read_again(bought: Buys) -> None:
    model = learn(bought, TODAY)
    assert model is not None
    read = from_json(json.loads(json.dumps(to_json(model))))
    assert read.layer is not None
    assert model.layer is not None
    assert read == replace(model, layer=replace(model.layer, covariance=read.layer.covariance))
    assert [name for name, _ in read.layer.weights] == list(TRAITS)


def thing(*days_ago: int, product: str = "tea", **changes: object) -> Bought:
    times = tuple(noon(TODAY) - timedelta(days=day) for day in sorted(days_ago, reverse=True))
    return replace(Bought(product, product.title(), "food", times, f"O{min(days_ago)}"), **changes)  # type: ignore[arg-type]


def test_a_need_is_due_by_the_shrunk_gap_and_the_first_one_leads() -> None:
    history = fold([order(f"O{day}", noon(TODAY - day)) for day in (25, 15, 5)], UTC)
    often, seldom = thing(25, 15, 5), thing(25, 5, product="soap")
    first, second = needs_of([seldom, often], history, MODEL)
    assert (first.bought, second.bought) == (often, seldom)
    assert first.gap == pytest.approx((2 * 20 + 20) / 4)
    assert first.due_at == first.last_at + timedelta(days=0.9 * 15)
    assert first.key == "tea O5"
    assert 0 < second.chance < first.chance < 1


def test_a_day_is_counted_once_and_rows_may_come_in_any_order() -> None:
    rows = [(2, 9, "tea", "food"), (1, 5, "tea", "food"), (1, 3, "tea", "food"), (1, 5, "tea", "food")]
    found = pairs_at(buys_of(rows), 9)
    assert found.times.tolist() == [2.0, 1.0]
    assert found.last_gap.tolist() == [2.0, 0.0]
    assert found.customer_last.tolist() == [5.0, 9.0]


def test_rows_of_one_group_count_as_one() -> None:
    rng = np.random.default_rng(3)
    score = rng.random(400)
    outcome = rng.random(400) < score
    alone = roc_area(score, outcome)
    each = grouped_area(score, outcome, np.arange(400))
    twice = grouped_area(np.repeat(score, 2), np.repeat(outcome, 2), np.repeat(np.arange(400), 2))
    assert alone.low is not None
    assert each.low is not None
    assert twice.low is not None
    assert each.auc == alone.auc
    assert each.low == pytest.approx(alone.low, abs=0.003)
    assert twice.low == pytest.approx(each.low)

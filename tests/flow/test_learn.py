"""What a shop's history teaches: a model where there is enough, a rhythm where there is not."""

import random
from datetime import timedelta

import pytest

from plugin.domain.prediction import Model
from plugin.domain.stages import Limits
from plugin.errors import GiveUp
from plugin.flow.fit import fit, fit_apart
from plugin.flow.learn import learn
from plugin.store import customers, shops
from plugin.store.shops import Shop
from tests.bodies import bulk_body
from tests.flow.conftest import Home
from tests.shop import NOW, ago, order

pytestmark = pytest.mark.anyio


def shop_of(home: Home) -> Shop:
    with home.database.read() as connection:
        return shops.get(connection, home.shop_id)


def fill(home: Home, people: int) -> None:
    """A year of people who come every few weeks, of whom half have left for good."""
    chance = random.Random(1)
    bought = [
        order(f"O{who}-{n}", ago(at), user_id=f"U{who}", email=f"{who}@example.com")
        for who in range(people)
        for n, at in enumerate(range(chance.randint(200, 360), 120 if who % 2 else 5, -chance.randint(15, 45)))
    ]
    for at in range(0, len(bought), 50):
        home.arrive("order_bulk_created", bulk_body(bought[at : at + 50], NOW))
    home.receive()


async def test_a_shop_with_a_history_has_a_model(home: Home) -> None:
    fill(home, 60)
    before = {row.customer_id: row for row in everybody(home)}
    assert learn(home.house, home.shop_id, timedelta(0))
    shop = shop_of(home)
    assert shop.model is not None
    assert shop.model.usable
    assert shop.model.customers == 60
    assert shop.rhythm_at == home.now
    after = {row.customer_id: row for row in everybody(home)}
    assert any(after[who].turns != before[who].turns for who in after)
    gone = [row for row in after.values() if row.state.history.last_at and row.state.history.last_at < ago(119)]
    assert gone
    assert all(row.turns.at_risk_from and row.turns.at_risk_from < home.now for row in gone)


async def test_a_young_shop_says_that_it_has_too_little_data(home: Home) -> None:
    fill(home, 3)
    learn(home.house, home.shop_id, timedelta(0))
    model = shop_of(home).model
    assert model is not None
    assert not model.usable
    assert "Not enough data yet" in model.reason


async def test_a_shop_without_orders_can_be_learnt_from(home: Home) -> None:
    assert learn(home.house, home.shop_id, timedelta(0))
    assert shop_of(home).model is not None


async def test_the_merchants_horizon_is_the_models(home: Home) -> None:
    fill(home, 30)
    with home.database.write() as connection:
        shops.set_limits(connection, home.shop_id, Limits(horizon_days=21))
    assert fit(home.database, home.shop_id, home.now).horizon_days == 21


async def test_another_process_finds_the_same(home: Home) -> None:
    fill(home, 30)
    assert fit_apart(home.database, home.shop_id, home.now) == fit(home.database, home.shop_id, home.now)


async def test_a_fit_that_fails_leaves_the_model_of_before_and_is_not_repeated_at_once(home: Home) -> None:
    asked: list[object] = []

    def failing(*_: object) -> Model:
        asked.append(_)
        raise GiveUp("The numbers are not with us.")

    fill(home, 30)
    learn(home.house, home.shop_id, timedelta(0))
    before = shop_of(home).model
    home.now += timedelta(days=2)
    for _ in range(3):
        learn(home.house, home.shop_id, fit=failing)
    assert (shop_of(home).model, shop_of(home).rhythm_at, len(asked)) == (before, home.now, 1)
    with pytest.raises(GiveUp, match="ended with"):
        fit_apart(home.database, 999, home.now)


def everybody(home: Home) -> list[customers.Customer]:
    with home.database.read() as connection:
        ids = [one.customer_id for one in customers.lock_after(connection, home.shop_id, 0, 1_000)]
        found = [customers.by_id(connection, home.shop_id, customer_id) for customer_id in ids]
    return [customer for customer in found if customer is not None]

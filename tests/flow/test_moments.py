"""When time makes something true: whom it wakes, and whom it must not."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Connection

from plugin.domain.churn import Rhythm
from plugin.domain.decide import Decision, Outcome
from plugin.flow.learn import measure_again
from plugin.flow.reconsider import Look, reconsider
from plugin.flow.scene import Scene
from plugin.store import backfills, customers, shops
from plugin.store.backfills import Kind
from plugin.store.customers import Measured
from tests.bodies import account_body, bulk_body, order_body
from tests.flow.conftest import Home
from tests.flow.silence import outcomes, silent_customer, user_of
from tests.shop import NOW, account, ago, days, order

pytestmark = pytest.mark.anyio


async def test_nothing_before_the_silence_is_unusual(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.now -= days(1)
    home.tick()
    await home.deliver()
    assert home.codes() == []


async def test_a_moment_that_has_come_is_left_to_the_tick_whatever_else_arrives_first(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.take("customer_updated", account_body(account(user_id, updated_at=home.now), home.now))
    home.take("order_updated", order_body(order("O1", NOW, user_id=user_id, updated_at=home.now), home.now))
    assert outcomes(home) == []
    home.tick()
    assert outcomes(home) == [Outcome.GIVEN]


@pytest.mark.parametrize(("hours", "given"), [(6, True), (30, False)])
async def test_a_new_model_swallows_no_moment_of_today_and_makes_none_of_before(
    home: Home, hours: int, given: bool
) -> None:
    """At 60 days of silence it is said to have begun so many hours ago; until then it was to come."""
    home.switch_on("win-back")
    user_id = user_of(home)
    home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    home.now = NOW + days(60) - timedelta(hours=1)
    with home.database.write() as connection:
        rhythm = Rhythm(mean_gap=30, slack=2 - (hours - 1) / 24 / 30, gaps=999)
        shops.save_learnt(connection, home.shop_id, rhythm, None, home.now)
    measure_again(home.house, home.shop_id, home.now)
    home.tick()
    assert outcomes(home) == ([Outcome.GIVEN] if given else [])


async def test_older_orders_that_draw_the_moment_near_trigger_nothing(home: Home) -> None:
    """Silent for 44.5 days of 60; with what was before, of 44: it came to be known, it did not come."""
    home.switch_on("win-back")
    user_id = user_of(home)
    home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    home.now = NOW + days(44.5)
    past = [order(f"O0{n}", NOW - days(n), user_id=user_id) for n in (14, 28)]
    home.take("order_bulk_created", bulk_body(past, home.now))
    with home.database.read() as connection:
        known = customers.glance(connection, home.shop_id, user_id)
    assert known is not None
    assert known.turns.at_risk_from is not None
    assert home.now - days(1) < known.turns.at_risk_from < home.now, "or this test says nothing"
    home.tick()
    assert outcomes(home) == []


@pytest.mark.parametrize("inside", [0, 50])
async def test_nobody_is_silent_while_the_past_is_being_read(home: Home, inside: int) -> None:
    home.switch_on("win-back", inside=inside)
    await silent_customer(home)
    with home.database.write() as connection:
        backfills.begin(connection, home.shop_id, Kind.ORDERS, home.now)
    home.tick()
    assert outcomes(home) == []
    with home.database.write() as connection:
        walk = backfills.of_shop(connection, home.shop_id)[Kind.ORDERS]
        backfills.advance(connection, home.shop_id, walk, cursor=None, read=1, now=home.now)
    home.tick()
    assert outcomes(home) == [Outcome.GIVEN]


async def test_a_past_that_cannot_be_read_is_not_waited_for_for_ever(home: Home) -> None:
    with home.database.write() as connection:
        assert not backfills.past_is_coming(connection, home.shop_id, home.now)
        backfills.begin(connection, home.shop_id, Kind.ORDERS, home.now)
        assert backfills.past_is_coming(connection, home.shop_id, home.now + days(0.9))
        assert not backfills.past_is_coming(connection, home.shop_id, home.now + days(1.1)), "nobody goes on with it"
        walk = backfills.of_shop(connection, home.shop_id)[Kind.ORDERS]
        backfills.fail(connection, home.shop_id, walk, "No permission.", home.now)
        assert backfills.past_is_coming(connection, home.shop_id, home.now + days(0.9))
        assert not backfills.past_is_coming(connection, home.shop_id, home.now + days(1.1))


async def test_another_tactics_moment_wakes_nobody_who_was_inside_already(home: Home) -> None:
    home.take("order_bulk_created", bulk_body([order("O1", ago(100))], NOW))
    home.switch_on("win-back")
    with home.database.write() as connection:
        known = customers.by_user(connection, home.shop_id, "U1")
        assert known is not None
        due = Measured(known.customer_id, known.state.history, known.segment, known.turns, home.now)
        customers.save_states(connection, home.shop_id, [due])
    home.tick()
    assert outcomes(home) == []


async def test_those_inside_come_at_most_so_many_a_day(home: Home) -> None:
    users = [f"U{n}" for n in range(7)]
    home.take("order_bulk_created", bulk_body([order(f"O{u}", ago(100), user_id=u) for u in users], NOW))
    home.switch_on("win-back", inside=3)
    for passed, given in ((0, 3), (0, 3), (1, 6), (2, 7), (3, 7)):
        home.now = NOW + days(passed)
        home.tick()
        assert outcomes(home).count(Outcome.GIVEN) == given


async def test_a_clock_that_jumps_back_gives_nothing_twice(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    await home.deliver()
    for jump in (-50, 200, -200, 61):
        home.now += days(jump)
        home.tick()
        await home.deliver()
    assert len(home.codes()) == 1


async def test_a_stopped_shop_learns_and_decides_nothing(home: Home) -> None:
    home.switch_on("free-shipping", thresholds={"default-channel": {"new": Decimal(40)}})
    with home.database.write() as connection:
        shops.set_stopped(connection, home.shop_id, True)
    home.take("order_created", order_body(order("O1", home.now)))
    assert outcomes(home) == []
    with home.database.read() as connection:
        known = customers.glance(connection, home.shop_id, "U1")
    assert known is not None
    assert known.state.history.orders == 1


async def test_our_own_echo_triggers_nothing(home: Home) -> None:
    home.switch_on("free-shipping", thresholds={"default-channel": {"new": Decimal(40)}})
    user_id = user_of(home)
    home.take("customer_updated", account_body(account(user_id, updated_at=home.now), by="QXBwOjE="))
    assert outcomes(home) == []
    home.take("customer_updated", account_body(account(user_id, updated_at=home.now + days(0.01))))
    assert outcomes(home) == [Outcome.SHOWN]


@pytest.mark.parametrize(("inside", "in_the_end"), [(0, 2), (10, 1)])
async def test_a_customer_who_cannot_be_worked_out_stops_nobody_else(
    home: Home, monkeypatch: pytest.MonkeyPatch, inside: int, in_the_end: int
) -> None:
    """Looked at again an hour later; of those inside it was their turn."""
    _, other, *_ = (user.id for user in home.sandbox.shop.users.values() if not user.is_staff)
    home.take("order_created", order_body(order("O2", NOW, user_id=other)))
    broken = await silent_customer(home)
    home.switch_on("win-back", inside=inside)
    home.now += days(2) if inside else days(0)

    def raising(connection: Connection, scene: Scene, looks: Sequence[Look], *more: Any) -> list[list[Decision]]:
        if any(look.customer.state.user_id == broken for look in looks):
            raise ValueError("cannot be")
        return reconsider(connection, scene, looks, *more)

    with monkeypatch.context() as patched:
        patched.setattr("plugin.flow.tick.reconsider", raising)
        home.tick()
    assert outcomes(home) == [Outcome.GIVEN]
    home.now += timedelta(hours=1)
    home.tick()
    assert outcomes(home) == [Outcome.GIVEN] * in_the_end

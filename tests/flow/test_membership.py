"""Watched segments: one customer is moved by an order or a moment, and the campaigns that hear of it are asked."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.effects import Nothing
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View
from plugin.flow.switch import switch_off
from plugin.flow.watching import follow_campaigns, refill, unwatch, watch
from plugin.store import campaigns, customers, decisions, members, segments, shops
from tests.bodies import bulk_body, order_body
from tests.flow.conftest import Home
from tests.shop import NOW, ago, days, order

pytestmark = pytest.mark.anyio


@dataclass(frozen=True, slots=True)
class NoParams:
    pass


def _says(view: View, trigger: Trigger, params: NoParams) -> Iterator[Any]:
    if trigger.segment is not None:
        episode = f"{trigger.kind} {trigger.segment} {trigger.at:%m-%d}"
        yield Nothing(episode, trigger.at, f"{trigger.kind} {trigger.segment}")


ECHO = Tactic(
    key="echo",
    title="Echo",
    pitch="Says who enters and leaves.",
    params=NoParams,
    listens_to=frozenset({TriggerKind.ENTERED, TriggerKind.LEFT}),
    decide=_says,
)


def hear_of(home: Home, *names: str) -> None:
    home.add_tactic(ECHO)
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "echo", home.house.tactics)
        audience = {"any": [{}, *({"segment": name} for name in names)]}
        limits = campaigns.Limits(0.0, 0, 0, audience=audience)
        found = campaigns.edit(connection, home.shop_id, found, found.params, limits, "test", home.now)
        campaigns.change_status(connection, home.shop_id, found, CampaignStatus.ON, "test", home.now)
    follow_campaigns(home.house, home.shop_id)


def heard(home: Home) -> list[str]:
    with home.database.read() as connection:
        return [told.reason for told in reversed(decisions.latest(connection, home.shop_id, 100))]


def inside(home: Home, user_id: str = "U1") -> list[str]:
    with home.database.read() as connection:
        customer = customers.glance(connection, home.shop_id, user_id)
        assert customer is not None
        return sorted(members.stays_of(connection, home.shop_id, [customer.customer_id])[customer.customer_id])


async def test_an_order_and_a_moment_move_a_customer_and_campaigns_hear_of_it(home: Home) -> None:
    hear_of(home, "one-time", "at-risk", "repeat")
    home.take("order_created", order_body(order("O1", NOW)))
    assert inside(home) == ["one-time"]
    home.now = NOW + days(60.5)
    home.tick()
    assert inside(home) == ["at-risk", "one-time"]
    home.tick()
    home.take("order_created", order_body(order("O2", home.now)))
    assert inside(home) == ["repeat"]
    assert heard(home) == ["entered one-time", "entered at-risk", "left at-risk", "left one-time", "entered repeat"]


async def test_days_alone_move_a_customer_at_their_moment(home: Home) -> None:
    watch(home.house, home.shop_id, "new")
    home.take("order_created", order_body(order("O1", NOW)))
    assert inside(home) == ["new"]
    home.now = NOW + days(30)
    home.tick()
    assert inside(home) == ["new"]
    home.now = NOW + days(30.001)
    home.tick()
    assert inside(home) == []


async def test_of_those_inside_when_watching_begins_nobody_has_entered(home: Home) -> None:
    home.take("order_created", order_body(order("O1", NOW)))
    hear_of(home, "one-time", "new")
    assert inside(home) == ["new", "one-time"]
    home.now = NOW + days(31)
    home.tick()
    assert (inside(home), heard(home)) == (["one-time"], ["left new"])


async def test_the_past_moves_customers_and_fires_nothing(home: Home) -> None:
    hear_of(home, "one-time", "repeat")
    past = [order("O1", ago(20)), order("O2", ago(200)), order("X1", ago(5), user_id="U2")]
    home.take("order_bulk_created", bulk_body(past, NOW))
    assert (inside(home), inside(home, "U2"), heard(home)) == (["repeat"], ["one-time"], [])


async def test_what_nobody_wants_is_not_watched_any_more(home: Home) -> None:
    home.take("order_created", order_body(order("O1", NOW)))
    hear_of(home, "one-time", "new")
    assert watch(home.house, home.shop_id, "new") == 1
    switch_off(home.house, home.shop_id, "echo", CampaignStatus.PAUSED, "test")
    assert inside(home) == ["new", "one-time"], "it may go on"
    switch_off(home.house, home.shop_id, "echo", CampaignStatus.ENDED, "test")
    assert inside(home) == ["new"]
    unwatch(home.house, home.shop_id, "new")
    with home.database.read() as connection:
        assert members.names(connection, home.shop_id) == {}
    assert inside(home) == []


async def test_a_watched_segment_that_says_something_else_is_filled_anew(home: Home) -> None:
    home.take("order_created", order_body(order("O1", NOW)))
    with home.database.write() as connection:
        segments.save(connection, home.shop_id, "mine", segments.find(connection, home.shop_id, "repeat"), NOW)
    assert watch(home.house, home.shop_id, "mine") == 0
    with home.database.write() as connection:
        segments.save(connection, home.shop_id, "mine", segments.find(connection, home.shop_id, "one-time"), NOW)
    refill(home.house, home.shop_id)
    assert inside(home) == ["mine"]


async def test_members_are_those_that_the_condition_finds(home: Home) -> None:
    names = ("new", "one-time", "repeat", "at-risk", "dormant", "at-risk-by-days", "replenishment-due")
    for name in names:
        watch(home.house, home.shop_id, name)
    for step in range(12):
        home.now = NOW + days(17 * step)
        for user in range(6):
            if (step * 5 + user * 7) % (user + 2) == 0:
                home.take("order_created", order_body(order(f"O{step}-{user}", home.now, user_id=f"U{user}")))
        home.tick()
        with home.database.read() as connection:
            shop = shops.get(connection, home.shop_id)
            for name in names:
                found = segments.find(connection, home.shop_id, name)
                assert members.count(connection, home.shop_id, name) == segments.count(
                    connection, shop, found, home.now
                )

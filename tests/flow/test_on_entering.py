"""One code for each stay in the segment of a campaign's audience, from the order that began it to the checkout."""

from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.conditions import read_condition
from plugin.domain.decide import Outcome
from plugin.domain.guardrails import Guardrails
from plugin.errors import Rejected
from plugin.flow.campaign_edits import change, make
from plugin.flow.dry_run import dry_run
from plugin.flow.learn import measure_again
from plugin.flow.preflight import look
from plugin.flow.scene import set_scene
from plugin.flow.switch import switch_off, switch_on
from plugin.flow.trial import give_trial
from plugin.flow.watching import refill, watch
from plugin.store import budgets, campaigns, decisions, segments, shops
from tests.bodies import bulk_body, order_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, outcomes, user_of
from tests.shop import NOW, ago, days, order

pytestmark = pytest.mark.anyio

NAME = "thanks"
#: Whose last order was of 100 or more: orders move customers in and out.
BIG = {"field": "last_total", "at_least": 100, "currency": "USD"}


@pytest.fixture
def big(home: Home) -> None:
    save(home, BIG)
    with home.database.write() as connection:
        shops.set_guardrails(connection, home.shop_id, Guardrails(gifts=None, days_between=0), "test", NOW)


def save(home: Home, condition: dict[str, Any]) -> None:
    with home.database.write() as connection:
        segments.save(connection, home.shop_id, "big", read_condition(condition), home.now)


async def on(home: Home, inside: int = 0, **settings: Any) -> None:
    said = {"audience": "big", "control_share": 0, "pause_days": 30, **settings}
    make(home.house, home.shop_id, NAME, "on_entering", said, "test")
    await switch_on(home.house, home.shop_id, NAME, inside, "test", confirmed=True)


def buy(home: Home, number: int, total: int, user_id: str | None = None, **changes: Any) -> None:
    bought = order(f"O{number}", home.now, user_id=user_id or user_of(home), total=Decimal(total), **changes)
    home.take("order_created", order_body(bought))


async def live(home: Home, passed: float = 0) -> None:
    home.now += days(passed)
    home.tick()
    await home.deliver()


def told(home: Home) -> list[str]:
    with home.database.read() as connection:
        return [one.reason for one in decisions.latest(connection, home.shop_id, 100)]


async def test_an_order_moves_a_customer_into_the_segment_and_one_code_is_given(home: Home, big: None) -> None:
    await on(home)
    buy(home, 1, 20)
    await live(home)
    assert outcomes(home) == []
    buy(home, 2, 150)
    await live(home)
    (code,) = home.codes()
    assert code in metadata(home, user_of(home))["retention.banner"]
    assert told(home) == ["In “big” since 2026-06-01 12:00 UTC."]


async def test_it_is_not_given_twice_for_one_stay(home: Home, big: None) -> None:
    await on(home, inside=100)
    buy(home, 1, 150)
    await live(home)
    for number in range(2, 6):
        buy(home, number, 150)
        await live(home, 40)
    assert (len(home.codes()), outcomes(home)) == (1, [Outcome.GIVEN])


async def test_leaving_and_entering_again_gives_again_after_the_pause(home: Home, big: None) -> None:
    await on(home)
    for number, (total, passed) in enumerate([(150, 0), (20, 5), (150, 5), (20, 5), (150, 30)]):
        home.now += days(passed)
        buy(home, number, total)
        await live(home)
    assert outcomes(home) == [Outcome.GIVEN, Outcome.NOTHING, Outcome.GIVEN]
    assert "less than 30 days ago" in told(home)[1]
    assert len(home.codes()) == 2


async def test_who_leaves_before_it_is_delivered_is_given_nothing(home: Home, big: None) -> None:
    await on(home)
    buy(home, 1, 150)
    home.now += days(0.01)
    buy(home, 2, 20)
    await live(home)
    assert (home.codes(), outcomes(home)) == ([], [Outcome.GIVEN])


async def test_time_alone_moves_a_customer_into_it(home: Home) -> None:
    await on(home, audience="dormant")
    buy(home, 1, 20)
    await live(home, 119)
    assert home.codes() == []
    await live(home, 1)
    assert len(home.codes()) == 1


async def test_a_day_of_learning_swallows_nobody(home: Home) -> None:
    """Everybody is measured again just when the moment has come, and before the tick gets to it."""
    await on(home, audience="dormant")
    buy(home, 1, 20)
    await live(home, 119)
    home.now += days(1)
    measure_again(home.house, home.shop_id, home.now)
    await live(home)
    assert told(home) == ["In “dormant” since 2026-09-29 12:00 UTC."]


@pytest.mark.parametrize("inside", [0, 100])
async def test_those_inside_are_given_one_only_where_the_merchant_says_so(home: Home, big: None, inside: int) -> None:
    buy(home, 1, 150)
    await live(home, 3)
    await on(home, inside)
    for _ in range(4):
        await live(home, 0.5)
    for number in range(2, 4):
        buy(home, number, 150)
        await live(home, 40)
    assert outcomes(home) == ([Outcome.GIVEN] if inside else [])
    assert told(home) == (["In “big” already."] if inside else [])


async def test_the_past_tells_of_nobody(home: Home, big: None) -> None:
    await on(home)
    past = order("O1", ago(0.5), user_id=user_of(home), total=Decimal(150))
    home.take("order_bulk_created", bulk_body([past], NOW))
    for _ in range(3):
        await live(home, 0.2)
    assert outcomes(home) == []


async def test_a_stay_is_the_same_one_after_a_pause_of_the_campaign_and_another_watch(home: Home, big: None) -> None:
    await on(home)
    buy(home, 1, 150)
    await live(home)
    switch_off(home.house, home.shop_id, NAME, CampaignStatus.PAUSED, "test")
    await live(home, 40)
    await switch_on(home.house, home.shop_id, NAME, 100, "test", confirmed=True)
    await live(home)
    watch(home.house, home.shop_id, "big")
    save(home, {**BIG, "at_least": 90})
    refill(home.house, home.shop_id)
    change(home.house, home.shop_id, NAME, {"params": {"value": 20}}, "test")
    await live(home, 40)
    assert outcomes(home) == [Outcome.GIVEN]


async def test_what_a_guardrail_puts_off_is_given_as_long_as_the_stay_lasts(home: Home, big: None) -> None:
    await on(home)
    with home.database.write() as connection:
        rules = Guardrails(quiet_from="11:00", quiet_to="13:00")
        shops.set_guardrails(connection, home.shop_id, rules, "test", NOW)
    buy(home, 1, 150)
    await live(home)
    assert outcomes(home) == [Outcome.LATER]
    await live(home, 1 / 24)
    assert outcomes(home) == [Outcome.GIVEN, Outcome.LATER]
    assert len(home.codes()) == 1


async def test_who_comes_into_the_rest_of_the_audience_later_is_asked_then(home: Home, big: None) -> None:
    await on(home, audience={"all": [{"segment": "big"}, {"field": "days_since_last_order", "at_least": 10}]})
    buy(home, 1, 150)
    await live(home, 9)
    assert outcomes(home) == []
    await live(home, 1)
    assert len(home.codes()) == 1


async def test_a_guest_is_told_of_and_given_nothing(home: Home, big: None) -> None:
    await on(home)
    home.take("order_created", order_body(order("O1", NOW, user_id=None, total=Decimal(150))))
    await live(home)
    assert outcomes(home) == [Outcome.NOTHING]


@pytest.mark.parametrize("audience", [None, {"field": "orders", "at_least": 2}, {"not": {"segment": "big"}}])
async def test_without_a_segment_in_the_audience_it_is_refused_with_a_sentence(
    home: Home, big: None, audience: Any
) -> None:
    with pytest.raises(Rejected, match="On entering a segment needs an audience that names a segment"):
        await on(home, audience=audience)
    with home.database.read() as connection:
        drafts = {one.tactic.key for one in campaigns.of_shop(connection, home.shop_id, home.house.tactics)}
    assert "on_entering" not in drafts, "and no shop has a draft of it"


async def test_one_that_lost_its_audience_is_not_switched_on(home: Home, big: None) -> None:
    make(home.house, home.shop_id, NAME, "on_entering", {"audience": "big"}, "test")
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, NAME, home.house.tactics)
        campaigns.edit(connection, home.shop_id, found, found.params, campaigns.Limits(), "test", NOW)
    with pytest.raises(Rejected, match="needs an audience"):
        await switch_on(home.house, home.shop_id, NAME, 0, "test", confirmed=True)


async def test_a_dry_run_says_what_the_inside_will_be_given(home: Home, big: None) -> None:
    people = [order(f"O{n}", ago(9), user_id=f"U{n}", total=Decimal(150)) for n in range(20)]
    home.take("order_bulk_created", bulk_body(people, NOW))
    make(home.house, home.shop_id, NAME, "on_entering", {"audience": "big", "control_share": 0.5}, "test")
    run = dry_run(home.house, home.shop_id, NAME)
    assert (run.audience, run.inside, sum(run.outcomes.values())) == (20, 20, 20)
    assert run.outcomes[Outcome.CONTROL] > 0
    assert run.cost == {"USD": 15 * run.outcomes[Outcome.GIVEN]}
    await switch_on(home.house, home.shop_id, NAME, 100, "test", confirmed=True)
    home.tick()
    decided = outcomes(home)
    assert {outcome: decided.count(outcome) for outcome in set(decided)} == dict(run.outcomes)
    assert dry_run(home.house, home.shop_id, NAME).outcomes == {}, "each of them has had an answer"


async def test_its_budget_holds(home: Home, big: None) -> None:
    await on(home, budgets={"total": {"USD": 20}})
    for number, user in enumerate(("U1", "U2")):
        buy(home, number, 150, user)
    assert outcomes(home) == [Outcome.NOTHING, Outcome.GIVEN]
    with home.database.read() as connection:
        assert budgets.liability(connection, home.shop_id) == {"USD": Decimal(15)}


async def test_one_to_oneself_needs_no_stay(home: Home, big: None) -> None:
    buy(home, 1, 20)
    make(home.house, home.shop_id, NAME, "on_entering", {"audience": "big"}, "test")
    tried = await give_trial(home.house, home.shop_id, NAME, "1", "test")
    await home.deliver()
    assert home.codes() == [tried.code]


async def test_what_stands_in_its_way_is_said(home: Home, big: None) -> None:
    make(home.house, home.shop_id, NAME, "on_entering", {"audience": "big"}, "test")
    home.switch_on("win-back")
    with home.database.read() as connection:
        scene = set_scene(connection, home.house, shops.get(connection, home.shop_id), NOW)
        campaign = campaigns.glance(connection, home.shop_id, NAME, home.house.tactics)
        assert any("“win-back” is on and gives codes, too" in one.sentence for one in look(connection, scene, campaign))

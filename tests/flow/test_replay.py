"""A campaign over the shop's own past: as in life, without a look ahead, on both databases."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.churn import RHYTHM_FROM, Rhythm, learn_rhythm
from plugin.domain.conditions import read_condition
from plugin.domain.decide import Outcome
from plugin.domain.ledger import Line, Order
from plugin.domain.offers import OfferKind
from plugin.domain.replay_values import Asked
from plugin.domain.stages import Limits
from plugin.domain.tactic import TriggerKind
from plugin.errors import NotFound, Rejected
from plugin.flow.campaign_edits import change, make
from plugin.flow.fit import fit
from plugin.flow.learn import measure_again
from plugin.flow.replay import replay
from plugin.flow.switch import switch_on
from plugin.store import decisions, history, ledger, segments, shops
from plugin.store.schema import campaigns as campaigns_table
from plugin.store.schema import orders as orders_table
from plugin.tactics.win_back import TACTIC
from tests.bodies import order_body
from tests.flow.conftest import Home
from tests.shop import NOW, ago, days, order

pytestmark = pytest.mark.anyio

PEOPLE = 40


def a_year(seed: int = 1, people: Iterable[int] = range(PEOPLE), since: float = 360) -> Iterator[Order]:
    """People who come every few weeks, and stay away for long at times."""
    for who in people:
        chance = random.Random(f"{seed} {who}")
        at = since - chance.uniform(0, 60)
        while at > 0:
            total = Decimal(chance.randint(10, 90))
            tea = Line("L", 1, seed * total, "Tea", product_id="P1")
            yield order(f"O{seed}-{who}-{at:.3f}", ago(at), user_id=f"U{who}", total=total, lines=(tea,))
            at -= chance.choice([7, 9, 14, 20, 90]) * chance.uniform(0.7, 1.3)


def remember(home: Home, placed: Iterable[Order]) -> None:
    """Straight into the ledger."""
    found = sorted(placed, key=lambda one: one.placed_at)
    with home.database.write() as connection:
        names = list(dict.fromkeys(one.user_id for one in found if one.user_id))
        known = history.lock_users(connection, home.shop_id, names)
        made = history.create_customers(
            connection, home.shop_id, home.now, user_ids=[name for name in names if name not in known]
        )
        ids = {name: customer.customer_id for name, customer in known.items()}
        ids |= {customer.state.user_id: customer.customer_id for customer in made if customer.state.user_id}
        owned = [(ids[one.user_id], one) for one in found if one.user_id]
        history.add_orders(connection, home.shop_id, owned, home.now)


def measure_by(home: Home, limits: Limits) -> None:
    with home.database.write() as connection:
        shops.set_limits(connection, home.shop_id, limits)


#: Orders alone, silence alone, and both of them move customers in and out.
MOVING: dict[str, Any] = {
    "big": {"field": "last_total", "at_least": 60, "currency": "USD"},
    "quiet": {"field": "days_since_last_order", "between": [12, 15]},
    "well": {"all": [{"field": "spent", "at_least": 90, "currency": "USD"}, {"field": "activity", "is": "at_risk"}]},
}


async def entering(home: Home, segment: str, name: str = "entering", **said: Any) -> None:
    """A campaign that gives who enters that segment."""
    if segment in MOVING:
        with home.database.write() as connection:
            segments.save(connection, home.shop_id, segment, read_condition(MOVING[segment]), home.now)
    said = {"audience": segment, "pause_days": 60, "control_share": 0.3, **said}
    make(home.house, home.shop_id, name, "on_entering", said, "test")


@pytest.mark.parametrize("segment", [None, *MOVING])
async def test_a_replay_decides_what_life_decided(home: Home, segment: str | None) -> None:
    measure_by(home, Limits(at_risk_days=20, dormant_days=90))
    home.now = ago(200)
    name = "win-back" if segment is None else "entering"
    if segment is None:
        home.switch_on(name, control=0.3)
    else:
        await entering(home, segment)
        await switch_on(home.house, home.shop_id, name, 0, "test", confirmed=True)
    with home.database.write() as connection:
        connection.execute(campaigns_table.update().values(salt="salt"))
    coming = sorted(a_year(people=range(20), since=200), key=lambda one: one.placed_at)
    for number in range(200, -1, -1):
        while coming and coming[0].placed_at <= ago(number):
            home.now = coming[0].placed_at
            home.tick()
            home.take("order_created", order_body(coming.pop(0)))
        home.now = ago(number)
        home.tick()
    with home.database.read() as connection:
        told = decisions.latest(connection, home.shop_id, 1_000)
    lived = sorted((one.customer_id, one.decided_at, one.outcome) for one in told)
    found = sorted((one.customer_id, one.at, one.outcome) for one in replay(home.house, home.shop_id, name, 200).asked)
    assert len(lived) > 25
    assert {outcome for *_, outcome in lived} == {Outcome.GIVEN, Outcome.CONTROL, Outcome.NOTHING}
    assert [(who, outcome) for who, _, outcome in found] == [(who, outcome) for who, _, outcome in lived]
    late = [there - here for (_, here, _), (_, there, _) in zip(found, lived, strict=True)]
    assert timedelta(0) <= min(late) <= max(late) <= days(1), "life looks once a day here"


GIFT = {"offer": "personal_gift", "gift": "P1"}


@pytest.mark.parametrize("segment", [None, "big", "high-value-at-risk", "replenishment-due", "at-risk-by-days"])
async def test_no_information_from_after_a_moment_is_used_at_it(home: Home, segment: str | None) -> None:
    """Neither who has entered what by then, nor what a gift cost, nor what ready segments are built from."""
    cut = ago(120)
    past = list(a_year())
    remember(home, past)
    name = "win-back" if segment is None else "entering"
    if segment is None:
        change(home.house, home.shop_id, name, {"params": GIFT}, "test")
    else:
        await entering(home, segment, params=GIFT, pause_days=20)
    found = replay(home.house, home.shop_id, name, 300)
    before = known_by(found.asked, cut)
    assert len(before) > 10
    given = [one for one in before if one.outcome is Outcome.GIVEN]
    assert {one.offer.kind for one in given if one.offer} == {OfferKind.PERSONAL_GIFT}
    assert all(one.cost is not None and one.cost.amount <= 90 for one in given), "twice as much, after that"
    assert len({season.outlook.rhythm for season in found.seasons}) > 5, "what is learnt changes with the seasons"
    with home.database.write() as connection:
        later = orders_table.c.placed_at > cut
        connection.execute(orders_table.delete().where(later))
        gone = {"counts": False, "status": "CANCELED", "updated_at": cut + days(1)}
        connection.execute(orders_table.update().where(orders_table.c.order_id.like("%7")).values(gone))
        back = {"refunded": Decimal(9), "updated_at": cut + days(2)}
        connection.execute(orders_table.update().where(orders_table.c.order_id.like("%3")).values(back))
    others = a_year(seed=2, people=range(30, 200))
    remember(home, [one for one in others if one.placed_at > cut])
    with home.database.write() as connection:
        shops.save_learnt(connection, home.shop_id, Rhythm(mean_gap=10, slack=1.1, gaps=99), None, home.now)
        shops.save_high_value(connection, home.shop_id, {"USD": Decimal(1)})
    again = replay(home.house, home.shop_id, name, 300)
    assert known_by(again.asked, cut) == before
    assert max(one.cost.amount for one in again.asked if one.cost) > 90
    assert known_by(again.asked, NOW) != known_by(found.asked, NOW), "what came later was another past"
    seasons = [season for season in found.seasons if season.begins <= cut]
    assert list(again.seasons[: len(seasons)]) == seasons


async def test_a_season_is_what_life_would_have_learnt_that_night(home: Home) -> None:
    cutoff = ago(100).replace(hour=0)
    remember(home, a_year())
    with home.database.write() as connection:
        refunded = {"refunded": Decimal(9), "updated_at": ago(150)}
        connection.execute(orders_table.update().where(orders_table.c.placed_at < ago(200)).values(refunded))
    found = replay(home.house, home.shop_id, "win-back", 100).seasons[0]
    with home.database.write() as connection:
        connection.execute(orders_table.delete().where(orders_table.c.placed_at >= cutoff))
    with home.database.read() as connection:
        times = ledger.purchase_times(connection, home.shop_id, RHYTHM_FROM, UTC, cutoff)
        assert found.outlook.rhythm == learn_rhythm(times)
        usual = ledger.usual(connection, home.shop_id, "USD")
    assert found.outlook.model == fit(home.database, home.shop_id, cutoff)
    assert found.outlook.model is not None
    assert found.outlook.model.usable
    assert found.usual["USD"].basket == usual.basket
    assert found.usual["USD"].shipping == usual.shipping
    measure_again(home.house, home.shop_id, home.now)
    with home.database.read() as connection:
        assert found.high_value == segments.high_value(connection, home.shop_id)


def known_by(asked: Iterable[Asked], moment: object) -> list[Asked]:
    """The decisions until then, without what came after them."""
    plain = (replace(one, next_order_at=None, had_ours=False) for one in asked if one.at <= moment)  # type: ignore[operator]
    return sorted(plain, key=lambda one: (one.at, one.customer_id))


async def test_other_processes_say_the_same(home: Home) -> None:
    remember(home, a_year())
    seen = list[tuple[str, int, int]]()
    alone = replay(home.house, home.shop_id, "win-back", 200, workers=1)
    shared = replay(home.house, home.shop_id, "win-back", 200, workers=2, progress=lambda *told: seen.append(told))
    assert shared == alone
    assert seen[-1] == ("customers", PEOPLE, PEOPLE)
    assert ("models", 8, 8) in seen


async def test_a_draft_is_replayed_beside_those_that_are_on(home: Home) -> None:
    measure_by(home, Limits(at_risk_days=20, dormant_days=90))
    with home.database.write() as connection:
        connection.execute(campaigns_table.update().values(control_share=0))
    remember(home, [order("O1", ago(30)), order("O2", ago(3))])
    found = replay(home.house, home.shop_id, "win-back", 60, margin=0.4)
    (one,) = found.asked
    assert one.at == ago(10)
    assert (found.customers, found.inside, found.figures.customers) == (1, 0, 1)
    assert found.figures.anyway.unknown == 1, "its time is not over"
    assert found.others == {}


@pytest.mark.parametrize("limits", [Limits(), Limits(at_risk_days=20)])
async def test_where_there_is_no_past_it_says_so(home: Home, limits: Limits) -> None:
    measure_by(home, limits)
    with pytest.raises(Rejected, match="There is no past yet"):
        replay(home.house, home.shop_id, "win-back", 30)


async def test_too_little_data_is_an_answer(home: Home) -> None:
    remember(home, [order("O1", ago(30))])
    with pytest.raises(Rejected, match="Not enough data yet: 1 customer of the 20"):
        replay(home.house, home.shop_id, "win-back", 30)


@pytest.mark.parametrize(("length", "margin"), [(0, None), (-1, None), (3651, None), (30, 0.0), (30, 1.5)])
async def test_what_cannot_be_is_a_sentence(home: Home, length: int, margin: float | None) -> None:
    with pytest.raises(Rejected, match=r"1 to 3,650 days|above 0, at most 1"):
        replay(home.house, home.shop_id, "win-back", length, margin=margin)


async def test_an_unknown_campaign_is_named(home: Home) -> None:
    with pytest.raises(NotFound, match="There is no campaign “spring”"):
        replay(home.house, home.shop_id, "spring", 30)


async def test_a_gift_costs_what_it_would_have_cost_then_and_budgets_hold_it(home: Home) -> None:
    measure_by(home, Limits(at_risk_days=20, dormant_days=90))
    prices = {"O1": (80, 7), "O2": (70, 9), "O3": (65, 8), "X1": (60, 999), "O4": (10, 12)}
    gone = {"status": "CANCELED", "updated_at": ago(59)}
    remember(
        home,
        [
            order(
                order_id,
                ago(at),
                user_id=f"U{order_id}",
                lines=(Line("L", 2, Decimal(2 * price), "Tea", product_id="P1"),),
                **(gone if order_id == "X1" else {}),
            )
            for order_id, (at, price) in prices.items()
        ],
    )
    budgets = {"total": {"USD": 17}}
    settings = {"params": GIFT, "control_share": 0, "budgets": budgets}
    change(home.house, home.shop_id, "win-back", settings, "test")
    cutoff = NOW.replace(hour=0) - days(56)
    found = replay(home.house, home.shop_id, "win-back", 56)
    with home.database.read() as connection:
        then, now = (ledger.highest_price(connection, home.shop_id, "USD", ["P1"], at) for at in (cutoff, None))
    assert [then, now] == [Decimal(9), Decimal(12)]
    assert [one.outcome for one in found.asked] == [Outcome.GIVEN, Outcome.NOTHING, Outcome.NOTHING][: len(found.asked)]
    assert found.figures.cost["USD"].full == 9


async def test_without_a_segment_there_is_nothing_to_replay(home: Home) -> None:
    await entering(home, "big")
    with home.database.write() as connection:
        connection.execute(campaigns_table.update().values(audience=None))
    with pytest.raises(Rejected, match="needs an audience that names a segment"):
        replay(home.house, home.shop_id, "entering", 30)


async def test_what_the_past_does_not_tell_cannot_be_replayed(home: Home) -> None:
    waiting = replace(TACTIC, key="accounts", title="Accounts", listens_to=frozenset({TriggerKind.ACCOUNT}))
    home.add_tactic(waiting)
    with pytest.raises(Rejected, match="“accounts” waits for what the past does not tell"):
        replay(home.house, home.shop_id, "accounts", 30)

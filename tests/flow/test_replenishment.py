"""From real orders to a learnt moment, a decision and a message or a code, exactly once; and never too late or in vain."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.decide import Outcome
from plugin.domain.effects import EffectStatus
from plugin.domain.ledger import Fulfilment, Line, Order
from plugin.domain.stages import Limits
from plugin.errors import Rejected
from plugin.flow import send as sending
from plugin.flow.dry_run import dry_run
from plugin.flow.learn import learn
from plugin.flow.message_preview import preview
from plugin.flow.replay import replay
from plugin.flow.send import park_lost
from plugin.flow.switch import switch_on
from plugin.flow.trial import give_trial
from plugin.store import campaigns, shops
from plugin.store import needs as stored
from plugin.store.schema import customers, decisions
from plugin.tactics.replenishment import TACTIC
from tests.bodies import account_body, order_body, stock_body
from tests.flow.conftest import Home
from tests.flow.post import all_out, became, open_post, post
from tests.flow.silence import user_of
from tests.shop import NOW, account, ago, days, order

pytestmark = pytest.mark.anyio

NAME = "replenishment"
#: Tea is bought every ten days, and a parcel takes no time.
GAP = 10
PLAIN: dict[str, Any] = {"days_before": 0, "parcel_days": 0, "message_link": "/basket?add={variants}"}


def tea(order_id: str, at: datetime, **changes: Any) -> Order:
    line = Line("L-" + order_id, 1, Decimal(15), "Tea", None, "V+1=", "P1", "food")
    return order(order_id, at, **{"status": "FULFILLED", "lines": (line,), **changes})


def others_buy(home: Home) -> None:
    """Enough that a model can be learnt of it; none of theirs is due when ours is."""
    for number in range(20):
        for times in range(4):
            at = ago(60) - days(GAP * times + 1 + number / 24)
            home.arrive(
                "order_created", order_body(tea(f"X{number}-{times}", at, user_id=None, email=f"x{number}@example.com"))
            )
    home.receive()


async def drinker(home: Home, **params: Any) -> str:
    """An account that has bought tea thrice, and the campaign that is to remind them; learnt, and not due yet."""
    user_id = user_of(home)
    home.take("account_confirmed", account_body(account(user_id, updated_at=ago(99))))
    others_buy(home)
    for at in (20, 10, 0):
        home.take("order_created", order_body(tea(f"O{at}", ago(at), user_id=user_id)))
    home.switch_on(NAME, pause=TACTIC.pause_days, **{**PLAIN, **params})
    home.now = NOW + days(1)
    learn(home.house, home.shop_id, timedelta(0))
    return user_id


def due_at(home: Home, user_id: str) -> datetime:
    with home.database.read() as connection:
        found: datetime = connection.execute(
            select(customers.c.next_moment).where(customers.c.user_id == user_id)
        ).scalar_one()
    return found


async def test_the_moment_is_learnt_and_told_of_once(home: Home) -> None:
    box = open_post(home)
    user_id = await drinker(home)
    moment = due_at(home, user_id)
    assert NOW + days(8) < moment < NOW + days(12)
    home.now = moment - timedelta(seconds=1)
    await all_out(home)
    assert box.taken == []
    home.now = moment + timedelta(minutes=1)
    for _ in range(3):
        await all_out(home)
        home.now += timedelta(hours=1)
    (letter,) = [one for one in box.taken if one.to == "ann@example.com"]
    assert letter.subject == "Time for Tea?"
    assert "https://shop.example/basket?add=V%2B1%3D" in letter.text
    assert mine(home, user_id) == [Outcome.TOLD]


def mine(home: Home, user_id: str) -> list[Outcome]:
    with home.database.read() as connection:
        found = connection.execute(
            select(decisions.c.outcome)
            .join(customers, customers.c.id == decisions.c.customer_id)
            .where(customers.c.user_id == user_id)
            .order_by(decisions.c.id)
        ).scalars()
        return [Outcome(one) for one in found]


async def test_what_nobody_could_learn_before_is_learnt_when_it_is_switched_on(home: Home) -> None:
    """The day's learning found nothing that was bought again; what has come in since is not left for tomorrow."""
    assert learn(home.house, home.shop_id, timedelta(0))
    others_buy(home)
    with home.database.read() as connection:
        assert stored.model_of(connection, home.shop_id) is None
    await switch_on(home.house, home.shop_id, NAME, 0, "test", confirmed=True)
    with home.database.read() as connection:
        assert stored.model_of(connection, home.shop_id) is not None


async def test_an_offer_is_one_code_and_the_message_tells_of_it(home: Home) -> None:
    box = open_post(home)
    user_id = await drinker(home, with_offer=True, message_texts={"en": "{product}: {offer} with {code}. {link}"})
    home.now = due_at(home, user_id)
    for _ in range(3):
        await all_out(home)
    (code,) = home.codes()
    (letter,) = box.taken
    assert letter.text.startswith(f"Tea: 10 % off with {code}.")
    assert mine(home, user_id) == [Outcome.GIVEN]
    assert "Time for Tea, Ann?" in home.sandbox.shop.users[user_id].public_meta["retention.banner"]


async def test_buying_it_again_begins_the_next_need(home: Home) -> None:
    box = open_post(home)
    user_id = await drinker(home)
    home.now = due_at(home, user_id)
    await all_out(home)
    again = home.now + days(1)
    home.now = again
    home.take("order_created", order_body(tea("O-again", again, user_id=user_id)))
    home.now = due_at(home, user_id)
    assert again + days(8) < home.now < again + days(13)
    await all_out(home)
    assert mine(home, user_id) == [Outcome.TOLD] * 2
    assert len(box.taken) == 2


@pytest.mark.parametrize("meanwhile", ["ordered", "placed", "out of stock", "opted out"])
async def test_what_happens_between_decision_and_sending_ends_it(home: Home, meanwhile: str) -> None:
    box = open_post(home)
    user_id = await drinker(home)
    home.now = due_at(home, user_id)
    home.tick()
    assert mine(home, user_id) == [Outcome.TOLD]
    if meanwhile == "ordered":
        home.take("order_created", order_body(tea("O-new", home.now, user_id=user_id)))
    elif meanwhile == "placed":
        home.take("order_created", order_body(tea("O-new", home.now, user_id=user_id, status="UNCONFIRMED")))
    elif meanwhile == "out of stock":
        home.take("product_variant_out_of_stock", stock_body("V+1=", 0, home.now))
    else:
        said = replace(account(user_id, updated_at=home.now).consent, opted_out=True)
        home.take("customer_updated", account_body(account(user_id, updated_at=home.now, consent=said)))
    await post(home)
    assert box.taken == []
    assert became(home) == [EffectStatus.WITHDRAWN]


async def test_another_order_does_not_end_it(home: Home) -> None:
    box = open_post(home)
    user_id = await drinker(home)
    home.now = due_at(home, user_id)
    home.tick()
    home.take("order_created", order_body(order("O-cup", home.now, user_id=user_id)))
    await post(home)
    assert len(box.taken) == 1


async def test_nothing_while_it_is_on_its_way(home: Home) -> None:
    box = open_post(home)
    user_id = await drinker(home, parcel_days=2)
    home.now = NOW + days(4)
    waiting = tea("O-late", home.now, user_id=user_id, status="UNFULFILLED")
    home.take("order_created", order_body(waiting))
    home.now = NOW + days(18)
    await all_out(home)
    assert box.taken == []
    sent = replace(
        waiting, status="FULFILLED", updated_at=home.now, fulfilments=(Fulfilment("F1", "FULFILLED", home.now),)
    )
    home.take("fulfillment_created", order_body(sent))
    assert due_at(home, user_id) == home.now + days(2)
    home.now = due_at(home, user_id)
    await all_out(home)
    assert len(box.taken) == 1


async def test_nothing_while_it_is_out_of_stock_and_a_word_once_it_is_back(home: Home) -> None:
    box = open_post(home)
    user_id = await drinker(home)
    home.take("product_variant_out_of_stock", stock_body("V+1=", 0, home.now))
    home.now = NOW + days(11)
    for _ in range(4):
        await all_out(home)
        home.now += timedelta(hours=12)
    assert box.taken == []
    home.take("product_variant_back_in_stock", stock_body("V+1=", 5, home.now))
    home.now += timedelta(hours=12)
    await all_out(home)
    assert [letter.to for letter in box.taken].count("ann@example.com") == 1
    assert mine(home, user_id) == [Outcome.TOLD]


async def test_a_kill_while_it_is_sent_sends_none_twice(home: Home) -> None:
    box = open_post(home)
    user_id = await drinker(home)
    home.now = due_at(home, user_id)
    home.tick()
    assert sending._take(home.house, home.shop_id) is not None  # and then the process is killed
    home.arrive("order_created", order_body(tea("O0", NOW, user_id=user_id)))  # told of again meanwhile
    home.receive()
    park_lost(home.house, all_of_them=True)
    for _ in range(3):
        home.tick()
        await post(home)
        home.now += timedelta(hours=1)
    assert box.taken == []
    assert mine(home, user_id) == [Outcome.TOLD]
    assert became(home) == [EffectStatus.PARKED]


async def test_a_model_learnt_anew_swallows_no_need_of_today(home: Home) -> None:
    open_post(home)
    user_id = await drinker(home)
    moment = due_at(home, user_id)
    home.now = moment - timedelta(hours=1)
    with home.database.write() as connection:
        model = stored.model_of(connection, home.shop_id)
        assert model is not None
        sooner = replace(model, typical=model.typical - 0.5 / GAP)
        stored.save_model(connection, home.shop_id, sooner, home.now)
    home.take("customer_updated", account_body(account(user_id, updated_at=home.now)))
    assert mine(home, user_id) == []
    learn(home.house, home.shop_id, timedelta(0), fit_needs=lambda *_: sooner)
    home.now += timedelta(minutes=1)
    home.tick()
    assert mine(home, user_id) == [Outcome.TOLD]


async def test_a_paused_campaign_keeps_what_waits(home: Home) -> None:
    box = open_post(home)
    user_id = await drinker(home)
    home.now = due_at(home, user_id)
    home.tick()
    turn(home, CampaignStatus.PAUSED)
    await post(home)
    assert (box.taken, became(home)) == ([], [EffectStatus.OPEN])
    turn(home, CampaignStatus.ON)
    home.now += timedelta(minutes=10)
    await post(home)
    assert len(box.taken) == 1


def turn(home: Home, status: CampaignStatus) -> None:
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, NAME, home.house.tactics)
        campaigns.change_status(connection, home.shop_id, found, status, "test", home.now)


async def test_those_who_are_due_already_are_told_where_the_merchant_asks_for_it(home: Home) -> None:
    open_post(home)
    user_id = await drinker(home)
    moment = due_at(home, user_id)
    turn(home, CampaignStatus.PAUSED)
    home.now = moment + days(3)
    home.tick()
    turn(home, CampaignStatus.ON)
    home.tick()
    assert mine(home, user_id) == []
    turn(home, CampaignStatus.PAUSED)
    home.switch_on(NAME, inside=100, **PLAIN)
    home.tick()
    assert mine(home, user_id) == [Outcome.TOLD]


async def test_one_to_oneself_is_what_is_given_and_not_a_reminder_alone(home: Home) -> None:
    user_id = await drinker(home, with_offer=True)
    tried = await give_trial(home.house, home.shop_id, NAME, "ann@example.com", "test")
    assert tried.offer == "10 % off"
    await home.deliver()
    assert "Time for Tea, Ann?" in home.sandbox.shop.users[user_id].public_meta["retention.banner"]
    home.switch_on(NAME, **PLAIN)
    with pytest.raises(Rejected, match="nothing to try"):
        await give_trial(home.house, home.shop_id, NAME, "ann@example.com", "test")


async def test_the_past_is_replayed_with_what_was_known_by_then(home: Home) -> None:
    open_post(home)
    user_id = user_of(home)
    home.take("account_confirmed", account_body(account(user_id, updated_at=ago(99))))
    others_buy(home)
    bought = (90, 80, 70, 60, 48, 36, 24)  # at first on the day, then two days late
    for at in bought:
        home.take("order_created", order_body(tea(f"O{at}", ago(at), user_id=user_id)))
    home.switch_on(NAME, pause=TACTIC.pause_days, **PLAIN)
    told = replayed(home)
    assert [round((at - NOW) / days(1)) for at in told] == [-38, -25, -13]
    home.take("order_created", order_body(tea("O14", ago(14), user_id=user_id)))
    home.take("order_created", order_body(order("O30", ago(30), user_id=user_id)))
    assert replayed(home) == [*told[:2], *replayed(home)[2:]]
    assert replayed(home)[2] > ago(14) + days(8)


def replayed(home: Home) -> list[datetime]:
    """When the one account would have been told."""
    found = replay(home.house, home.shop_id, NAME, 45)
    given = [one for one in found.asked if one.outcome is Outcome.TOLD]
    assert len({one.customer_id for one in given}) == 1
    assert all(one.reason.startswith("Needs Tea") for one in given)
    return [one.at for one in given]


async def test_a_past_in_which_nothing_is_bought_again_cannot_be_replayed(home: Home) -> None:
    home.take("order_created", order_body(tea("O1", ago(50), user_id=None)))
    home.switch_on(NAME, **PLAIN)
    with home.database.write() as connection:
        shops.set_limits(connection, home.shop_id, Limits(at_risk_days=20))
    with pytest.raises(Rejected, match="Hardly anything was ever bought again"):
        replay(home.house, home.shop_id, NAME, 30)


async def test_a_dry_run_says_who_would_be_told_and_a_preview_in_which_words(home: Home) -> None:
    open_post(home)
    user_id = await drinker(home)
    turn(home, CampaignStatus.PAUSED)
    home.now = due_at(home, user_id) + days(1)
    run = dry_run(home.house, home.shop_id, NAME)
    assert run.outcomes == {Outcome.TOLD: 1}
    assert run.examples[0].reason.startswith("Needs Tea about every 10 days")
    assert mine(home, user_id) == []
    seen = preview(home.house, home.shop_id, NAME)
    assert (seen.subject, seen.missing) == ("Time for [product]?", ())

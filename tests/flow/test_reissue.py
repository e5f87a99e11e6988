"""A new code after an order was cancelled: one for each such order, whatever is heard of it, in which order and how often."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from plugin.domain.budgets import Budgets
from plugin.domain.campaigns import CampaignStatus
from plugin.domain.consent import Consent
from plugin.domain.decide import Outcome
from plugin.domain.guardrails import Suppression
from plugin.domain.ledger import Order
from plugin.domain.offers import OfferKind
from plugin.flow.erase import Eraser
from plugin.flow.history import take_orders
from plugin.flow.scene import set_scene
from plugin.flow.trial import give_trial
from plugin.sandbox.records.vouchers import Voucher
from plugin.store import campaigns, codes, customers, decisions, effects, shops, suppressions
from plugin.store.codes import CodeStatus
from plugin.store.schema import codes as codes_table
from plugin.store.schema import effects as effects_table
from tests.bodies import account_body, bulk_body, order_body, voucher_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, silent_customer
from tests.flow.test_budget import books
from tests.shop import account, days, order

pytestmark = pytest.mark.anyio


def settings(home: Home, *, again: bool = True, **limits: Any) -> None:
    """Of win back, as they are from now on."""
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        around = replace(campaigns.limits_of(found), control_share=0.0, reissue_after_cancel=again, **limits)
        campaigns.edit(connection, home.shop_id, found, found.params, around, "test", home.now)


def switch(home: Home, status: CampaignStatus) -> None:
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        campaigns.change_status(connection, home.shop_id, found, status, "test", home.now)


async def given(home: Home, *, again: bool = True, **params: Any) -> tuple[str, str]:
    """A customer and the code of 10 % that they were given until two weeks from now."""
    home.sandbox.shop.now = lambda: home.now
    home.switch_on("win-back", **params)
    settings(home, again=again)
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    return user_id, shown(home, user_id)


def shown(home: Home, user_id: str) -> str:
    """The code that the banner shows; empty without one."""
    banner = metadata(home, user_id).get("retention.banner")
    return str(json.loads(banner)["code"]) if banner else ""


def bought(home: Home, user_id: str | None, code: str, order_id: str = "O2", **changes: Any) -> Order:
    off = {"discount": Decimal("3.5"), "voucher_code": code, "user_id": user_id}
    return order(order_id, home.now, **{**off, **changes})


def cancelled(seen: Order, later: float = 0.1) -> Order:
    return replace(seen, status="CANCELED", updated_at=seen.placed_at + days(later))


def voucher(home: Home) -> Voucher:
    (found,) = home.sandbox.shop.vouchers.values()
    return found


def told(home: Home) -> list[tuple[Outcome, str]]:
    with home.database.read() as connection:
        found = decisions.latest(connection, home.shop_id, 100)
    return [(one.outcome, one.reason) for one in sorted(found, key=lambda one: one.decision_id)]


def ends(home: Home) -> dict[str, datetime]:
    with home.database.read() as connection:
        rows = connection.execute(select(codes_table.c.code, codes_table.c.expires_at))
        return {row.code: row.expires_at for row in rows}


async def settle(home: Home) -> None:
    home.receive()
    home.tick()
    await home.deliver()


async def test_off_by_default_nothing_is_given_again(home: Home) -> None:
    user_id, code = await given(home, again=False)
    home.take("order_created", order_body(bought(home, user_id, code)))
    home.take("order_cancelled", order_body(cancelled(bought(home, user_id, code))))
    await settle(home)
    assert home.codes() == [code]
    assert (books(home), shown(home, user_id)) == (("0", "0"), "")


async def test_one_new_code_of_the_same_voucher_until_the_same_day(home: Home) -> None:
    user_id, code = await given(home)
    first = bought(home, user_id, code)
    home.take("order_created", order_body(first))
    await settle(home)
    assert (shown(home, user_id), books(home)) == ("", ("0", "3.5"))
    home.now += days(1)
    home.take("order_cancelled", order_body(cancelled(first, 1)))
    await settle(home)
    new = shown(home, user_id)
    assert sorted(home.codes()) == sorted([code, new])
    assert new != code
    assert len(voucher(home).own_codes) == 2
    assert ends(home)[new] == ends(home)[code]
    assert books(home) == ("2", "0")
    assert told(home)[1:] == [
        (Outcome.GIVEN, f"A new code in the place of {code}, because order O2 was cancelled."),
    ]
    banner = json.loads(metadata(home, user_id)["retention.banner"])
    assert banner["text"].startswith("We miss you: 10 % off with code ")
    assert new in banner["text"]


Told = Callable[[Home, Order], Sequence[tuple[str, bytes]]]
HEARD: dict[str, Told] = {
    "bought, then cancelled": lambda home, seen: [
        ("order_created", order_body(seen)),
        ("order_cancelled", order_body(cancelled(seen))),
    ],
    "first heard of as cancelled": lambda home, seen: [("order_cancelled", order_body(cancelled(seen)))],
    "the wrong way round": lambda home, seen: [
        ("order_cancelled", order_body(cancelled(seen))),
        ("order_created", order_body(seen)),
        ("order_confirmed", order_body(seen, seen.updated_at + days(1))),
    ],
    "told three times": lambda home, seen: [
        ("order_created", order_body(seen)),
        ("order_updated", order_body(cancelled(seen), home.now)),
        ("order_cancelled", order_body(cancelled(seen), home.now + days(0.01))),
        ("order_cancelled", order_body(cancelled(seen), home.now + days(0.02))),
        ("order_refunded", order_body(cancelled(seen, 0.2))),
    ],
    "before it was confirmed": lambda home, seen: [
        ("order_created", order_body(replace(seen, status="UNCONFIRMED"))),
        ("order_cancelled", order_body(cancelled(seen))),
    ],
    "by an import": lambda home, seen: [("order_bulk_created", bulk_body([cancelled(seen)], home.now))],
}


@pytest.mark.parametrize("heard", HEARD.values(), ids=HEARD)
async def test_once_whatever_is_heard_of_it(home: Home, heard: Told) -> None:
    user_id, code = await given(home)
    for event, body in heard(home, bought(home, user_id, code)):
        home.take(event, body)
        home.take(event, body)
    await settle(home)
    assert len(home.codes()) == 2
    assert shown(home, user_id) not in {"", code}
    assert books(home) == ("2", "0")
    assert [outcome for outcome, _ in told(home)] == [Outcome.GIVEN] * 2


async def test_found_by_the_daily_sweep(home: Home) -> None:
    user_id, code = await given(home)
    for _ in range(2):
        with home.database.write() as connection:
            scene = set_scene(connection, home.house, shops.hold(connection, home.shop_id), home.now)
            eraser = Eraser(scene.pepper, home.house.grace, anybody=False)
            take_orders(connection, scene, eraser, [cancelled(bought(home, user_id, code), 0)], home.now)
    await settle(home)
    assert len(home.codes()) == 2
    assert books(home) == ("2", "0")


async def test_each_cancelled_order_gives_one(home: Home) -> None:
    user_id, code = await given(home)
    for number in (2, 3, 4):
        home.now += days(1)
        seen = bought(home, user_id, shown(home, user_id), f"O{number}")
        home.take("order_created", order_body(seen))
        home.take("order_cancelled", order_body(cancelled(seen)))
        home.take("order_updated", order_body(cancelled(seen, 0.2)))
        await settle(home)
        assert len(home.codes()) == number
    assert len({*home.codes(), code}) == 4
    assert books(home) == ("2", "0")
    with home.database.read() as connection:
        assert codes.counts(connection, home.shop_id) == {"redeemed": 3, "issued": 1}


async def test_who_has_bought_again_is_owed_it_too(home: Home) -> None:
    """The need is over, and the promise is not."""
    user_id, code = await given(home)
    home.take("order_created", order_body(bought(home, user_id, code)))
    home.take("order_created", order_body(order("O3", home.now, user_id=user_id)))
    home.take("order_cancelled", order_body(cancelled(bought(home, user_id, code))))
    await settle(home)
    assert shown(home, user_id) not in {"", code}


async def test_it_is_theirs_who_had_the_code_whoever_used_it(home: Home) -> None:
    user_id, code = await given(home)
    another = bought(home, None, code, email="friend@example.com")
    home.take("order_cancelled", order_body(cancelled(another)))
    await settle(home)
    assert shown(home, user_id) not in {"", code}
    assert len(home.codes()) == 2


async def test_the_second_step_of_a_ladder_still_comes(home: Home) -> None:
    ladder: dict[str, Any] = {"second_offer": OfferKind.PERCENTAGE, "second_value": Decimal(20), "second_after": 21}
    user_id, code = await given(home, **ladder)
    home.take("order_cancelled", order_body(cancelled(bought(home, user_id, code))))
    await settle(home)
    assert len(home.codes()) == 2
    for _ in range(30):
        home.now += days(1)
        await settle(home)
    assert len(home.codes()) == 3
    assert "20 % off" in metadata(home, user_id)["retention.banner"]


async def test_a_step_that_was_given_again_is_of_that_step(home: Home) -> None:
    ladder: dict[str, Any] = {"second_offer": OfferKind.PERCENTAGE, "second_value": Decimal(20), "second_after": 15}
    user_id, first = await given(home, **ladder)
    home.now += days(16)
    await settle(home)
    second = shown(home, user_id)
    assert second != first
    home.take("order_cancelled", order_body(cancelled(bought(home, user_id, second))))
    await settle(home)
    assert "20 % off" in metadata(home, user_id)["retention.banner"]
    assert shown(home, user_id) not in {"", first, second}


def pause(home: Home, _: str) -> None:
    switch(home, CampaignStatus.PAUSED)


def end(home: Home, _: str) -> None:
    switch(home, CampaignStatus.ENDED)


def stop(home: Home, _: str) -> None:
    with home.database.write() as connection:
        shops.set_stopped(connection, home.shop_id, stopped=True)


def let_it_run_out(home: Home, _: str) -> None:
    home.now += days(15)


def take_back(home: Home, _: str) -> None:
    settings(home, again=False)


@pytest.mark.parametrize("what", [pause, end, stop, let_it_run_out, take_back])
async def test_nothing_is_decided_when(home: Home, what: Callable[[Home, str], None]) -> None:
    user_id, code = await given(home)
    seen = bought(home, user_id, code)
    home.take("order_created", order_body(seen))
    what(home, user_id)
    home.take("order_cancelled", order_body(replace(cancelled(seen), updated_at=home.now + days(0.1))))
    await settle(home)
    assert home.codes() == [code]
    assert len(told(home)) == 1
    assert books(home) == ("0", "0")


async def test_an_order_that_was_cancelled_before_it_was_switched_on_stays_so(home: Home) -> None:
    user_id, code = await given(home, again=False)
    seen = bought(home, user_id, code)
    home.take("order_cancelled", order_body(cancelled(seen)))
    settings(home)
    home.take("order_updated", order_body(cancelled(seen, 0.5)))
    await settle(home)
    assert home.codes() == [code]


def opt_out(home: Home, user_id: str) -> None:
    said = account(user_id, updated_at=home.now, consent=Consent(opted_out=True))
    home.take("customer_updated", account_body(said))


def object_to_it(home: Home, user_id: str) -> None:
    said = account(user_id, updated_at=home.now, consent=Consent(objects=True))
    home.take("customer_updated", account_body(said))


def suppress(home: Home, user_id: str) -> None:
    with home.database.write() as connection:
        scene = set_scene(connection, home.house, shops.hold(connection, home.shop_id), home.now)
        customer = customers.by_user(connection, home.shop_id, user_id)
        assert customer is not None
        subject = suppressions.of_number(scene.pepper, customer.customer_id)
        suppressions.put(connection, home.shop_id, subject, Suppression("asked", None), "test", home.now)


def remove_voucher(home: Home, _: str) -> None:
    home.take("voucher_deleted", voucher_body(voucher(home).id, home.now))


def spend_the_day(home: Home, _: str) -> None:
    settings(home, budgets=Budgets(day={"USD": Decimal(1)}))


def spend_all(home: Home, _: str) -> None:
    settings(home, budgets=Budgets(total={"USD": Decimal(1)}))


@pytest.mark.parametrize(
    ("what", "because"),
    [
        (opt_out, ". The customer has opted out."),
        (object_to_it, ". The customer has objected to being profiled."),
        (suppress, ". The customer is on the suppression list."),
        (remove_voucher, ". The voucher of the code before is not there any more."),
        (
            spend_the_day,
            ": today's budget of this campaign is 1.00 USD with 1.00 USD left, and this gift may cost 2.00 USD.",
        ),
        (spend_all, ": the budget of this campaign is 1.00 USD with 1.00 USD left, and this gift may cost 2.00 USD."),
    ],
)
async def test_what_stands_against_it_is_kept_and_told(
    home: Home, what: Callable[[Home, str], None], because: str
) -> None:
    user_id, code = await given(home)
    seen = bought(home, user_id, code)
    home.take("order_created", order_body(seen))
    what(home, user_id)
    home.take("order_cancelled", order_body(cancelled(seen)))
    home.take("order_updated", order_body(cancelled(seen, 0.2)))
    await settle(home)
    assert home.codes() == [code]
    assert told(home)[-1] == (Outcome.NOTHING, f"No new code after order O2 was cancelled{because}")
    assert len(told(home)) == 2
    assert books(home) == ("0", "0")


async def test_what_the_cancelled_order_freed_pays_for_the_new_code(home: Home) -> None:
    user_id, code = await given(home)
    settings(home, budgets=Budgets(total={"USD": Decimal("3.6")}, customer={"USD": Decimal("3.6")}))
    home.take("order_created", order_body(bought(home, user_id, code)))
    home.take("order_cancelled", order_body(cancelled(bought(home, user_id, code))))
    await settle(home)
    assert (len(home.codes()), books(home)) == (2, ("2", "0"))


async def test_an_order_that_says_no_itself_is_heard_first(home: Home) -> None:
    user_id, code = await given(home)
    home.take("order_cancelled", order_body(replace(cancelled(bought(home, user_id, code)), marketing=False)))
    await settle(home)
    assert home.codes() == [code]
    assert told(home)[-1][1].endswith(". The customer has opted out.")


async def test_who_says_no_between_the_decision_and_the_call_gets_none(home: Home) -> None:
    user_id, code = await given(home)
    home.take("order_cancelled", order_body(cancelled(bought(home, user_id, code))))
    opt_out(home, user_id)
    await settle(home)
    assert (home.codes(), books(home), shown(home, user_id)) == ([code], ("0", "0"), "")


async def test_a_paused_campaign_holds_the_new_code_until_it_is_on_again(home: Home) -> None:
    user_id, code = await given(home)
    home.take("order_cancelled", order_body(cancelled(bought(home, user_id, code))))
    switch(home, CampaignStatus.PAUSED)
    await settle(home)
    assert home.codes() == [code]
    switch(home, CampaignStatus.ON)
    home.now += days(0.1)
    await settle(home)
    assert len(home.codes()) == 2


async def test_store_credit_is_left_to_the_merchant(home: Home) -> None:
    credit: dict[str, Any] = {"offer": OfferKind.STORE_CREDIT, "value": Decimal("7.5"), "currency": "USD"}
    user_id, _ = await given(home, **credit)
    (card,) = home.sandbox.shop.gift_cards.values()
    paid = order("O2", home.now, user_id=user_id, gift_cards=(card.id,))
    home.take("order_created", order_body(paid))
    home.take("order_cancelled", order_body(cancelled(paid)))
    await settle(home)
    assert len(home.sandbox.shop.gift_cards) == 1
    assert len(told(home)) == 1


async def test_a_trial_is_tried_again_by_hand(home: Home) -> None:
    home.switch_on("win-back")
    settings(home)
    user_id = next(user.id for user in home.sandbox.shop.users.values() if not user.is_staff)
    home.take("customer_updated", account_body(account(user_id, email="ann@example.com")))
    tried = await give_trial(home.house, home.shop_id, "win-back", "ann@example.com", "merchant")
    await home.deliver()
    home.take("order_cancelled", order_body(cancelled(bought(home, user_id, tried.code))))
    await settle(home)
    assert home.codes() == [tried.code]


async def test_its_words_are_todays_where_nobody_kept_those_of_before(home: Home) -> None:
    user_id, code = await given(home)
    home.take("order_created", order_body(bought(home, user_id, code)))
    with home.database.write() as connection:
        while effects.prune(connection, home.now + days(1), 100):
            pass
        assert connection.execute(select(effects_table.c.id).where(effects_table.c.kind == "banner")).first() is None
    home.take("order_cancelled", order_body(cancelled(bought(home, user_id, code))))
    await settle(home)
    assert "10 % off with code" in metadata(home, user_id)["retention.banner"]
    assert len(home.codes()) == 2


async def test_what_was_given_again_counts_as_a_gift(home: Home) -> None:
    user_id, code = await given(home)
    home.take("order_cancelled", order_body(cancelled(bought(home, user_id, code))))
    with home.database.read() as connection:
        customer = customers.by_user(connection, home.shop_id, user_id)
        assert customer is not None
        assert customer.offers_since_order == 2
        known = decisions.standings(connection, home.shop_id, [customer.customer_id])
        assert len(known[customer.customer_id].gifts) == 2
        found = codes.by_code(connection, home.shop_id, code)
    assert found is not None
    assert (found.status, found.order_id) == (CodeStatus.REDEEMED, "O2")

"""A parcel that has not left in time: one apology, a code, a mail, and a next order that ships free; then no more."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from plugin.domain.budgets import Budgets
from plugin.domain.campaigns import CampaignStatus
from plugin.domain.consent import Consent
from plugin.domain.decide import Outcome
from plugin.domain.effects import EffectStatus
from plugin.domain.guardrails import Guardrails
from plugin.domain.ledger import Fulfilment, Order
from plugin.domain.next_orders import NextOrder, promised_in
from plugin.flow import message_preview
from plugin.flow import send as sending
from plugin.flow.deliver import LEASE, _take
from plugin.flow.dry_run import dry_run
from plugin.flow.preview import preview
from plugin.flow.send import park_lost
from plugin.flow.switch import switch_on
from plugin.flow.thresholds import personal_threshold, rules_of
from plugin.flow.trial import give_trial
from plugin.store import budgets, campaigns, channels, codes, customers, decisions, shops
from plugin.store.budgets import Part
from plugin.store.schema import reservations
from tests.bodies import account_body, bulk_body, order_body, voucher_body
from tests.flow.conftest import Home
from tests.flow.post import Postbox, all_out, became, open_post, post
from tests.flow.silence import metadata, outcomes, user_of
from tests.shop import NOW, account, ago, days, order

pytestmark = pytest.mark.anyio

#: With five days promised and one of grace.
LATE = NOW + days(6)


def opened(home: Home, **params: Any) -> Postbox:
    """The campaign is on, mails go, and nobody has agreed to marketing."""
    box = open_post(home, needs_opt_in=True)
    home.switch_on("late-parcel", **params)
    return box


def placed(order_id: str = "O1", at: datetime = NOW, **changes: Any) -> Order:
    made = order(order_id, at, status="UNFULFILLED", ships=True, promised_days=5)
    return replace(made, **changes)


def sent(made: Order, at: datetime, status: str = "FULFILLED", parcel: str = "FULFILLED", tracking: str = "") -> Order:
    """The same order, when a parcel of it was told of; its own version stays."""
    return replace(made, status=status, fulfilments=(Fulfilment(f"F-{made.order_id}", parcel, at, tracking),))


def buys(home: Home, made: Order | None = None) -> Order:
    """Somebody with an account, who opted out of marketing, orders for the first time."""
    user_id = user_of(home)
    said = account(user_id, updated_at=NOW - days(1), consent=Consent(opted_out=True))
    home.take("account_confirmed", account_body(said))
    made = replace(made or placed(), user_id=user_id)
    home.take("order_created", order_body(made))
    return made


def tells(home: Home, event: str, made: Order, issued_at: datetime | None = None) -> None:
    home.take(event, order_body(made, issued_at or home.now))


def promise_of(home: Home, user_id: str) -> NextOrder | None:
    with home.database.read() as connection:
        customer = customers.glance(connection, home.shop_id, user_id)
    assert customer is not None
    return promised_in(customer.shown)


def ships_free(home: Home, user_id: str) -> bool:
    """What the checkout is answered, in the first channel."""
    with home.database.read() as connection:
        customer = customers.glance(connection, home.shop_id, user_id)
        channel = channels.of_shop(connection, home.shop_id)[0]
        threshold = personal_threshold(rules_of(connection, home.shop_id), customer, channel, home.now)
    return threshold is not None and threshold.money.amount == 0


async def test_a_late_parcel_brings_a_code_a_mail_and_a_next_order_that_ships_free(home: Home) -> None:
    box = opened(home)
    made = buys(home)
    user_id = str(made.user_id)
    home.now = LATE - timedelta(seconds=1)
    await all_out(home)
    assert (home.codes(), box.taken, outcomes(home)) == ([], [], [])
    home.now = LATE
    for _ in range(3):
        await all_out(home)
    (code,) = home.codes()
    (letter,) = box.taken
    assert outcomes(home) == [Outcome.GIVEN]
    assert letter.subject == "Your first order is late, and we are sorry"
    for said in (code, "order O1", "10 % off", "Your next order ships free"):
        assert said in letter.text
    assert letter.unsubscribe is None  # it is owed, and persuades nobody
    assert code in metadata(home, user_id)["retention.banner"]
    assert "Your next order ships free" in metadata(home, user_id)["retention.next_order"]
    promise = promise_of(home, user_id)
    assert promise is not None
    assert (promise.code, promise.since) == (code, LATE)
    assert ships_free(home, user_id)
    home.now = promise.until
    assert not ships_free(home, user_id)
    await home.deliver()
    assert {"retention.banner", "retention.next_order"}.isdisjoint(metadata(home, user_id))
    assert promise_of(home, user_id) is None


@pytest.mark.parametrize("what", ["sent", "sent in part and the rest", "cancelled", "refunded", "digital", "not told"])
async def test_what_came_in_time_or_is_not_waited_for_brings_nothing(home: Home, what: str) -> None:
    box = opened(home)
    ships = {"digital": False, "not told": None}.get(what, True)
    made = buys(home, placed(ships=ships))
    home.now = LATE - days(1)
    match what:
        case "sent":
            tells(home, "fulfillment_created", sent(made, home.now))
        case "sent in part and the rest":
            tells(home, "fulfillment_created", sent(made, home.now, "PARTIALLY_FULFILLED"))
            home.now += timedelta(hours=1)
            tells(home, "fulfillment_created", sent(made, home.now))
        case "cancelled":
            tells(home, "order_cancelled", replace(made, status="CANCELED", updated_at=home.now))
        case "refunded":
            tells(home, "order_refunded", replace(made, refunded=Decimal(20), updated_at=home.now))
    home.now = LATE
    await all_out(home)
    home.now += days(3)
    await all_out(home)
    assert (home.codes(), box.taken, outcomes(home)) == ([], [], [])


async def test_of_an_order_that_left_in_part_the_rest_is_waited_for_when_it_was_promised(home: Home) -> None:
    opened(home)
    made = buys(home)
    tells(home, "fulfillment_created", sent(made, NOW, "PARTIALLY_FULFILLED"), NOW + days(1))
    home.now = LATE
    await all_out(home)
    assert outcomes(home) == [Outcome.GIVEN]


async def test_a_parcel_that_was_taken_back_waits_again_and_is_late_a_grace_later(home: Home) -> None:
    opened(home)
    made = buys(home)
    tells(home, "fulfillment_created", sent(made, NOW + days(1)), NOW + days(1))
    home.now = NOW + days(9)
    back = sent(made, NOW + days(1), "UNFULFILLED", "CANCELED")
    tells(home, "fulfillment_canceled", back)
    for later in (timedelta(hours=1), timedelta(hours=20)):  # what is told again moves nothing
        home.now = NOW + days(9) + later
        tells(home, "order_updated", replace(back, updated_at=home.now))
        await all_out(home)
        assert outcomes(home) == []
    home.now = NOW + days(10)
    await all_out(home)
    assert outcomes(home) == [Outcome.GIVEN]


async def test_where_tracking_is_asked_for_a_parcel_has_left_only_with_its_number(home: Home) -> None:
    opened(home, needs_tracking=True)
    first = buys(home)
    second = replace(placed("O2", NOW + timedelta(hours=1)), user_id=first.user_id)
    tells(home, "order_created", second)
    tells(home, "fulfillment_created", sent(first, NOW + days(1)), NOW + days(1))
    tells(home, "fulfillment_created", sent(second, NOW + days(1)), NOW + days(1))
    with_number = sent(first, NOW + days(1), tracking="T1")
    tells(home, "fulfillment_tracking_number_updated", with_number, NOW + days(2))
    home.now = LATE + timedelta(hours=1)
    await all_out(home)
    with home.database.read() as connection:
        (told,) = decisions.latest(connection, home.shop_id, 10)
    assert told.reason.startswith("Order O2 has not left after 6 days")


@pytest.mark.parametrize("what", ["sent", "cancelled"])
@pytest.mark.parametrize("delivered", [False, True])
async def test_a_parcel_that_leaves_between_decision_and_sending_ends_it(
    home: Home, what: str, delivered: bool
) -> None:
    box = opened(home)
    made = buys(home)
    home.now = LATE
    home.tick()
    if delivered:
        await home.deliver()
    home.now += timedelta(minutes=1)
    if what == "sent":
        tells(home, "fulfillment_created", sent(made, home.now))
    else:
        tells(home, "order_cancelled", replace(made, status="CANCELED", updated_at=home.now))
    await all_out(home)
    assert box.taken == []
    assert became(home) == [EffectStatus.WITHDRAWN]
    assert bool(home.codes()) is delivered
    assert (promise_of(home, str(made.user_id)) is not None) is delivered  # what was given is not taken away


async def test_one_that_leaves_afterwards_changes_nothing(home: Home) -> None:
    box = opened(home)
    made = buys(home)
    home.now = LATE
    await all_out(home)
    given = home.codes()
    home.now += days(1)
    tells(home, "fulfillment_created", sent(made, home.now))
    home.now += days(1)
    await all_out(home)
    assert (home.codes(), len(box.taken), outcomes(home)) == (given, 1, [Outcome.GIVEN])
    assert ships_free(home, str(made.user_id))


@pytest.mark.parametrize("turn", [1, 2, 3])
async def test_once_under_duplicates_a_wrong_order_and_kills(home: Home, turn: int) -> None:
    """turn: after so many leases a worker is killed with what it holds."""
    box = opened(home)
    made = buys(home)
    user_id = str(made.user_id)
    part = sent(made, NOW + days(1), "PARTIALLY_FULFILLED")
    for event, issued_at in (("fulfillment_created", 1), ("order_created", 0), ("fulfillment_created", 1)):
        tells(home, event, part if issued_at else made, NOW + days(issued_at))
    home.now = LATE
    home.tick()
    for number in range(1, 6):
        if number == turn:
            _take(home.house, home.shop_id)
            home.now += LEASE + timedelta(seconds=1)
        await home.deliver()
        tells(home, "order_updated", made, home.now)
        home.tick()
    await post(home)
    assert (len(home.codes()), len(box.taken), outcomes(home)) == (1, 1, [Outcome.GIVEN])
    assert ships_free(home, user_id)


async def test_a_kill_while_the_mail_is_under_way_parks_it_and_keeps_the_rest(home: Home) -> None:
    box = opened(home)
    made = buys(home)
    home.now = LATE
    home.tick()
    await home.deliver()
    assert sending._take(home.house, home.shop_id) is not None  # and then the process is killed
    park_lost(home.house, all_of_them=True)
    await all_out(home)
    assert (box.taken, became(home)) == ([], [EffectStatus.PARKED])
    assert ships_free(home, str(made.user_id))


def parts(home: Home) -> dict[Part, str]:
    """What the books say of the one gift."""
    with home.database.read() as connection:
        rows = connection.execute(select(reservations)).all()
    return {Part(row.part): f"{row.status} {row.reserved.normalize():f} {row.settled.normalize():f}" for row in rows}


@pytest.mark.parametrize(
    ("shipping", "with_code", "kept"),
    [
        (0, True, {Part.GIFT: "settled 2 3", Part.SHIPPING: "settled 5 5"}),
        (0, False, {Part.GIFT: "reserved 2 0", Part.SHIPPING: "settled 5 5"}),
        (5, False, {Part.GIFT: "reserved 2 0", Part.SHIPPING: "settled 5 0"}),
    ],
)
async def test_the_next_order_ends_the_promise_and_the_books_say_what_it_cost(
    home: Home, shipping: int, with_code: bool, kept: dict[Part, str]
) -> None:
    opened(home)
    made = buys(home)
    user_id = str(made.user_id)
    home.now = LATE
    await all_out(home)
    assert parts(home) == {Part.GIFT: "reserved 2 0", Part.SHIPPING: "reserved 5 0"}
    (code,) = home.codes()
    home.now += days(2)
    for event in ("order_created", "order_paid"):
        bought = order("O2", home.now, user_id=user_id, shipping=Decimal(shipping), ships=True)
        if with_code:
            bought = replace(bought, voucher_code=code, discount=Decimal(3))
        tells(home, event, bought)
        assert not ships_free(home, user_id)
    assert parts(home) == kept
    await home.deliver()
    assert "retention.next_order" not in metadata(home, user_id)
    assert ("retention.banner" in metadata(home, user_id)) is not with_code
    home.now += days(1)
    tells(home, "order_created", order("O3", home.now, user_id=user_id, ships=True, shipping=Decimal(0)))
    assert parts(home) == kept


async def test_an_older_order_that_is_heard_of_late_and_one_without_a_parcel_do_not_use_it_up(home: Home) -> None:
    opened(home)
    made = buys(home)
    user_id = str(made.user_id)
    home.now = LATE
    await all_out(home)
    home.now += days(1)
    tells(home, "order_created", order("O0", LATE - days(2), user_id=user_id, ships=True))
    tells(home, "order_created", order("E1", home.now, user_id=user_id, ships=False, shipping=Decimal(0)))
    assert ships_free(home, user_id)


@pytest.mark.parametrize("campaign", ["budget", "shop", "customer"])
async def test_it_keeps_within_what_may_be_given(home: Home, campaign: str) -> None:
    """10 % of 20 USD and the shipping of 5 USD are more than 6 USD."""
    opened(home)
    some = {"USD": Decimal(6)}
    with home.database.write() as connection:
        if campaign == "shop":
            rules = Guardrails(budgets=Budgets(total=some))
            shops.set_guardrails(connection, home.shop_id, rules, "test", home.now)
        else:
            found = campaigns.get(connection, home.shop_id, "late-parcel", home.house.tactics)
            bounds = Budgets(total=some) if campaign == "budget" else Budgets(customer=some)
            around = replace(campaigns.limits_of(found), budgets=bounds)
            found = campaigns.edit(connection, home.shop_id, found, found.params, around, "test", home.now)
            campaigns.change_status(connection, home.shop_id, found, CampaignStatus.ON, "test", home.now)
    made = buys(home)
    home.now = LATE
    await all_out(home)
    with home.database.read() as connection:
        (told,) = decisions.latest(connection, home.shop_id, 10)
        spent = budgets.totals(connection, home.shop_id, (budgets.TOTAL,))
    assert told.outcome is Outcome.NOTHING
    assert "this gift may cost 7.00 USD" in told.reason
    assert (spent, home.codes(), promise_of(home, str(made.user_id))) == ([], [], None)


async def test_a_guest_is_told_by_mail_of_a_code_and_of_nothing_that_needs_an_account(home: Home) -> None:
    box = opened(home)
    home.take("order_created", order_body(placed(user_id=None)))
    home.now = LATE
    await all_out(home)
    (letter,) = box.taken
    assert home.codes()[0] in letter.text
    assert "ships free" not in letter.text
    assert parts(home) == {Part.GIFT: "reserved 2 0"}


async def test_what_is_told_of_the_past_is_apologised_for_only_when_it_becomes_late_from_now_on(home: Home) -> None:
    opened(home)
    user_id = user_of(home)
    long_late, soon = placed("O1", ago(30), user_id=user_id), placed("O2", ago(5.5), user_id=user_id)
    home.take("order_bulk_created", bulk_body([long_late, soon], NOW))
    await all_out(home)
    assert outcomes(home) == []
    home.now = NOW + days(0.5)
    await all_out(home)
    with home.database.read() as connection:
        (told,) = decisions.latest(connection, home.shop_id, 10)
    assert told.outcome is Outcome.GIVEN
    assert told.reason.startswith("Order O2 ")


async def test_who_waits_already_is_woken_in_time_when_it_is_switched_on(home: Home) -> None:
    open_post(home)
    buys(home)
    home.now = LATE - days(1)
    await switch_on(home.house, home.shop_id, "late-parcel", None, "test", confirmed=True)
    home.now = LATE
    await all_out(home)
    assert outcomes(home) == [Outcome.GIVEN]


async def test_a_code_in_the_place_of_one_whose_order_was_cancelled_comes_without_another_promise(home: Home) -> None:
    opened(home)
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "late-parcel", home.house.tactics)
        around = replace(campaigns.limits_of(found), reissue_after_cancel=True)
        campaigns.edit(connection, home.shop_id, found, found.params, around, "test", home.now)
    user_id = user_of(home)
    home.take("account_confirmed", account_body(account(user_id, updated_at=NOW - days(1))))
    tells(home, "order_created", placed(user_id=user_id))
    home.now = LATE
    await all_out(home)
    (code,) = home.codes()
    home.now += days(1)
    bought = order("O2", home.now, user_id=user_id, ships=True, voucher_code=code, discount=Decimal(2))
    tells(home, "order_created", bought)
    home.now += timedelta(hours=1)
    tells(home, "order_cancelled", replace(bought, status="CANCELED", updated_at=home.now))
    await all_out(home)
    assert len(home.codes()) == 2
    assert not ships_free(home, user_id)


async def test_a_promise_is_the_first_that_was_told(home: Home) -> None:
    """The merchant's delivery method says something else by now, or is gone."""
    opened(home)
    made = buys(home)
    for later in (30, None):
        tells(home, "order_paid", replace(made, promised_days=later), NOW + days(1))
    home.now = LATE
    await all_out(home)
    assert outcomes(home) == [Outcome.GIVEN]


async def test_a_voucher_that_the_merchant_removes_takes_its_promise_with_it(home: Home) -> None:
    opened(home)
    made = buys(home)
    user_id = str(made.user_id)
    home.now = LATE
    await all_out(home)
    with home.database.read() as connection:
        (voucher,) = codes.vouchers_made(connection, home.shop_id)
    home.take("voucher_deleted", voucher_body(str(voucher.voucher_id), home.now))
    await home.deliver()
    assert not ships_free(home, user_id)
    assert {"retention.banner", "retention.next_order"}.isdisjoint(metadata(home, user_id))
    assert parts(home) == {Part.GIFT: "released 2 0", Part.SHIPPING: "released 5 0"}


async def test_it_can_be_previewed_and_tried(home: Home) -> None:
    opened(home)
    user_id = user_of(home)
    home.take("account_confirmed", account_body(account(user_id, updated_at=NOW)))
    with home.database.read() as connection:
        found = campaigns.get(connection, home.shop_id, "late-parcel", home.house.tactics)
    seen = preview(found, found.params, {"default-channel": "USD"}, home.now, UTC)
    assert [one.text.split(":")[0] for one in seen.shown] == [
        "We are sorry that your parcel is late, Ann",
        "Your next order ships free",
    ]
    assert seen.offers[0].ships_free
    words = message_preview.preview(home.house, home.shop_id, "late-parcel", language="en")
    assert "your order 1001 should have left by now" in words.text
    assert words.missing == ()
    nobody = dry_run(home.house, home.shop_id, "late-parcel")
    assert (nobody.inside, sum(nobody.outcomes.values())) == (0, 0)
    await give_trial(home.house, home.shop_id, "late-parcel", "ann@example.com", "test")
    await home.deliver()
    assert ships_free(home, user_id)
    assert parts(home) == {}

"""Abandoned checkouts: from the basket's events to the reminder, what free shipping takes and the offer; an order ends it."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select

from plugin.domain.consent import Consent
from plugin.domain.decide import Outcome
from plugin.domain.effects import EffectStatus
from plugin.domain.segments import Segment
from plugin.errors import OutcomeUnknown, Rejected, TryLater
from plugin.flow.chores import prune
from plugin.flow.dry_run import dry_run
from plugin.flow.house import Keep
from plugin.flow.message_preview import preview
from plugin.store import personal, shops
from plugin.store.baskets import LIFE
from plugin.store.customers import by_user
from plugin.store.schema import checkouts, customers
from tests.bodies import account_body, checkout_body, gone_body, order_body
from tests.flow.conftest import Home
from tests.flow.post import Postbox, all_out, became, open_post, post
from tests.flow.silence import metadata, outcomes, user_of
from tests.shop import NOW, account, ago, days, order

pytestmark = pytest.mark.anyio

REMINDED, SHIPPING, OFFERED = (
    "You left something in your basket",
    "20.00 USD to free shipping",
    "For your basket: 10 % off",
)
STEPS = (REMINDED, SHIPPING, OFFERED)
FROM_60 = {"default-channel": {segment.value: Decimal(60) for segment in Segment}}


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def abandons(home: Home, **sending: object) -> Postbox:
    """The campaign and free shipping from 60 are on."""
    box = open_post(home, **sending)
    home.switch_on("free-shipping", thresholds=FROM_60)
    home.switch_on("abandoned-checkout")
    known(home)
    return box


def known(home: Home) -> None:
    """Somebody who has bought before, and changes their account today: they are shown what free shipping takes."""
    home.take("order_created", order_body(order("O1", ago(30), user_id=user_of(home))))
    home.take("account_confirmed", account_body(account(user_of(home), updated_at=NOW)))


def fills(home: Home, checkout_id: str = "C1", user_id: str | None = "", **changes: Any) -> None:
    """A basket of 40 and 12 for the shipping, as it is now. user_id: the account's where it is left empty."""
    told: dict[str, Any] = {"subtotal": "40", "shipping": "12", "created": NOW, **changes}
    body = checkout_body(checkout_id, user_of(home) if user_id == "" else user_id, home.now, **told)
    home.take("checkout_updated", body)


async def passes(home: Home, number: float) -> None:
    """So many hours; whatever is due is done, twice."""
    home.now += hours(number)
    for _ in range(2):
        await all_out(home)


def subjects(box: Postbox) -> Sequence[str]:
    return [letter.subject for letter in box.taken]


async def test_a_reminder_then_what_free_shipping_takes_then_an_offer(home: Home) -> None:
    box = abandons(home)
    fills(home)
    await passes(home, 3.9)
    assert subjects(box) == []
    await passes(home, 0.1)
    assert subjects(box) == [REMINDED]
    await passes(home, 19.9)
    assert subjects(box) == [REMINDED]
    await passes(home, 0.2)
    assert subjects(box) == [REMINDED, SHIPPING]
    await passes(home, 23.8)
    assert home.codes() == []
    await passes(home, 0.3)
    assert subjects(box) == list(STEPS)
    await passes(home, 200)
    assert subjects(box) == list(STEPS)
    (code,) = home.codes()
    assert code in box.taken[2].text
    assert code in metadata(home, user_of(home))["retention.banner"]
    assert "your basket over 40.00 USD is still there" in box.taken[0].text
    assert "From 60.00 USD on it ships free: 20.00 USD more" in box.taken[1].text
    assert all(letter.text.count("https://retention.example/messages/basket/") == 1 for letter in box.taken)
    assert [one for one in outcomes(home) if one is not Outcome.SHOWN] == [Outcome.GIVEN, Outcome.TOLD, Outcome.TOLD]


async def test_no_id_is_in_what_is_sent(home: Home) -> None:
    box = abandons(home)
    fills(home, "SECRETCHECKOUT")
    await passes(home, 5)
    (letter,) = box.taken
    assert "SECRETCHECKOUT" not in letter.html + letter.text


@pytest.mark.parametrize("promised", [True, False])
async def test_where_no_free_shipping_is_promised_the_offer_follows_the_reminder(home: Home, promised: bool) -> None:
    box = open_post(home)
    if promised:  # and a product does not count, so that nobody can say what the basket lacks
        home.switch_on("free-shipping", thresholds=FROM_60, excluded_products=("gift-card",))
    home.switch_on("abandoned-checkout")
    known(home)
    fills(home)
    await passes(home, 4)
    await passes(home, 25)
    assert subjects(box) == [REMINDED, OFFERED]


#: How many were sent before, and the hours that pass before the order.
@pytest.mark.parametrize(("sent", "waits"), [(0, ()), (1, (4,)), (2, (4, 20.1)), (3, (4, 20.1, 24.1))])
@pytest.mark.parametrize("told", ["of the account", "of the checkout", "late"])
async def test_an_order_ends_it_at_every_step(home: Home, sent: int, waits: Sequence[float], told: str) -> None:
    box = abandons(home)
    fills(home)
    for wait in waits:
        await passes(home, wait)
    stale = checkout_body("C1", user_of(home), home.now - hours(0.1), subtotal="40", shipping="12", created=NOW)
    if told == "of the account":
        home.take("order_created", order_body(order("O2", home.now, user_id=user_of(home))))
    else:  # somebody else's by its address: the basket is over all the same
        seen = order("O2", home.now, user_id=None, email="bob@example.com", checkout_id="C1", status="UNCONFIRMED")
        home.take("order_created", order_body(seen))
    if told == "late":
        home.take("checkout_updated", stale)
    for _ in range(8):
        await passes(home, 12)
    assert subjects(box) == list(STEPS[:sent])


@pytest.mark.parametrize(("before", "waits"), [(0, (4,)), (1, (4, 20.1)), (2, (4, 20.1, 24.1))])
async def test_an_order_between_decision_and_sending_ends_it(home: Home, before: int, waits: Sequence[float]) -> None:
    box = abandons(home)
    fills(home)
    for wait in waits[:-1]:
        await passes(home, wait)
    home.now += hours(waits[-1])
    home.tick()
    home.take("order_created", order_body(order("O2", home.now, user_id=user_of(home), checkout_id="C1")))
    await home.deliver()
    await post(home)
    assert subjects(box) == list(STEPS[:before])
    assert home.codes() == []
    assert became(home)[0] is EffectStatus.WITHDRAWN


async def test_an_order_between_the_code_and_the_message_ends_it(home: Home) -> None:
    box = abandons(home)
    fills(home)
    for wait in (4, 20.1):
        await passes(home, wait)
    home.now += hours(24.1)
    home.tick()
    await home.deliver()
    home.take("order_created", order_body(order("O2", home.now, user_id=user_of(home), checkout_id="C1")))
    await post(home)
    assert subjects(box) == [REMINDED, SHIPPING]


async def test_events_that_come_twice_and_in_any_order_remind_once(home: Home) -> None:
    box = abandons(home)
    first = checkout_body("C1", user_of(home), NOW, subtotal="10", shipping="0")
    last = checkout_body("C1", user_of(home), NOW + hours(1), subtotal="40", shipping="12", created=NOW)
    for body in (last, first, last, first):
        home.take("checkout_updated", body)
        home.take("checkout_created", body)
    await passes(home, 4)
    assert subjects(box) == []
    for _ in range(3):
        await passes(home, 1)
        home.take("checkout_updated", first)
    assert subjects(box) == [REMINDED]
    assert "40.00 USD" in box.taken[0].text


@pytest.mark.parametrize("broken", [False, True])
async def test_baskets_that_come_together_are_each_looked_at(home: Home, broken: bool) -> None:
    """Also beside an event that cannot be read, and where one of them has left by the end of the batch."""
    box = abandons(home)
    for number in (1, 2, 3):
        seen = account(f"U{number}", f"u{number}@example.com", updated_at=NOW)
        home.take("account_confirmed", account_body(seen))
        home.take("order_created", order_body(order(f"P{number}", ago(20), user_id=f"U{number}", email=seen.email)))
    for number, subtotal in ((1, "10"), (2, "20"), (3, "30"), (1, "40")):
        at = NOW + timedelta(seconds=int(subtotal))
        body = checkout_body(f"C{number}", f"U{number}", at, email=f"u{number}@example.com", subtotal=subtotal)
        home.arrive("checkout_updated", body)
    if broken:
        home.arrive("checkout_updated", b"{")
    home.arrive(
        "order_created", order_body(order("P4", NOW + timedelta(minutes=1), user_id="U2", email="u2@example.com"))
    )
    home.arrive("customer_deleted", gone_body("U3", "u3@example.com", NOW))
    home.receive()
    await passes(home, 4.1)
    assert [(letter.to, letter.text.split("over ")[1][:5]) for letter in box.taken] == [("u1@example.com", "40.00")]


async def test_a_changed_basket_is_left_in_peace_and_begins_nothing_anew(home: Home) -> None:
    box = abandons(home)
    fills(home)
    home.now += hours(3)
    fills(home, subtotal="41")
    await passes(home, 3)
    assert subjects(box) == []
    await passes(home, 1)
    assert subjects(box) == [REMINDED]
    home.now += hours(19)
    fills(home)
    await passes(home, 19)
    assert subjects(box) == [REMINDED]
    await passes(home, 1)
    assert subjects(box) == [REMINDED, SHIPPING]


async def test_who_comes_back_between_decision_and_sending_is_not_written_to(home: Home) -> None:
    box = abandons(home)
    fills(home)
    home.now += hours(4)
    home.tick()
    fills(home, subtotal="50")
    await post(home)
    assert (subjects(box), became(home)) == ([], [EffectStatus.WITHDRAWN])


async def test_a_message_of_which_nobody_knows_holds_the_next_step(home: Home) -> None:
    """Killed, or the connection lost: it may have been sent, so nothing is built on it and it does not go again."""
    box = abandons(home)
    box.fails.append(OutcomeUnknown("Lost."))
    fills(home)
    for wait in (4, 21, 25):
        await passes(home, wait)
    assert (subjects(box), became(home)) == ([], [EffectStatus.PARKED])


async def test_one_that_is_put_off_goes_once_and_the_next_counts_from_it(home: Home) -> None:
    box = abandons(home)
    box.fails.append(TryLater("Not now."))
    fills(home)
    await passes(home, 4)
    assert subjects(box) == []
    await passes(home, 1)
    assert subjects(box) == [REMINDED]
    await passes(home, 19.5)
    assert subjects(box) == [REMINDED]
    await passes(home, 0.6)
    assert subjects(box) == [REMINDED, SHIPPING]


async def test_without_a_yes_nobody_is_reminded(home: Home) -> None:
    box = abandons(home, needs_opt_in=True)
    fills(home)
    for wait in (4, 21, 25):
        await passes(home, wait)
    assert subjects(box) == []
    assert [one for one in outcomes(home) if one is not Outcome.SHOWN] == [Outcome.NOTHING]


@pytest.mark.parametrize(("word", "reminded"), [(None, True), (True, True), (False, False)])
async def test_a_no_at_the_checkout_holds_for_that_basket(home: Home, word: bool | None, reminded: bool) -> None:
    box = abandons(home)
    fills(home)
    fills(home, marketing=word)
    await passes(home, 5)
    assert subjects(box) == [REMINDED] * reminded
    home.now += days(1)
    fills(home, "C2")
    await passes(home, 5)
    assert subjects(box) == [REMINDED]  # of the second one, where not of the first: the pause stands between them


async def test_a_no_ends_it(home: Home) -> None:
    box = abandons(home)
    fills(home)
    await passes(home, 4)
    said = account(user_of(home), updated_at=home.now, consent=Consent(opted_out=True))
    home.take("customer_updated", account_body(said))
    for wait in (21, 25):
        await passes(home, wait)
    assert subjects(box) == [REMINDED]


@pytest.mark.parametrize(
    ("whose", "reminded"), [("guest", True), ("stranger", False), ("proven", True), ("unproven", False), ("no", False)]
)
async def test_an_address_that_was_typed_leads_to_who_is_known_by_it(home: Home, whose: str, reminded: bool) -> None:
    box = open_post(home)
    home.switch_on("abandoned-checkout")
    if whose == "guest":
        home.take("order_created", order_body(order("O1", ago(30), user_id=None)))
    elif whose in {"proven", "unproven"}:
        seen = account("U1", updated_at=ago(40), confirmed=whose == "proven")
        home.take("customer_created", account_body(seen))
        home.take("order_created", order_body(order("O1", ago(30), user_id="U1")))
    fills(home, user_id=None, email=None if whose == "no" else " Ann@Example.com")
    await passes(home, 4)
    assert subjects(box) == [REMINDED] * reminded
    with home.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(customers)).scalar_one() == (
            whose not in {"stranger", "no"}
        )
        assert connection.execute(select(func.count()).select_from(checkouts)).scalar_one() == (whose != "no")


async def test_nobody_is_reminded_of_an_empty_basket(home: Home) -> None:
    box = abandons(home)
    fills(home)
    home.now += hours(1)
    fills(home, subtotal="0", shipping="0")
    await passes(home, 5)
    assert subjects(box) == []


async def test_an_older_webhook_tells_no_lines_and_is_read(home: Home) -> None:
    box = abandons(home)
    body = checkout_body("C1", user_of(home), NOW, subtotal="40")
    home.take("checkout_created", body.replace(b'"lines"', b'"other"'))
    await passes(home, 4)
    assert subjects(box) == [REMINDED]


async def test_who_is_erased_is_forgotten_and_what_comes_late_too(home: Home) -> None:
    box = abandons(home)
    user_id = user_of(home)
    fills(home)
    with home.database.read() as connection:
        customer = by_user(connection, home.shop_id, user_id)
        assert customer is not None
        kept = personal.everything(connection, home.shop_id, customer, [])
    assert [(one["checkout_id"], one["variants"]) for one in kept["checkouts"]] == [("C1", ["V1:2"])]
    home.now += hours(4)
    home.tick()
    home.take("customer_deleted", gone_body(user_id, "ann@example.com", home.now, confirmed=True))
    fills(home)
    fills(home, user_id=None)
    await post(home)
    assert subjects(box) == []
    with home.database.read() as connection:
        assert connection.execute(select(checkouts)).all() == []


async def test_old_baskets_are_tidied_away(home: Home) -> None:
    abandons(home)
    fills(home)
    keep = Keep(days(1000), days(1000), days(1000), days(1000))
    home.now += LIFE - hours(1)
    fills(home, "C2")
    prune(home.house, keep)
    home.now += hours(2)
    prune(home.house, keep)
    with home.database.read() as connection:
        assert connection.execute(select(checkouts.c.checkout_id)).scalars().all() == ["C2"]


@pytest.mark.parametrize("inside", [0, 100])
async def test_baskets_from_before_are_left_alone_unless_those_inside_are_meant(home: Home, inside: int) -> None:
    box = open_post(home)
    known(home)
    fills(home)
    home.now += hours(10)
    home.switch_on("abandoned-checkout", inside=inside)
    assert dry_run(home.house, home.shop_id, "abandoned-checkout").outcomes == {Outcome.TOLD: 1}
    await passes(home, 1)
    assert subjects(box) == [REMINDED] * bool(inside)


async def test_each_of_its_messages_can_be_previewed(home: Home) -> None:
    abandons(home)
    seen = [preview(home.house, home.shop_id, "abandoned-checkout", number=number) for number in (1, 2, 3)]
    assert [one.subject for one in seen] == [REMINDED, SHIPPING, OFFERED]
    assert all("/messages/basket/" in one.text for one in seen)
    with pytest.raises(Rejected, match="has 3 different messages; number 4 is none"):
        preview(home.house, home.shop_id, "abandoned-checkout", number=4)
    with home.database.read() as connection:
        assert shops.get(connection, home.shop_id).active

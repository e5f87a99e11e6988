"""Messages about a gift of before, and messages that wait for store credit: sent while it holds, and not otherwise."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.decide import Outcome
from plugin.domain.effects import EffectStatus, Tell, Wish
from plugin.domain.ladders import need_of
from plugin.domain.message_params import MessageParams, check_message, message_of
from plugin.domain.messages import Medium
from plugin.domain.offer_params import OfferParams, give
from plugin.domain.offers import OfferKind
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View
from plugin.store import codes
from tests.bodies import account_body, gift_card_body, order_body
from tests.flow.conftest import Home
from tests.flow.post import all_out, became, letters, open_post, post, silent_with_mail
from tests.flow.silence import outcomes, user_of
from tests.shop import NOW, account, days, order

pytestmark = pytest.mark.anyio

BY_MAIL = (Medium.MAIL,)


@dataclass(frozen=True, slots=True)
class Twice(MessageParams, OfferParams):
    """A gift for the first order; at the next one the words about it."""


def twice(view: View, trigger: Trigger, params: Twice) -> Iterator[Wish]:
    yield from give(view, params, "first", view.state.history.first_at or view.now, "The first order.")
    message = message_of(params)
    if message is not None and view.state.history.purchase_days > 1:
        yield Tell("first#again", view.now, message, "The second order.", about="first")


TWICE = Tactic(
    "twice",
    "Twice",
    "Gives, and tells of it again.",
    Twice,
    frozenset({TriggerKind.ORDER}),
    twice,
    check=check_message,
)


async def given(home: Home, **params: Any) -> tuple[str, str]:
    """Somebody who was given a code, and the code."""
    home.add_tactic(TWICE)
    words: dict[str, Any] = {"message_subjects": {"en": "{offer}"}, "message_texts": {"en": "{code} until {until}"}}
    home.switch_on("twice", message_by=BY_MAIL, **words, **params)
    user_id = user_of(home)
    home.take("account_confirmed", account_body(account(user_id, updated_at=NOW)))
    home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    await home.deliver()
    await post(home)
    (code,) = home.codes()
    home.now = NOW + days(2)
    return user_id, code


def order_again(home: Home, user_id: str) -> None:
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id)))


async def test_the_words_name_the_code_of_before(home: Home) -> None:
    box = open_post(home)
    user_id, code = await given(home)
    order_again(home, user_id)
    for _ in range(3):
        await home.deliver()
        await post(home)
    first, second = box.taken
    said = [letter.text.split("\n")[0] for letter in (first, second)]
    assert said == [f"{code} until June 15, 2026"] * 2
    assert second.subject == "10 % off"
    assert (home.codes(), sorted(outcomes(home))) == ([code], [Outcome.GIVEN, Outcome.TOLD])
    assert need_of("first#again") == "first"


async def test_a_need_that_got_nothing_has_nothing_to_be_told_of(home: Home) -> None:
    box = open_post(home)
    home.add_tactic(TWICE)
    home.switch_on(
        "twice", message_by=BY_MAIL, message_subjects={"en": "x"}, message_texts={"en": "{code}"}, control=0.9
    )
    for number in range(12):
        for day in (0, 2):
            at = NOW + days(day)
            home.now = at
            placed = order(f"O{number}-{day}", at, user_id=None, email=f"x{number}@example.com")
            home.take("order_created", order_body(placed))
        await home.deliver()
        await post(home)
    told, gifts = outcomes(home).count(Outcome.TOLD), outcomes(home).count(Outcome.GIVEN)
    assert Outcome.CONTROL in outcomes(home)
    assert told == gifts
    assert len(box.taken) == told + gifts


@pytest.mark.parametrize(
    ("end", "why"),
    [
        ("used", "The code was redeemed."),
        ("over", "The offer ran out before it could be told of."),
        ("taken back", "The code was withdrawn."),
    ],
)
async def test_nothing_is_sent_once_the_code_does_not_hold(home: Home, end: str, why: str) -> None:
    box = open_post(home)
    user_id, code = await given(home, valid_days=3)
    order_again(home, user_id)
    if end == "used":
        home.take("order_created", order_body(order("O3", home.now, user_id=user_id, voucher_code=code)))
    elif end == "over":
        home.now = NOW + days(4)
    else:
        with home.database.write() as connection:
            held = codes.by_code(connection, home.shop_id, code)
            assert held is not None
            codes.give_up(connection, home.shop_id, [held])
    await post(home)
    assert len(box.taken) == 1
    (letter,) = letters(home, EffectStatus.WITHDRAWN)
    assert letter.error == why


def credit(home: Home) -> None:
    """Cards of 5 USD for who falls silent, on a platform whose clock is ours."""
    home.sandbox.shop.now = lambda: home.now
    home.switch_on("win-back", offer=OfferKind.STORE_CREDIT, value=Decimal(5), currency="USD", message_by=BY_MAIL)


async def test_a_message_waits_for_store_credit(home: Home) -> None:
    box = open_post(home)
    credit(home)
    await silent_with_mail(home)
    home.tick()
    await post(home)
    assert (box.taken, became(home)) == ([], [EffectStatus.OPEN])  # the card is not there yet
    await home.deliver()
    for _ in range(3):
        await post(home)
    (card,) = home.sandbox.shop.gift_cards.values()
    (letter,) = box.taken
    assert card.code in letter.text
    assert letter.subject == "For you, Ann: 5 USD of store credit"
    assert "retention=" not in (letter.link or ""), "a link carries codes of vouchers alone"
    assert became(home) == [EffectStatus.DONE]


async def test_no_message_tells_of_store_credit_that_was_never_made(home: Home) -> None:
    box = open_post(home)
    credit(home)
    user_id = await silent_with_mail(home)
    home.tick()
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id)))
    await home.deliver()
    for _ in range(3):
        await post(home)
    assert home.sandbox.shop.gift_cards == {}
    assert (box.taken, became(home)) == ([], [EffectStatus.WITHDRAWN])


async def test_a_card_that_was_switched_off_is_not_told_of(home: Home) -> None:
    box = open_post(home)
    credit(home)
    await silent_with_mail(home)
    home.tick()
    await home.deliver()
    (card,) = home.sandbox.shop.gift_cards.values()
    home.take("gift_card_status_changed", gift_card_body(card.id, Decimal(5), home.now, active=False))
    await post(home)
    assert (box.taken, became(home)) == ([], [EffectStatus.WITHDRAWN])


async def test_a_guest_is_told_of_no_store_credit(home: Home) -> None:
    """A card belongs to an account, so that a message alone cannot give one."""
    box = open_post(home)
    credit(home)
    home.take("order_created", order_body(order("O1", NOW, user_id=None)))
    home.now = NOW + days(60)
    await all_out(home)
    home.now += timedelta(hours=1)
    await all_out(home)
    assert (box.taken, outcomes(home)) == ([], [Outcome.NOTHING])

"""An SMS goes to the number that the account has at the platform, which is asked for when it goes and kept nowhere."""

from datetime import timedelta

import pytest

from plugin.domain.effects import EffectStatus
from plugin.domain.messages import Medium
from plugin.flow.send import WAITS
from plugin.sandbox.faults import read_fault
from plugin.sandbox.records.places import Address
from tests.bodies import account_body, order_body
from tests.flow.conftest import Home
from tests.flow.post import Postbox, became, letters, open_post, post
from tests.flow.silence import user_of
from tests.flow.test_send import choose, reminds
from tests.shop import account, order

pytestmark = pytest.mark.anyio

NUMBER = "+48123456789"


def told_by_sms(home: Home) -> Postbox:
    """Somebody who agreed to it has ordered, and a message about that is due."""
    box = open_post(home, Medium.SMS)
    reminds(home, Medium.SMS)
    user_id = user_of(home)
    home.take("account_confirmed", account_body(account(user_id, updated_at=home.now)))
    choose(home, Medium.SMS, yes=True)
    home.take("order_created", order_body(order("O1", home.now, user_id=user_id)))
    return box


def has_number(home: Home, number: str) -> None:
    home.sandbox.shop.users[user_of(home)].default_billing_address = Address(id="A1", phone=number)


async def test_it_goes_to_the_account_s_number(home: Home) -> None:
    box = told_by_sms(home)
    has_number(home, NUMBER)
    await post(home)
    assert [(letter.medium, letter.to, letter.html) for letter in box.taken] == [(Medium.SMS, NUMBER, "")]
    assert became(home) == [EffectStatus.DONE]


async def test_without_a_number_it_is_withdrawn_and_says_why(home: Home) -> None:
    box = told_by_sms(home)
    await post(home)
    (letter,) = letters(home)
    assert (letter.status, letter.error) == (
        EffectStatus.WITHDRAWN,
        "The customer has no number that this could be sent to.",
    )
    assert box.taken == []
    has_number(home, NUMBER)
    home.now += timedelta(days=1)
    await post(home)
    assert box.taken == []


async def test_while_the_platform_does_not_say_it_is_tried_again(home: Home) -> None:
    box = told_by_sms(home)
    has_number(home, NUMBER)
    home.sandbox.faults.waiting.append(read_fault({"status": 503, "times": 99, "operation": "user"}))
    await post(home)
    (letter,) = letters(home)
    assert letter.status is EffectStatus.FAILED
    assert "could not be asked for" in str(letter.error)
    home.sandbox.faults.waiting.clear()
    home.now += timedelta(seconds=WAITS[0])
    await post(home)
    assert [letter.to for letter in box.taken] == [NUMBER]
    assert became(home) == [EffectStatus.DONE]

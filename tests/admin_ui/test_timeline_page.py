"""What a customer's page says of banners and messages: as the shopper saw them, whatever the place and the medium."""

from typing import Any

import pytest
from sqlalchemy import delete, update

from plugin.domain.messages import Medium
from plugin.store import customers
from plugin.store.schema import codes, effects, messages
from tests.admin_ui.conftest import READER, Desk
from tests.admin_ui.test_overview import plain
from tests.bodies import account_body, order_body
from tests.flow.post import all_out, open_post, post
from tests.flow.silence import user_of
from tests.flow.test_expiring_offer import BEGINS, NOTICE, buyer, live
from tests.flow.test_expiring_offer import on as switched_on
from tests.flow.test_late_parcel import LATE, buys, opened
from tests.flow.test_send import choose, reminds
from tests.flow.test_send_sms import NUMBER, has_number
from tests.shop import NOW, account, days, order

pytestmark = pytest.mark.anyio


async def page_of(desk: Desk, user_id: str = "U1", language: str = "en") -> str:
    """What is told of them, without anything that was to be filled in."""
    with desk.home.database.read() as connection:
        found = customers.glance(connection, desk.home.shop_id, user_id)
    assert found is not None
    headers = desk.headers(READER) | {"Accept-Language": language}
    said = plain((await desk.ask(f"/admin/customers/{found.customer_id}", headers)).text)
    assert "{" not in said
    assert "}" not in said
    return said


async def given(desk: Desk, tactic: str = "win-back", **params: Any) -> str:
    """A silent customer with a code and its banner; the code."""
    user_id = user_of(desk.home)
    desk.home.switch_on(tactic, **params)
    desk.home.take("account_confirmed", account_body(account(user_id, updated_at=NOW - days(1))))
    desk.home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    desk.home.now = NOW + days(60)
    await all_out(desk.home)
    (code,) = desk.home.codes()
    return code


@pytest.mark.parametrize(("language", "day"), [("en", "Aug 14, 2026"), ("pl", "14 sie 2026")])
async def test_a_personal_banner_has_its_code_and_its_day(desk: Desk, language: str, day: str) -> None:
    code = await given(desk)
    said = await page_of(desk, user_of(desk.home), language)
    assert f"“ We miss you, Ann: 10 % off with code {code} until {day}. ”" in said


async def test_a_banner_whose_code_is_kept_no_longer_says_what_is_left(desk: Desk) -> None:
    await given(desk)
    with desk.home.database.write() as connection:
        connection.execute(delete(codes))
    assert "10 % off with code … until …. ”" in await page_of(desk, user_of(desk.home))


async def test_free_shipping_has_its_amount_and_what_an_empty_basket_lacks(desk: Desk) -> None:
    text = "{left} to go: free shipping from {threshold}."
    desk.home.switch_on("free-shipping", thresholds={"default-channel": {"new": 60}}, text=text)
    user_id = user_of(desk.home)
    desk.home.take("account_confirmed", account_body(account(user_id)))
    desk.home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    await desk.home.deliver()
    said = await page_of(desk, user_id)
    assert "“ $60.00 to go: free shipping from $60.00. ” (with an empty basket)" in said


async def test_a_next_order_that_ships_free_is_put_up_and_taken_away(desk: Desk) -> None:
    opened(desk.home)
    user_id = str(buys(desk.home).user_id)
    desk.home.now = LATE
    for _ in range(3):
        await all_out(desk.home)
    said = await page_of(desk, user_id)
    assert "“ Your next order ships free: signed in, choose “Free shipping” at the checkout. ”" in said
    assert "A banner was taken away" not in said
    desk.home.now += days(90)
    await desk.home.deliver()
    assert "A banner was taken away" in await page_of(desk, user_id)


async def test_a_mail_has_its_subject_and_its_words(desk: Desk) -> None:
    open_post(desk.home)
    code = await given(desk, message_by=(Medium.MAIL,))
    said = await page_of(desk, user_of(desk.home))
    assert "A mail was sent win-back “ For you, Ann: 10 % off ”" in said
    assert f"{code} until Aug 14, 2026. https://shop.example/" in said
    with desk.home.database.write() as connection:
        connection.execute(update(messages).values(bounced_at=desk.home.now))
        connection.execute(delete(codes))
    said = await page_of(desk, user_of(desk.home))
    assert "A mail was sent Came back" in said
    assert "“ For you, Ann: … ”" in said
    with desk.home.database.write() as connection:
        connection.execute(delete(effects))
    assert "A mail was sent Came back win-back" in await page_of(desk, user_of(desk.home))


@pytest.mark.parametrize(
    ("medium", "name"), [(Medium.SMS, "An SMS was sent"), (Medium.PUSH, "A push message was sent")]
)
async def test_an_sms_and_a_push_message_have_their_words(desk: Desk, medium: Medium, name: str) -> None:
    box = open_post(desk.home, medium)
    reminds(desk.home, medium)
    user_id = user_of(desk.home)
    desk.home.take("account_confirmed", account_body(account(user_id, updated_at=desk.home.now)))
    choose(desk.home, medium, yes=True)
    desk.home.take("order_created", order_body(order("O1", desk.home.now, user_id=user_id)))
    has_number(desk.home, NUMBER)
    await post(desk.home)
    (letter,) = box.taken
    said = await page_of(desk, user_id)
    assert name in said
    assert f"“ {' '.join(letter.text.split())} ”" in said


async def test_a_last_minute_notice_names_the_code_of_the_gift_before(desk: Desk) -> None:
    await switched_on(desk.home)
    user_id = buyer(desk.home)
    await live(desk.home, BEGINS)
    await live(desk.home, NOTICE)
    (code,) = desk.home.codes()
    said = await page_of(desk, user_id)
    assert f"Hello Ann, your code {code} has not been used yet" in said
    assert "It ends on Jun 7, 2026." in said
    assert f"Last chance, Ann: 20 % off with code {code} ends on Jun 7, 2026." in said

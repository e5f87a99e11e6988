"""The customer's page, one click that ends it, counted links and what providers tell: signed, or nothing happens."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from standardwebhooks import Webhook
from starlette.applications import Starlette

from plugin.domain.messages import Medium
from plugin.domain.reach import Choice, Source
from plugin.flow.message_links import LIFE, OPENED, PREFERENCES, Links
from plugin.messaging.provider import new_secret
from plugin.store import contacts, messages, shops, suppressions
from plugin.store.schema import messages as table
from plugin.storefront.allowance import Allowance
from plugin.storefront.preferences import routes
from tests.bodies import account_body, order_body
from tests.flow.conftest import Home, home
from tests.flow.post import Postbox, open_post, post
from tests.flow.test_send import reminds
from tests.shop import account, order

__all__ = ["home"]
pytestmark = pytest.mark.anyio
SECRET = new_secret()


class Mail:
    """One that was sent, and a browser."""

    def __init__(self, home: Home, box: Postbox, browser: httpx.AsyncClient) -> None:
        self.home, self.box, self.browser = home, box, browser
        self.ref = box.taken[0].ref
        self.links = Links(home.house, self.ref)

    def choices(self) -> dict[str, Choice]:
        with self.home.database.read() as connection:
            pepper = self.home.house.keyring.decrypt(shops.get(connection, self.home.shop_id).pepper)
            subject = suppressions.of_email(pepper, "ann@example.com").key
            return contacts.of_subjects(connection, self.home.shop_id, {1: [subject]})[1]

    def seen(self) -> tuple[object, object]:
        with self.home.database.read() as connection:
            row = connection.execute(table.select()).one()
        return row.opened_at, row.clicked_at

    async def tell(self, body: object, secret: str = SECRET, at: datetime | None = None) -> httpx.Response:
        said, now = json.dumps(body), at or datetime.now(UTC)
        headers = {
            "webhook-id": "1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign("1", now, said),
        }
        return await self.browser.post("/messages/feedback", content=said, headers=headers)


@pytest.fixture
async def mail(home: Home) -> AsyncIterator[Mail]:
    box = open_post(home)
    reminds(home)
    home.take("account_confirmed", account_body(account("U1", updated_at=home.now)))
    home.take("order_created", order_body(order("O1", home.now, user_id="U1")))
    await post(home)
    app = Starlette(routes=routes(home.house, SECRET))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://retention.example") as browser:
        yield Mail(home, box, browser)


async def test_following_the_link_changes_nothing_and_the_button_does(mail: Mail) -> None:
    link = mail.links.unsubscribe()
    page = await mail.browser.get(link)
    assert page.status_code == 200
    assert mail.choices() == {}
    done = await mail.browser.post(link)
    assert "You are unsubscribed" in done.text
    assert not mail.choices()[Medium.MAIL].yes


async def test_a_mail_program_unsubscribes_with_one_click(mail: Mail) -> None:
    address = mail.box.taken[0].unsubscribe
    assert address is not None
    for _ in range(2):
        done = await mail.browser.post(address, data={"List-Unsubscribe": "One-Click"})
        assert done.status_code == 200
    assert mail.choices()[Medium.MAIL].source is Source.ONE_CLICK


async def test_the_page_shows_what_may_be_sent_and_nothing_personal(mail: Mail) -> None:
    address = mail.links.preferences()
    page = await mail.browser.get(address)
    assert page.headers["cache-control"] == "private, no-store"
    assert 'name="mail" value="yes" checked' in page.text
    told = page.text.replace(address, "")  # a signed address may spell anything
    assert not any(said in told for said in ("Ann", "ann@example.com", "U1", "<script"))
    done = await mail.browser.post(mail.links.preferences(), data={"measuring": "yes"})
    assert "Saved." in done.text
    assert {about: choice.yes for about, choice in mail.choices().items()} == {"mail": False, "measuring": True}
    mail.home.now += timedelta(seconds=1)
    back = await mail.browser.post(mail.links.preferences(), data={"mail": "yes"})
    assert 'name="mail" value="yes" checked' in back.text


async def test_forged_old_and_foreign_links_are_answered_alike(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    token = mail.links.preferences().rsplit("/", 1)[1]
    wrong = [
        f"/messages/preferences/{token[:-2]}xx",
        "/messages/preferences/nonsense",
        f"/messages/preferences/{'x' * 5000}",
        f"/messages/unsubscribe/{token}",  # signed for another purpose
        f"/messages/preferences/{mail.home.house.keyring.sign(PREFERENCES, 'unknown')}",
        f"/messages/preferences/{mail.home.house.keyring.sign(PREFERENCES, [1, 2])}",
    ]
    answers = [await mail.browser.post(address) for address in wrong]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert mail.choices() == {}
    monkeypatch.setattr(
        "itsdangerous.timed.time.time", lambda: datetime.now(UTC).timestamp() + LIFE.total_seconds() + 9
    )
    assert (await mail.browser.get(f"/messages/preferences/{token}")).status_code == 404


async def test_clicks_lead_on_and_are_kept_only_of_who_agreed(mail: Mail) -> None:
    click = mail.links.click("https://shop.example/basket?a=1")
    for _ in range(2):
        led = await mail.browser.get(click)
        assert (led.status_code, led.headers["location"]) == (302, "https://shop.example/basket?a=1")
    await mail.browser.get(mail.links.opened())
    assert mail.seen() == (None, None)
    await mail.browser.post(mail.links.preferences(), data={"mail": "yes", "measuring": "yes"})
    await mail.browser.get(click)
    picture = await mail.browser.get(mail.links.opened())
    assert picture.headers["content-type"] == "image/gif"
    assert None not in mail.seen()


async def test_nobody_is_led_to_where_we_have_not_signed(mail: Mail) -> None:
    sign = mail.home.house.keyring.sign
    for token in ("x", sign(OPENED, mail.ref), sign("message click", [mail.ref, "javascript:alert(1)"])):
        assert (await mail.browser.get(f"/messages/click/{token}")).status_code == 404


@pytest.mark.parametrize(
    ("kind", "source"), [("message.bounced", Source.BOUNCE), ("message.complained", Source.COMPLAINT)]
)
async def test_a_provider_turns_the_channel_off(mail: Mail, kind: str, source: Source) -> None:
    said = {"type": kind, "timestamp": mail.home.now.isoformat(), "data": {"message_id": f"<{mail.ref}@example.com>"}}
    assert (await mail.tell(said)).json() == {"known": True}
    assert mail.choices()[Medium.MAIL] == Choice(yes=False, source=source, at=mail.home.now)


@pytest.mark.parametrize("wrong", ["secret", "old", "unsigned", "body", "nobody"])
async def test_what_no_provider_said_is_not_believed(mail: Mail, wrong: str) -> None:
    said: dict[str, object] = {"type": "message.bounced", "data": {"message_id": mail.ref}}
    if wrong == "secret":
        answer = await mail.tell(said, new_secret())
    elif wrong == "old":
        answer = await mail.tell(said, at=datetime.now(UTC) - timedelta(hours=1))
    elif wrong == "unsigned":
        headers = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "nonsense"}
        answer = await mail.browser.post("/messages/feedback", json=said, headers=headers)
    elif wrong == "body":
        answer = await mail.tell({"type": "message.bounced"})
    else:
        answer = await mail.tell({**said, "data": {"message_id": "unknown"}})
        assert answer.json() == {"known": False}
    assert answer.status_code == {"body": 400, "nobody": 200}.get(wrong, 401)
    assert mail.choices() == {}


async def test_nothing_is_taken_without_a_secret(mail: Mail) -> None:
    app = Starlette(routes=routes(mail.home.house, None))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://x.example") as browser:
        assert (await browser.post("/messages/feedback", json={})).status_code == 404


async def test_one_address_may_not_ask_too_often(mail: Mail) -> None:
    app = Starlette(routes=routes(mail.home.house, SECRET, allowance=Allowance(per_address=2, clock=lambda: 0.0)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://x.example") as browser:
        answers = [await browser.get("/messages/preferences/x") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]


async def test_a_bounce_is_noted_with_its_message(mail: Mail) -> None:
    await mail.tell({"type": "message.bounced", "data": {"message_id": mail.ref}})
    with mail.home.database.read() as connection:
        assert connection.execute(table.select()).one().bounced_at is not None
        assert messages.by_ref(connection, mail.ref) is not None

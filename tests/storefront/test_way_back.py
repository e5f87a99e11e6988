"""The link that leads back to a basket: signed for that alone, open for a while, and it tells nobody's address."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from plugin.domain.baskets import WayBack
from plugin.flow import ways_back
from plugin.flow.message_links import BASKET, BASKET_LIFE, ONE_CLICK, PREFERENCES, Links
from plugin.flow.offer_links import offer_behind
from plugin.flow.ways_back import to_checkout, to_start
from plugin.sandbox.faults import read_fault
from plugin.sandbox.records.checkouts import Checkout
from plugin.storefront.preferences import routes
from tests.bodies import gone_body, order_body
from tests.flow.conftest import Home, home
from tests.flow.post import Postbox, all_out, open_post
from tests.flow.silence import user_of
from tests.flow.test_abandoned_checkout import fills, hours, known, passes
from tests.shop import order

__all__ = ["home"]
pytestmark = pytest.mark.anyio
CHECKOUT = "Q2hlY2tvdXQ6MQ=="
THERE = "https://shop.example/checkout?checkout=Q2hlY2tvdXQ6MQ%3D%3D"
GONE = "https://shop.example/?variants=V1:2"


class Mail:
    """A reminder that was sent, and a browser."""

    def __init__(self, home: Home, box: Postbox, browser: httpx.AsyncClient) -> None:
        self.home, self.box, self.browser = home, box, browser

    @property
    def link(self) -> str:
        (said,) = [word for word in self.box.taken[-1].text.split() if "/messages/basket/" in word]
        return said

    async def leads_to(self) -> str:
        led = await self.browser.get(self.link)
        assert led.status_code == 302
        assert led.headers["cache-control"] == "private, no-store"
        assert led.headers["referrer-policy"] == "no-referrer"
        return led.headers["location"]

    def lies_in_saleor(self) -> None:
        shop = self.home.sandbox.shop
        channel = next(iter(shop.channels.values()))
        shop.checkouts[CHECKOUT] = Checkout(
            id=CHECKOUT, token="t", channel=channel, created=shop.now(), updated_at=shop.now()
        )


@pytest.fixture
async def mail(home: Home) -> AsyncIterator[Mail]:
    box = open_post(home)
    home.switch_on("abandoned-checkout")
    known(home)
    fills(home, CHECKOUT)
    home.now += hours(4)
    await all_out(home)
    app = Starlette(routes=routes(home.house, None))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://retention.example") as browser:
        yield Mail(home, box, browser)


async def test_it_leads_to_the_checkout_as_long_as_that_is_there(mail: Mail) -> None:
    mail.lies_in_saleor()
    assert await mail.leads_to() == THERE
    assert await mail.leads_to() == THERE


async def test_it_leads_to_the_storefront_with_what_was_in_it_when_the_checkout_is_gone(mail: Mail) -> None:
    assert await mail.leads_to() == GONE


@pytest.mark.parametrize("fault", [{"status": 500, "times": 9}, {"status": "html", "times": 9}])
async def test_when_saleor_does_not_answer_it_leads_to_the_checkout(mail: Mail, fault: dict[str, object]) -> None:
    mail.home.sandbox.faults.waiting.append(read_fault(fault))
    assert await mail.leads_to() == THERE


async def test_nobody_waits_for_saleor_for_long(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleeps(*_: object) -> bool:
        raise TimeoutError

    monkeypatch.setattr(ways_back, "is_there", sleeps)
    assert await mail.leads_to() == THERE


async def test_when_it_has_become_an_order_it_leads_to_the_storefront(mail: Mail) -> None:
    mail.lies_in_saleor()
    home = mail.home
    home.take("order_created", order_body(order("O2", home.now, user_id=user_of(home), checkout_id=CHECKOUT)))
    assert await mail.leads_to() == "https://shop.example/"


async def test_with_an_offer_it_carries_the_code_until_that_is_used(mail: Mail) -> None:
    mail.lies_in_saleor()
    await passes(mail.home, 25)
    assert len(mail.box.taken) == 2
    address = urlsplit(await mail.leads_to())
    name, _, token = address.query.rpartition("&")[2].partition("=")
    offer = offer_behind(mail.home.house, mail.home.shop_id, token)
    assert name == "retention"
    assert offer is not None
    assert [offer.code] == mail.home.codes()
    home = mail.home
    used = order("O2", home.now, user_id=user_of(home), voucher_code=offer.code)
    home.take("order_created", order_body(used))
    assert await mail.leads_to() == THERE


async def test_forged_old_and_foreign_links_are_answered_alike(mail: Mail, monkeypatch: pytest.MonkeyPatch) -> None:
    token, keyring, ref = mail.link.rsplit("/", 1)[1], mail.home.house.keyring, mail.box.taken[0].ref
    wrong = [
        f"{token[:-2]}xx",
        "nonsense",
        "x" * 5000,
        keyring.sign(PREFERENCES, ref),
        keyring.sign(ONE_CLICK, ref),
        keyring.sign(BASKET, "unknown"),
        keyring.sign(BASKET, [ref, "https://elsewhere.example"]),
    ]
    answers = [await mail.browser.get(f"/messages/basket/{one}") for one in wrong]
    answers.append(await mail.browser.get(f"/messages/preferences/{token}"))
    monkeypatch.setattr(
        "itsdangerous.timed.time.time", lambda: datetime.now(UTC).timestamp() + BASKET_LIFE.total_seconds() + 9
    )
    answers.append(await mail.browser.get(mail.link))
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1


async def test_who_is_erased_is_led_nowhere(mail: Mail) -> None:
    home = mail.home
    home.take("customer_deleted", gone_body(user_of(home), "ann@example.com", home.now))
    assert (await mail.browser.get(mail.link)).status_code == 404


async def test_a_message_that_is_about_no_basket_leads_to_none(home: Home) -> None:
    app = Starlette(routes=routes(home.house, None))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://retention.example") as browser:
        assert (await browser.get(Links(home.house, "preview").basket())).status_code == 404


def test_what_a_shopper_could_have_written_stays_one_value_of_the_address() -> None:
    way = WayBack("a&b=c#/../{variants}", "/c?id={checkout}&x=1", "/?v={variants}", ("a&b:1", "c,d:2"))
    assert to_checkout(way) == "/c?id=a%26b%3Dc%23%2F..%2F%7Bvariants%7D&x=1"
    assert to_start(way) == "/?v=a%26b:1,c,d:2"

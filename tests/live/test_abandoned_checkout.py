"""A basket that is left: a reminder that leads back to it, what free shipping takes, an offer; and an order that ends it."""

import json
import time
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from functools import partial
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import select

from plugin.store.schema import checkouts
from tests.live.api import until
from tests.live.app import App, app_on
from tests.live.corner import PRICES, RATE
from tests.live.people import Shopper, Street
from tests.live.test_win_back import decided, new_vouchers, vouchers_of

#: Hours after the basket's last change, and after each message.
WAIT = "0.01"
SECONDS = 36
STOREFRONT = "https://storefront.retention-live.example"
BASKET = ("tee", "cap")
COMES_TO = PRICES["tee"] + PRICES["cap"]
FREE_FROM = 60
REMINDED = "You left something in your basket"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def mailing(
    request: pytest.FixtureRequest, street: Street, host: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """Installed; its mails are files in a folder."""
    folder = tmp_path_factory.mktemp("mailing")
    with app_on(request.param, folder, street.staff, host, RETENTION_MAIL_URL=f"file://{folder / 'mails'}") as app:
        app.start()
        try:
            app.install()
            yield app
        finally:
            app.leave()


def mails(app: App, shopper: Shopper) -> list[EmailMessage]:
    """The oldest first."""
    files = sorted((app.logs / "mails").glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
    found = [BytesParser(EmailMessage, policy=default).parsebytes(file.read_bytes()) for file in files]
    return [mail for mail in found if shopper.email in str(mail["To"])]


def the_mail(app: App, shopper: Shopper, number: int) -> EmailMessage:
    found = until(f"mail {number} to {shopper.email}", lambda: mails(app, shopper)[number - 1 :], within=SECONDS + 30)
    return found[0]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def leads_to(mail: EmailMessage) -> str:
    (link,) = [word for word in text_of(mail).split() if "/messages/basket/" in word]
    led = httpx.get(link)
    assert led.status_code == 302
    return led.headers["location"]


def is_shown(street: Street, shopper: Shopper) -> bool:
    return "retention.free_shipping" in street.metadata(shopper.user_id)


def test_a_basket_is_reminded_of_until_it_is_bought(mailing: App, street: Street) -> None:
    app = mailing
    app.run(
        "messages", "set", "sender_address=shop@retention-live.example", f"storefront={STOREFRONT}", "needs_opt_in=no"
    )
    thresholds = {street.corner.channel: dict.fromkeys(("new", "regular", "loyal", "at_risk"), FREE_FROM)}
    app.run("campaign", "edit", "free-shipping", "--set", f"thresholds={json.dumps(thresholds)}")
    app.run("campaign", "on", "free-shipping", "--inside-per-day", "10")
    waits = [f"--set={name}={WAIT}" for name in ("remind_after", "shipping_after", "offer_after")]
    app.run("campaign", "edit", "abandoned-checkout", "--control", "0", *waits)
    app.run("campaign", "on", "abandoned-checkout", "--yes")
    buys, leaves = street.register("ida"), street.register("lea")
    street.bought({buys.user_id: (40,), leaves.user_id: (40,)})
    for shopper in (buys, leaves):
        street.confirm(shopper)
        until("what free shipping takes to be shown", partial(is_shown, street, shopper))
    before = vouchers_of(street.staff)

    bought, left = street.fill(BASKET, buys), street.fill(BASKET, leaves)
    street.choose(bought, "parcel")
    until("the shipping to be known", lambda: app.rows(select(checkouts).where(checkouts.c.shipping == RATE)))
    for shopper, basket in ((buys, bought), (leaves, left)):
        mail = the_mail(app, shopper, 1)
        assert mail["Subject"] == REMINDED
        assert f"your basket over {COMES_TO} USD is still there" in text_of(mail)
        assert basket.checkout_id not in mail.as_string()
        there = quote(basket.checkout_id, safe="")
        assert leads_to(mail) == f"{STOREFRONT}/checkout?checkout={there}"
    assert street.sums(bought)["subtotal"] == COMES_TO  # the storefront finds it by that id

    shipping = the_mail(app, buys, 2)
    assert shipping["Subject"] == f"{FREE_FROM - COMES_TO} USD to free shipping"
    street.buy(bought)
    ended = select(checkouts).where(checkouts.c.checkout_id == bought.checkout_id, checkouts.c.order_id.is_not(None))
    until("the basket to be over", lambda: app.rows(ended))
    assert leads_to(shipping) == f"{STOREFRONT}/"

    offer = the_mail(app, leaves, 2)
    (voucher,) = new_vouchers(street.staff, before)
    (code,) = voucher["codes"]
    assert offer["Subject"] == "For your basket: 10 % off"
    assert code in text_of(offer)
    assert leads_to(offer).startswith(f"{STOREFRONT}/checkout?checkout={quote(left.checkout_id, safe='')}&retention=")
    assert street.takes_code(left, code)

    time.sleep(SECONDS + 10)
    assert len(mails(app, buys)) == 2
    assert len(mails(app, leaves)) == 2
    assert new_vouchers(street.staff, before) == [voucher]
    told = [row["outcome"] for row in decided(app, buys) if row["episode"]]
    assert told == ["told", "told"]
    for name in ("abandoned-checkout", "free-shipping"):
        app.run("campaign", "end", name)

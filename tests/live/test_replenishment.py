"""A learnt moment comes by the clock: one mail with a link to what they buy, and none while it is out of stock."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from urllib.parse import quote

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from plugin.store.schema import inbox, need_models, shortages
from tests.live.api import until
from tests.live.app import App, app_on, free_port
from tests.live.people import Shopper, Street
from tests.live.test_win_back import decided, known, look_again

#: Days between two purchases of one shopper; so many of them that the shop can learn from them alone.
EVERY, TIMES = 7, 53
#: How long after their orders were made the first of them is due.
AHEAD = timedelta(seconds=60)
LINK = "/basket?add={variants}"


class Mailbox:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 -- aiosmtpd's name
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(BytesParser(EmailMessage, policy=default).parsebytes(content))
        return "250 OK"

    def to(self, shopper: Shopper) -> list[EmailMessage]:
        return [mail for mail in self.mails if shopper.email in str(mail["To"])]


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Mailbox, int]]:
    """A mail server on a port of its own."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port("127.0.0.1"))
    controller.start()
    try:
        yield box, controller.port
    finally:
        controller.stop()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def mailing(
    request: pytest.FixtureRequest,
    street: Street,
    host: str,
    server: tuple[Mailbox, int],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[App]:
    folder = tmp_path_factory.mktemp("app")
    url = f"smtp://127.0.0.1:{server[1]}"
    by_smtp = {"RETENTION_MAIL_URL": url, "RETENTION_CHECK_MAIL_DOMAINS": "false"}  # nobody's domain is there
    with app_on(request.param, folder, street.staff, host, **by_smtp) as app:
        app.start()
        try:
            app.install()
            yield app
        finally:
            app.leave()


def test_one_mail_when_it_is_due_and_none_while_it_is_missing(
    mailing: App, street: Street, server: tuple[Mailbox, int]
) -> None:
    box, _ = server
    due, waits = street.register("tess"), street.register("wim")
    ago = [EVERY * number - AHEAD / timedelta(days=1) for number in range(1, TIMES)]
    half = TIMES // 2  # Saleor takes 50 at once
    made = [
        *street.bought({due.user_id: ago[half:]}, sent=True),
        *street.bought({due.user_id: ago[:half]}, sent=True),
    ]
    street.bought({waits.user_id: [EVERY * number - 2 * AHEAD / timedelta(days=1) for number in (1, 2, 3)]})
    until("the past to be known", lambda: (known(mailing, waits) or {}).get("orders") == 3, within=120)
    until("all of it to be known", lambda: known(mailing, due)["orders"] == len(made), within=120)

    sends = ["sender_address=shop@example.com", "storefront=https://shop.example", "needs_opt_in=no"]
    mailing.run("messages", "set", *sends)
    settings = [word for said in (f"message_link={LINK}", "days_before=0", "parcel_days=0") for word in ("--set", said)]
    mailing.run("campaign", "edit", "replenishment", "--control", "0", *settings)
    mailing.run("campaign", "on", "replenishment")
    assert len(mailing.rows(select(need_models))) == 1
    moment = known(mailing, due)["next_moment"]
    assert abs(moment - (datetime.now(UTC) + AHEAD)) < timedelta(minutes=2)
    assert decided(mailing, due) == []

    (mail,) = until("the mail", lambda: box.to(due), within=150)
    (row,) = decided(mailing, due)
    assert row["decided_at"] >= moment
    assert "about every 7 days" in row["reason"]
    body = mail.get_body(("plain",))
    assert body is not None
    assert f"https://shop.example/basket?add={quote(street.corner.variants['tee'], safe='')}" in body.get_content()
    assert mail["List-Unsubscribe"]
    look_again(mailing)
    assert len(box.to(due)) == 1
    assert [row["outcome"] for row in decided(mailing, due)] == ["told"]
    assert box.to(waits) == []  # theirs are on their way, as far as Saleor knows


def test_stock_is_known_by_what_every_warehouse_has(mailing: App, street: Street) -> None:
    variant = street.corner.variants["coat"]
    row = select(shortages).where(shortages.c.variant_id == variant)
    stock(street, variant, 0)
    assert until("it to be missing", lambda: mailing.rows(row))[0]["missing"]
    stock(street, variant, 1000)
    until("it to be back", lambda: not mailing.rows(row)[0]["missing"])
    dead = select(inbox.c.event, inbox.c.error).where(inbox.c.status == "dead")
    assert mailing.rows(dead) == []


def stock(street: Street, variant: str, pieces: int) -> None:
    street.staff.call(
        "mutation($variant: ID!, $stocks: [StockInput!]!) { productVariantStocksUpdate(variantId: $variant,"
        " stocks: $stocks) { errors { code message } } }",
        variant=variant,
        stocks=[{"warehouse": street.corner.ids["warehouse"], "quantity": pieces}],
    )

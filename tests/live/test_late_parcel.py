"""A parcel that was promised within a day and has not left: a code, a mail, and a next order that ships free."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from sqlalchemy import select

from plugin.store.budgets import Part
from plugin.store.schema import codes, orders, reservations
from tests.live.api import until
from tests.live.app import App, app_on
from tests.live.corner import PRICES, RATE
from tests.live.people import Basket, Shopper, Street
from tests.live.test_webhooks import fulfil
from tests.live.test_win_back import BANNER, decided, drawn_for, look_again

NEXT_ORDER = "retention.next_order"
METHOD = "Free shipping"
#: What the delivery method promises, in days; and how long before its end the orders are made.
PROMISED = 1
BEFORE = timedelta(seconds=40)
TEE = PRICES["tee"]


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mails")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def app(
    request: pytest.FixtureRequest,
    street: Street,
    host: str,
    mails: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[App]:
    """Installed and running, with mails as files; in the end it leaves."""
    folder = tmp_path_factory.mktemp("app")
    with app_on(request.param, folder, street.staff, host, RETENTION_MAIL_URL=f"file://{mails}") as app:
        app.start()
        try:
            app.install()
            yield app
        finally:
            app.leave()


@pytest.fixture(scope="module")
def on(app: App, street: Street) -> Iterator[None]:
    promise(street, PROMISED)
    app.run("messages", "set", "sender_address=shop@example.com", "storefront=https://shop.example")
    given = [word for said in ("offer=amount", "value=5", "currency=USD", "grace_days=0") for word in ("--set", said)]
    app.run("campaign", "edit", "late-parcel", *given)
    app.run("campaign", "on", "late-parcel", "--yes")
    yield
    app.run("campaign", "end", "late-parcel")
    promise(street, None)


def promise(street: Street, days: int | None) -> None:
    street.staff.call(
        "mutation($id: ID!, $input: ShippingPriceInput!) { shippingPriceUpdate(id: $id, input: $input)"
        " { errors { code message } } }",
        id=street.corner.ids["parcel"],
        input={"maximumDeliveryDays": days},
    )


def ordered(street: Street, *shoppers: Shopper) -> tuple[list[str], datetime]:
    """An order of each, a day ago but for some seconds; and when they become late."""
    late = datetime.now(UTC) + BEFORE
    ago = (timedelta(days=PROMISED) - BEFORE) / timedelta(days=1)
    return street.bought({shopper.user_id: [ago] for shopper in shoppers}), late


def taken_in(app: App, order_id: str) -> bool:
    row = next(iter(app.rows(select(orders).where(orders.c.order_id == order_id))), None)
    return row is not None and (row["ships"], row["promised_days"]) == (True, PROMISED)


def letters(mails: Path) -> Sequence[Message]:
    return [message_from_bytes(path.read_bytes()) for path in sorted(mails.glob("*.eml"))]


def books(app: App, code: str) -> dict[str, tuple[str, Decimal]]:
    mine = select(reservations).join(codes, codes.c.decision_id == reservations.c.decision_id)
    return {row["part"]: (row["status"], row["settled"]) for row in app.rows(mine.where(codes.c.code == code))}


def test_it_is_apologised_for_once_and_the_next_order_ships_free(
    app: App, street: Street, mails: Path, on: None
) -> None:
    late, in_time = street.register("rosa"), street.register("sven")
    (late_order, sent_order), moment = ordered(street, late, in_time)
    until("both orders", lambda: taken_in(app, late_order) and taken_in(app, sent_order))
    fulfil(street, sent_order)
    assert decided(app, late) == []
    assert datetime.now(UTC) < moment

    banner = json.loads(until("the banner", lambda: street.metadata(late.user_id).get(BANNER), within=180))
    assert datetime.now(UTC) >= moment
    code = banner["code"]
    until("the promise to be shown", lambda: NEXT_ORDER in street.metadata(late.user_id))
    (letter,) = until("the mail", lambda: letters(mails))
    text = letter.get_payload(0).get_payload(decode=True).decode()  # type: ignore[union-attr]
    number = app.rows(select(orders).where(orders.c.order_id == late_order))[0]["number"]
    assert late.email in str(letter["To"])
    for said in (code, f"your order {number}", "5 USD off", "Your next order ships free"):
        assert said in text
    (decision,) = decided(app, late)
    assert decision["outcome"] == "given"
    assert decision["reason"] == f"Order {number} has not left after 1 day; the days promised are 1."

    ships_free_once(app, street, late, code)

    fulfil(street, late_order)
    look_again(app)
    assert len(decided(app, late)) == 1
    assert len(drawn_for(app, late)) == 1
    assert decided(app, in_time) == []
    assert len(letters(mails)) == 1


def ships_free_once(app: App, street: Street, shopper: Shopper, code: str) -> None:
    basket = street.fill(["tee"], shopper)
    assert street.methods(basket)[METHOD][1] == 0
    assert set(street.methods(street.fill(["tee"], email=shopper.email))) == {"parcel"}
    street.choose(basket, METHOD)
    street.enter_code(basket, code)  # one voucher, and free shipping beside it
    sums = street.sums(basket)
    assert (sums["subtotal"], sums["shipping"], sums["total"]) == (TEE - 5, Decimal(0), TEE - 5)
    other = street.fill(["cap"], shopper)
    street.choose(other, METHOD)
    street.buy(basket, METHOD)
    until("the promise to end", lambda: NEXT_ORDER not in street.metadata(shopper.user_id))
    kept = {Part.GIFT.value: ("settled", Decimal(5)), Part.SHIPPING.value: ("settled", RATE)}
    assert books(app, code) == kept
    assert set(street.methods(street.fill(["tee"], shopper))) == {"parcel"}
    assert completed(street, other) == 0  # docs/offers.md: Saleor keeps what was chosen before


def completed(street: Street, basket: Basket) -> Decimal:
    """Bought with the method that was chosen for it; what shipping costs."""
    answer = street.api.call(
        "mutation($id: ID!) { checkoutComplete(id: $id)"
        " { order { id shippingPrice { gross { amount } } } errors { code message } } }",
        basket.token,
        id=basket.checkout_id,
    )["checkoutComplete"]["order"]
    street.orders.append(answer["id"])
    return Decimal(str(answer["shippingPrice"]["gross"]["amount"]))

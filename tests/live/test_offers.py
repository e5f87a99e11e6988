"""Each kind of offer on a real Saleor: made, taken under its conditions, refused outside of them, seen in our books.

Percentage, amount and free shipping for the whole basket are in test_win_back.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from plugin.store.schema import codes
from tests.live.api import until
from tests.live.app import App
from tests.live.corner import PRICES, RATE, SECOND
from tests.live.people import Basket, Shopper, Street
from tests.live.test_win_back import SILENT, delivered, settled, the_code

TEE, COAT, SCARF = PRICES["tee"], PRICES["coat"], SECOND["scarf"]


@pytest.fixture(autouse=True)
def _nothing_stays_on(app: App, street: Street) -> Iterator[None]:
    yield
    for campaign in app.said("campaign", "list"):
        if campaign["status"] in {"on", "paused"}:
            app.run("campaign", "end", campaign["name"])
    for card in our_cards(app, street):
        delete = "mutation($id: ID!) { giftCardDelete(id: $id) { errors { code message } } }"
        street.staff.call(delete, id=card["id"])


def start(app: App, tactic: str, name: str, *settings: str) -> None:
    words = [word for setting in settings for word in ("--set", setting)]
    app.run("campaign", "new", tactic, name, "--control", "0", *words)
    app.run("campaign", "on", name, "--inside-per-day", "10", "--yes")


def offered(app: App, street: Street, name: str, *settings: str) -> tuple[Shopper, str]:
    """Somebody silent, and the code that their banner names."""
    shopper = street.register("iris")
    street.bought({shopper.user_id: SILENT})
    start(app, "win_back", name, *settings)
    return shopper, the_code(app, street, shopper)


def in_our_books(app: App, code: str) -> Any:
    (row,) = app.rows(select(codes).where(codes.c.code == code))
    return row


def redeemed_by(app: App, street: Street, basket: Basket, code: str, given: Decimal) -> None:
    order_id = street.buy(basket)
    until("the code to be noted as used", lambda: in_our_books(app, code)["status"] == "redeemed")
    assert in_our_books(app, code)["order_id"] == order_id
    assert settled(app, code) == given


def our_cards(app: App, street: Street) -> list[Any]:
    ours = {row["code_id"] for row in app.rows(select(codes).where(codes.c.kind == "gift_card"))}
    return [card for card in street.staff.pages("giftCards", CARD) if card["id"] in ours]


def card_of(app: App, street: Street, shopper: Shopper) -> Any:
    """Whoever else is silent has been given one, too."""
    (card,) = (card for card in our_cards(app, street) if card["assignedTo"]["id"] == shopper.user_id)
    return card


CARD = "id isActive currentBalance { amount currency } assignedTo { id } expiryDate"


def lines(street: Street, basket: Basket) -> dict[str, Decimal]:
    """Gift lines: variant → what it costs."""
    found = street.staff.call(
        "query($id: ID!) { checkout(id: $id)"
        " { lines { isGift quantity variant { name } totalPrice { gross { amount } } } } }",
        id=basket.checkout_id,
    )["checkout"]["lines"]
    return {
        line["variant"]["name"]: Decimal(str(line["totalPrice"]["gross"]["amount"])) for line in found if line["isGift"]
    }


def test_a_percentage_on_one_product(app: App, street: Street) -> None:
    shopper, code = offered(app, street, "scarves", f"products={street.corner.second_product}")
    assert not street.takes_code(delivered(street, ("tee",), shopper), code)
    basket = delivered(street, ("tee", "scarf"), shopper)
    street.enter_code(basket, code)
    assert street.sums(basket)["total"] == TEE + SCARF * Decimal("0.9") + RATE
    redeemed_by(app, street, basket, code, SCARF * Decimal("0.1"))
    assert not street.takes_code(delivered(street, ("tee", "scarf"), shopper), code)


def test_an_amount_off_the_pieces_of_a_product_from_a_minimum_on(app: App, street: Street) -> None:
    shopper, code = offered(
        app,
        street,
        "dollars",
        *("offer=amount", "value=4", "currency=USD", "minimum=30", f"products={street.corner.ids['second product']}"),
    )
    assert not street.takes_code(delivered(street, ("scarf",), shopper), code)
    basket = delivered(street, ("tee", "scarf", "scarf"), shopper)
    street.enter_code(basket, code)
    assert street.sums(basket)["total"] == TEE + 2 * (SCARF - 4) + RATE
    redeemed_by(app, street, basket, code, Decimal(8))


def test_a_gift_is_one_piece_and_only_that_product(app: App, street: Street) -> None:
    shopper, code = offered(app, street, "one-scarf", "offer=personal_gift", f"gift={street.corner.second_product}")
    assert not street.takes_code(delivered(street, ("tee",), shopper), code)
    basket = delivered(street, ("tee", "scarf", "scarf"), shopper)
    street.enter_code(basket, code)
    assert street.sums(basket)["total"] == TEE + SCARF + RATE
    redeemed_by(app, street, basket, code, SCARF)
    assert not street.takes_code(delivered(street, ("scarf",), shopper), code)


def test_store_credit_is_one_customers(app: App, street: Street) -> None:
    shopper, code = offered(app, street, "credit", "offer=store_credit", "value=7.5", "currency=USD")
    card = card_of(app, street, shopper)
    assert card["currentBalance"] == {"amount": 7.5, "currency": "USD"}
    other = street.register("otto")
    assert not street.takes_code(delivered(street, ("tee",), other), code)
    assert not street.takes_code(street.fill(("tee",), email="guest@retention-live.example"), code)
    basket = delivered(street, ("tee",), shopper)
    street.enter_code(basket, code)
    assert street.sums(basket)["total"] == TEE + RATE - Decimal("7.5")
    redeemed_by(app, street, basket, code, Decimal("7.5"))
    again = delivered(street, ("tee",), shopper)
    street.enter_code(again, code)  # Saleor takes an empty card, too: it pays nothing.
    assert street.sums(again)["total"] == TEE + RATE


def test_what_a_deleted_customer_had_is_taken_back(app: App, street: Street) -> None:
    shopper, code = offered(app, street, "taken-back")
    other = street.register("otto")
    basket = delivered(street, ("tee",), other)
    street.enter_code(basket, code)
    street.delete(shopper.user_id)
    until("the code to be refused", lambda: not street.takes_code(delivered(street, ("tee",), other), code))


def test_the_card_of_a_deleted_customer_pays_nothing(app: App, street: Street) -> None:
    shopper, _ = offered(app, street, "credit-back", "offer=store_credit", "value=5", "currency=USD")
    card = card_of(app, street, shopper)
    street.delete(shopper.user_id)

    def switched_off() -> bool:
        document = "query($id: ID!) { giftCard(id: $id) { isActive } }"
        return not street.staff.call(document, id=card["id"])["giftCard"]["isActive"]

    until("the card to be off", switched_off)
    delete = "mutation($id: ID!) { giftCardDelete(id: $id) { errors { code message } } }"
    street.staff.call(delete, id=card["id"])


def test_a_gift_for_everybody(app: App, street: Street) -> None:
    shopper, code = offered(app, street, "ten-off")
    start(
        app,
        "public_gift",
        "scarf-for-all",
        *(f"products={street.corner.second_product}", "minimum=25", "currency=USD"),
    )
    guest = "guest@retention-live.example"
    until("the gift", lambda: lines(street, street.fill(("coat",), email=guest)) == {"scarf": 0})
    assert lines(street, street.fill(("tee",), email=guest)) == {}
    basket = delivered(street, ("coat",), shopper)
    assert lines(street, basket) == {"scarf": 0}
    street.enter_code(basket, code)
    assert lines(street, basket) == {}
    app.run("campaign", "pause", "scarf-for-all")
    until("the gift to be gone", lambda: lines(street, street.fill(("coat",), email=guest)) == {})
    assert [one for one in street.staff.pages("promotions", "id name") if one["name"].startswith("scarf-for-all")] == []

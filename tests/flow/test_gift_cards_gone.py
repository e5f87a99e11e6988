"""A gift card that the merchant deletes or switches off: given up, told once or often, and not made again."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from plugin.domain.offers import OfferKind
from plugin.flow.trial import give_trial
from plugin.sandbox.records.gift_cards import GiftCard
from plugin.store import codes
from tests.bodies import APP_ID, account_body, gift_card_body, order_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, silent_customer, user_of
from tests.flow.test_budget import books
from tests.shop import account, days, order

pytestmark = pytest.mark.anyio

WHOLE = Decimal("7.5")


def switch_on(home: Home) -> None:
    home.sandbox.shop.now = lambda: home.now
    home.switch_on("win-back", offer=OfferKind.STORE_CREDIT, value=WHOLE, currency="USD", valid_days=30)


async def given(home: Home) -> tuple[str, GiftCard]:
    switch_on(home)
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    (card,) = home.sandbox.shop.gift_cards.values()
    return user_id, card


def counted(home: Home) -> dict[str, int]:
    with home.database.read() as connection:
        return codes.counts(connection, home.shop_id)


def paid(home: Home, user_id: str, card: GiftCard, **changes: object) -> bytes:
    return order_body(order("O2", home.now, user_id=user_id, gift_cards=(card.id,), **changes))


def deleted(home: Home, card: GiftCard, left: Decimal = WHOLE, by: str | None = None) -> tuple[str, bytes]:
    return "gift_card_deleted", gift_card_body(card.id, left, home.now, by=by)


def switched(home: Home, card: GiftCard, left: Decimal = WHOLE, *, on: bool = False) -> tuple[str, bytes]:
    return "gift_card_status_changed", gift_card_body(card.id, left, home.now, active=on)


def changed(home: Home, card: GiftCard, left: Decimal = WHOLE, *, on: bool = True) -> tuple[str, bytes]:
    return "gift_card_updated", gift_card_body(card.id, left, home.now, active=on)


@pytest.mark.parametrize("how", ["deleted", "switched off", "changed and off", "off, then deleted", "told twice"])
async def test_it_is_given_up(home: Home, how: str) -> None:
    user_id, card = await given(home)
    assert books(home) == ("7.5", "0")
    told: dict[str, Sequence[tuple[str, bytes]]] = {
        "deleted": [deleted(home, card)],
        "switched off": [switched(home, card)],
        "changed and off": [changed(home, card, on=False)],
        "off, then deleted": [switched(home, card), deleted(home, card)],
        "told twice": [deleted(home, card), (deleted(home, card)[0], deleted(home, card)[1] + b" ")],
    }
    for event, body in told[how]:
        home.take(event, body)
    assert (books(home), counted(home)) == (("0", "0"), {"withdrawn": 1})
    for _ in range(3):
        home.now += days(1)
        home.tick()
        await home.deliver()
    assert len(home.sandbox.shop.gift_cards) == 1
    assert "retention.banner" not in metadata(home, user_id)


@pytest.mark.parametrize("how", ["an echo", "still on", "another's"])
async def test_nothing_happens_to_it_when(home: Home, how: str) -> None:
    user_id, card = await given(home)
    told = {
        "an echo": deleted(home, card, by=APP_ID),
        "still on": changed(home, card, Decimal(5)),
        "another's": ("gift_card_deleted", gift_card_body("R2lmdENhcmQ6OTk=", WHOLE, home.now)),
    }
    home.take(*told[how])
    await home.deliver()
    assert (books(home), counted(home)) == (("7.5", "0"), {"issued": 1})
    assert "retention.banner" in metadata(home, user_id)


@pytest.mark.parametrize("left", ["0", "2.5", "7.5", "9"])
async def test_of_one_that_was_used_what_is_left_is_free(home: Home, left: str) -> None:
    """Whatever is told of its order afterwards."""
    user_id, card = await given(home)
    home.take("order_created", paid(home, user_id, card))
    assert books(home) == ("0", "7.5")
    home.take(*deleted(home, card, Decimal(left)))
    spent = f"{max(Decimal(0), WHOLE - Decimal(left)).normalize():f}"
    assert (books(home), counted(home)) == (("0", spent), {"redeemed": 1})
    home.take("order_updated", paid(home, user_id, card, updated_at=home.now + days(1)))
    home.take(*deleted(home, card, Decimal(left), by="QXBwOjg="))
    assert books(home) == ("0", spent)


async def test_of_one_whose_order_is_heard_of_later(home: Home) -> None:
    user_id, card = await given(home)
    home.take(*deleted(home, card, Decimal("2.5")))
    assert books(home) == ("0", "5")
    home.take("order_created", paid(home, user_id, card))
    assert (books(home), counted(home)) == (("0", "5"), {"redeemed": 1})


async def test_one_that_was_used_and_is_on_again_is_the_customers(home: Home) -> None:
    user_id, card = await given(home)
    home.take("order_created", paid(home, user_id, card))
    home.take(*switched(home, card, Decimal("2.5")))
    assert books(home) == ("0", "5")
    home.now += days(0.1)
    home.take(*switched(home, card, Decimal("2.5"), on=True))
    assert books(home) == ("0", "7.5")


async def test_one_that_is_on_again_and_used_after_all_is_settled(home: Home) -> None:
    user_id, card = await given(home)
    home.take(*switched(home, card))
    home.now += days(0.1)
    home.take(*switched(home, card, on=True))
    assert (books(home), counted(home)) == (("0", "0"), {"withdrawn": 1})
    home.take("order_created", paid(home, user_id, card))
    assert (books(home), counted(home)) == (("0", "7.5"), {"redeemed": 1})


async def test_a_trial_s_card_likewise(home: Home) -> None:
    switch_on(home)
    user_id = user_of(home)
    home.take("customer_updated", account_body(account(user_id, email="ann@example.com")))
    await give_trial(home.house, home.shop_id, "win-back", "ann@example.com", "merchant")
    await home.deliver()
    (card,) = home.sandbox.shop.gift_cards.values()
    home.take(*switched(home, card))
    await home.deliver()
    assert counted(home) == {"withdrawn": 1}
    assert "retention.banner" not in metadata(home, user_id)

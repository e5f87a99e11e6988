"""Store credit: one gift card for one customer, whatever Saleor answers; taken back when it is not wanted."""

import json
from decimal import Decimal

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.offers import OfferKind
from plugin.flow.erase import Eraser
from plugin.flow.history import take_orders
from plugin.flow.leave import disconnect
from plugin.flow.scene import set_scene
from plugin.sandbox.faults import read_fault
from plugin.sandbox.records.gift_cards import GiftCard
from plugin.store import campaigns, codes, shops
from tests.bodies import gone_body, order_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, silent_customer, statuses
from tests.shop import NOW, days, order

pytestmark = pytest.mark.anyio


def switch_on(home: Home) -> None:
    home.sandbox.shop.now = lambda: home.now
    home.switch_on("win-back", offer=OfferKind.STORE_CREDIT, value=Decimal("7.5"), currency="USD", valid_days=30)


def cards(home: Home) -> list[GiftCard]:
    return list(home.sandbox.shop.gift_cards.values())


def counted(home: Home) -> dict[str, int]:
    with home.database.read() as connection:
        return codes.counts(connection, home.shop_id)


async def given(home: Home) -> tuple[str, GiftCard]:
    switch_on(home)
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    (card,) = cards(home)
    return user_id, card


async def test_the_customer_gets_a_card_of_their_own(home: Home) -> None:
    user_id, card = await given(home)
    assert (card.left, card.currency, card.is_active) == (Decimal("7.50"), "USD", True)
    assert card.assigned_to is home.sandbox.shop.users[user_id]
    assert card.expiry_date == (home.now + days(30)).date()
    banner = json.loads(metadata(home, user_id)["retention.banner"])
    assert banner["code"] == card.code
    assert "7.5 USD of store credit" in banner["text"]
    assert home.sandbox.shop.vouchers == {}
    assert counted(home) == {"issued": 1}
    assert statuses(home) == {"done": 2, "open": 1}


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "times": 2},
        {"status": 500, "times": 2, "operation": "giftCardCreate"},
        {"status": 500, "times": 1, "operation": "giftCardCreate", "after_commit": True},
        {"status": "half", "times": 1, "operation": "giftCardCreate", "after_commit": True},
        {"status": 502, "times": 1, "operation": "giftCards"},
    ],
)
async def test_whatever_saleor_answers_there_is_one_card(home: Home, fault: dict[str, object]) -> None:
    switch_on(home)
    user_id = await silent_customer(home)
    home.tick()
    home.sandbox.faults.waiting.append(read_fault(fault))
    for _ in range(8):
        await home.deliver()
        home.now += days(0.05)
    (card,) = cards(home)
    assert json.loads(metadata(home, user_id)["retention.banner"])["code"] == card.code


async def test_a_code_that_exists_elsewhere_is_drawn_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = iter(["TAKENTAKEN22", "FRESHFRESH22"])
    monkeypatch.setattr("plugin.flow.asks.draw_code", lambda: next(drawn))
    monkeypatch.setattr("plugin.flow.carry.draw_code", lambda: next(drawn))
    theirs = GiftCard(
        id="G0", code="TAKENTAKEN22", created=NOW, currency="USD", initial=Decimal(1), left=Decimal(1), is_active=True
    )
    home.sandbox.shop.gift_cards[theirs.id] = theirs
    switch_on(home)
    await silent_customer(home)
    home.tick()
    await home.deliver()
    assert [card.code for card in cards(home)] == ["TAKENTAKEN22", "FRESHFRESH22"]
    assert theirs.assigned_to is None


async def test_an_order_paid_with_it_is_its_redemption(home: Home) -> None:
    user_id, card = await given(home)
    home.now += days(1)
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id, gift_cards=(card.id,))))
    await home.deliver()
    assert counted(home) == {"redeemed": 1}
    assert "retention.banner" not in metadata(home, user_id)
    assert card.is_active  # what is left on it stays the customer's


async def test_another_gift_card_is_nothing_of_ours(home: Home) -> None:
    user_id, _ = await given(home)
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id, gift_cards=("R2lmdENhcmQ6OTk=",))))
    assert counted(home) == {"issued": 1}


async def test_an_order_between_decision_and_delivery_makes_no_card(home: Home) -> None:
    switch_on(home)
    user_id = await silent_customer(home)
    home.tick()
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id)))
    await home.deliver()
    assert cards(home) == []
    assert counted(home) == {"withdrawn": 1}


async def test_a_card_whose_making_was_never_answered_is_switched_off_when_it_is_not_wanted(home: Home) -> None:
    switch_on(home)
    user_id = await silent_customer(home)
    home.tick()
    lost = {"status": 500, "times": 1, "operation": "giftCardCreate", "after_commit": True}
    unseen = {"status": 500, "times": 9, "operation": "giftCards"}
    home.sandbox.faults.waiting += [read_fault(lost), read_fault(unseen)]
    await home.deliver()
    home.sandbox.faults.waiting.clear()
    assert [card.is_active for card in cards(home)] == [True]
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id)))
    home.now += days(0.1)
    await home.deliver()
    assert [card.is_active for card in cards(home)] == [False]
    assert counted(home) == {"withdrawn": 1}


async def test_a_card_of_an_erased_customer_is_switched_off(home: Home) -> None:
    user_id, card = await given(home)
    home.take("customer_deleted", gone_body(user_id, "ann@example.com", home.now))
    await home.deliver()
    assert not card.is_active
    assert counted(home) == {}


async def test_who_has_no_permission_is_told_which(home: Home) -> None:
    (app,) = home.sandbox.shop.apps.values()
    app.codes -= {"MANAGE_GIFT_CARD"}
    switch_on(home)
    await silent_customer(home)
    home.tick()
    await home.deliver()
    assert cards(home) == []
    assert statuses(home)["dead"] == 1


async def test_leaving_switches_the_cards_off(home: Home) -> None:
    _, card = await given(home)
    await disconnect(home.house, home.shop_id, lambda _: None)
    assert not card.is_active
    assert counted(home) == {"withdrawn": 1}


async def test_a_card_that_the_merchant_deleted_does_not_keep_the_app_from_leaving(home: Home) -> None:
    _, card = await given(home)
    del home.sandbox.shop.gift_cards[card.id]
    await disconnect(home.house, home.shop_id, lambda _: None)
    assert counted(home) == {"withdrawn": 1}


async def test_a_campaign_that_has_ended_makes_no_card(home: Home) -> None:
    switch_on(home)
    await silent_customer(home)
    home.tick()
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        campaigns.change_status(connection, home.shop_id, found, CampaignStatus.ENDED, "test", home.now)
    await home.deliver()
    assert cards(home) == []
    assert counted(home) == {"withdrawn": 1}


async def test_after_somebody_was_erased_the_next_one_is_given_a_card(home: Home) -> None:
    """The numbers of decisions are not used again: what is booked under an erased one stays."""
    user_id, _ = await given(home)
    home.take("customer_deleted", gone_body(user_id, "ann@example.com", home.now))
    await home.deliver()
    other = next(user.id for user in home.sandbox.shop.users.values() if not user.is_staff and user.id != user_id)
    home.take("order_created", order_body(order("O9", home.now, user_id=other)))
    home.now += days(60)
    home.tick()
    await home.deliver()
    assert [card.is_active for card in cards(home)] == [False, True]


async def test_an_order_that_no_webhook_told_of_settles_the_card_too(home: Home) -> None:
    user_id, card = await given(home)
    missed = order("O2", home.now, user_id=user_id, gift_cards=(card.id,))
    with home.database.write() as connection:
        scene = set_scene(connection, home.house, shops.hold(connection, home.shop_id), home.now)
        eraser = Eraser(scene.pepper, days(30), anybody=False)
        take_orders(connection, scene, eraser, [missed], home.now)
    assert counted(home) == {"redeemed": 1}

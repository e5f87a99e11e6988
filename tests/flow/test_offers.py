"""Scopes, gifts and ladders, from the decision to what stands in the shop."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.decide import Outcome
from plugin.domain.offers import OfferKind
from plugin.domain.today import Today
from plugin.flow import asks
from plugin.flow.leave import disconnect
from plugin.sandbox.faults import read_fault
from plugin.sandbox.records.catalogue import Collection
from plugin.sandbox.records.promotions import Promotion
from plugin.sandbox.records.vouchers import Voucher
from plugin.store import campaigns
from tests.bodies import order_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, outcomes, silent_customer, statuses
from tests.shop import days, order

pytestmark = pytest.mark.anyio


async def one_voucher(home: Home) -> Voucher:
    await silent_customer(home)
    home.tick()
    await home.deliver()
    (voucher,) = home.sandbox.shop.vouchers.values()
    return voucher


async def test_a_percentage_on_products_and_collections_by_slug_and_by_id(home: Home) -> None:
    shop = home.sandbox.shop
    winter = Collection(id="Q29sbGVjdGlvbjox", name="Winter", slug="winter")
    shop.collections[winter.id] = winter
    first, second, *_ = shop.products.values()
    home.switch_on("win-back", products=(first.slug, second.id), collections=("winter",))
    voucher = await one_voucher(home)
    assert (voucher.type, voucher.apply_once_per_order) == ("SPECIFIC_PRODUCT", False)
    assert {product.id for product in voucher.own_products} == {first.id, second.id}
    assert voucher.own_collections == [winter]


async def test_a_personal_gift_is_one_piece_of_that_product_for_nothing(home: Home) -> None:
    gift = next(iter(home.sandbox.shop.products.values()))
    home.switch_on("win-back", offer=OfferKind.PERSONAL_GIFT, gift=gift.slug)
    voucher = await one_voucher(home)
    assert (voucher.type, voucher.discount_value_type) == ("SPECIFIC_PRODUCT", "PERCENTAGE")
    assert (voucher.single_use, voucher.apply_once_per_order) == (True, True)
    assert voucher.own_products == [gift]
    assert {listing.amount for listing in voucher.channel_listings} == {Decimal(100)}


async def test_a_product_that_the_shop_does_not_have_is_said(home: Home) -> None:
    home.switch_on("win-back", products=("unheard-of",))
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    assert home.codes() == []
    assert statuses(home)["dead"] == 1
    assert "retention.banner" not in metadata(home, user_id)


def only_in(home: Home, channel: str) -> None:
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        limits = replace(campaigns.limits_of(found), control_share=0, channels=(channel,))
        found = campaigns.edit(connection, home.shop_id, found, found.params, limits, "test", home.now)
        campaigns.change_status(connection, home.shop_id, found, CampaignStatus.ON, "test", home.now)


async def test_a_voucher_is_listed_in_the_channels_of_its_campaign(home: Home) -> None:
    only_in(home, "default-channel")
    voucher = await one_voucher(home)
    assert [listing.channel.slug for listing in voucher.channel_listings] == ["default-channel"]


async def test_who_buys_where_the_code_would_be_refused_is_given_none(home: Home) -> None:
    only_in(home, "channel-pln")
    await silent_customer(home)
    home.tick()
    assert outcomes(home) == [Outcome.NOTHING]


async def test_a_second_offer_comes_when_the_first_has_brought_no_order(home: Home) -> None:
    home.switch_on("win-back", second_offer=OfferKind.PERCENTAGE, second_value=Decimal(20), second_after=21)
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    first = json.loads(metadata(home, user_id)["retention.banner"])["code"]
    for _ in range(24):
        home.now += days(1)
        home.tick()
        await home.deliver()
    second = json.loads(metadata(home, user_id)["retention.banner"])
    assert second["code"] != first
    assert "20 % off" in second["text"]
    assert outcomes(home) == [Outcome.GIVEN] * 2
    assert sorted(voucher.channel_listings[0].amount for voucher in home.sandbox.shop.vouchers.values()) == [10, 20]


async def test_an_order_ends_the_ladder(home: Home) -> None:
    home.switch_on("win-back", second_offer=OfferKind.PERCENTAGE, second_after=21)
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    (code,) = home.codes()
    home.now += days(5)
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id, voucher_code=code)))
    for _ in range(25):
        home.now += days(1)
        home.tick()
        await home.deliver()
    assert outcomes(home) == [Outcome.GIVEN]


def promotions(home: Home) -> list[Promotion]:
    return list(home.sandbox.shop.promotions.values())


def make_gift(home: Home) -> str:
    """A draft that gives everybody the first of the shop's products from 40 USD on; the product's id."""
    tactic = home.house.tactics["public_gift"]
    product = next(iter(home.sandbox.shop.products.values()))
    params = tactic.params(products=(product.slug,), minimum=Decimal(40), currency="USD")
    with home.database.write() as connection:
        campaigns.create(connection, home.shop_id, "gift", tactic, params, campaigns.Limits(), home.now)
    return product.id


async def switch(home: Home, status: CampaignStatus) -> None:
    home.now += timedelta(seconds=1)
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "gift", home.house.tactics)
        changed = campaigns.change_status(connection, home.shop_id, found, status, "test", home.now)
        asks.follow_campaign(connection, home.shop_id, changed, Today(home.now))
    await home.deliver()


async def test_a_public_gift_is_there_while_its_campaign_is_on(home: Home) -> None:
    product_id = make_gift(home)
    await switch(home, CampaignStatus.ON)
    (promotion,) = promotions(home)
    (rule,) = promotion.rules
    assert promotion.name.startswith("gift (")
    assert (rule.minimum, [channel.currency_code for channel in rule.channels]) == (Decimal(40), ["USD"])
    assert {gift.product.id for gift in rule.gifts} == {product_id}
    await switch(home, CampaignStatus.PAUSED)
    assert promotions(home) == []
    await switch(home, CampaignStatus.ON)
    assert len(promotions(home)) == 1
    await switch(home, CampaignStatus.ENDED)
    assert promotions(home) == []


async def test_a_promotion_whose_making_was_never_answered_is_there_once(home: Home) -> None:
    make_gift(home)
    lost = {"status": 500, "times": 1, "operation": "promotionCreate", "after_commit": True}
    home.sandbox.faults.waiting.append(read_fault(lost))
    await switch(home, CampaignStatus.ON)
    assert len(promotions(home)) == 1
    home.now += days(0.1)
    await home.deliver()
    assert len(promotions(home)) == 1
    assert statuses(home) == {"done": 1}


async def test_switched_off_before_it_was_made_there_is_none(home: Home) -> None:
    make_gift(home)
    home.sandbox.faults.waiting.append(read_fault({"status": 500, "times": 9, "operation": "promotions"}))
    await switch(home, CampaignStatus.ON)
    home.sandbox.faults.waiting.clear()
    await switch(home, CampaignStatus.PAUSED)
    home.now += days(0.1)
    await home.deliver()
    assert promotions(home) == []
    assert statuses(home) == {"done": 2}


async def test_what_the_merchant_made_stays(home: Home) -> None:
    make_gift(home)
    theirs = Promotion(id="P0", name="gift", created_at=home.now, start_date=home.now)
    home.sandbox.shop.promotions[theirs.id] = theirs
    await switch(home, CampaignStatus.ON)
    await disconnect(home.house, home.shop_id, lambda _: None)
    assert promotions(home) == [theirs]


async def test_a_shop_has_no_draft_of_a_tactic_that_lacks_the_merchants_word(home: Home) -> None:
    with home.database.read() as connection:
        drafts = {campaign.tactic.key for campaign in campaigns.of_shop(connection, home.shop_id, home.house.tactics)}
    assert "public_gift" not in drafts
    assert "win_back" in drafts


async def test_an_amount_in_another_currency_is_of_no_use(home: Home) -> None:
    home.switch_on("win-back", offer=OfferKind.AMOUNT, value=Decimal(20), currency="PLN")
    await silent_customer(home)
    home.tick()
    assert outcomes(home) == [Outcome.NOTHING]

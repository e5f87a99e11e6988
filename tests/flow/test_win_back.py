"""The main path: order in, silence, decision, exactly one voucher and one banner."""

import json
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.decide import Outcome
from plugin.domain.offers import OfferKind
from plugin.errors import Rejected
from plugin.sandbox.faults import read_fault
from plugin.store import budgets, campaigns, codes, customers, shops
from tests.bodies import bulk_body, codes_body, gone_body, order_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, outcomes, silent_customer, statuses, user_of
from tests.shop import NOW, ago, days, order

pytestmark = pytest.mark.anyio


async def test_one_silence_makes_one_voucher_and_one_banner(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    for _ in range(3):
        home.tick()
        await home.deliver()
    (code,) = home.codes()
    (voucher,) = home.sandbox.shop.vouchers.values()
    assert voucher.single_use
    assert [listing.amount for listing in voucher.channel_listings] == [Decimal(10)] * 2
    banner = json.loads(metadata(home, user_id)["retention.banner"])
    assert banner["code"] == code
    assert code in banner["text"]
    assert outcomes(home) == [Outcome.GIVEN]
    assert statuses(home) == {"done": 4, "open": 1}  # open: the banner is taken down at the code's expiry


async def test_the_banner_goes_when_the_code_expires(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    home.now += days(16)
    await home.deliver()
    assert "retention.banner" not in metadata(home, user_id)


async def test_an_order_between_decision_and_delivery_withdraws_the_code(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id)))
    await home.deliver()
    assert "retention.banner" not in metadata(home, user_id)
    with home.database.read() as connection:
        assert codes.counts(connection, home.shop_id) == {"withdrawn": 1}


async def test_a_customer_deleted_between_decision_and_delivery_gets_nothing(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    home.take("customer_deleted", gone_body(user_id, "ann@example.com", home.now))
    await home.deliver()
    assert home.codes() == []
    assert "retention.banner" not in metadata(home, user_id)


async def test_codes_of_an_erased_customer_are_taken_back(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    assert len(home.codes()) == 1
    home.take("customer_deleted", gone_body(user_id, "ann@example.com", home.now))
    await home.deliver()
    assert home.codes() == []


async def test_all_codes_of_a_day_share_one_voucher(home: Home) -> None:
    users = [f"U{n}" for n in range(30)]
    home.take("order_bulk_created", bulk_body([order(f"O{u}", ago(100), user_id=u) for u in users], NOW))
    home.switch_on("win-back", inside=1000)
    home.tick()
    await home.deliver()
    assert len(home.sandbox.shop.vouchers) == 1
    assert len(set(home.codes())) == 30


async def test_of_those_inside_at_most_so_many_have_something_on_a_day_of_the_shop(home: Home) -> None:
    users = [f"U{n}" for n in range(10)]
    home.take("order_bulk_created", bulk_body([order(f"O{u}", ago(100), user_id=u) for u in users], NOW))
    home.switch_on("win-back", inside=4)
    home.tick()
    assert len(outcomes(home)) == 4
    for status in (CampaignStatus.PAUSED, CampaignStatus.ON):  # the walk begins anew, and the day's count goes on
        with home.database.write() as connection:
            found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
            campaigns.change_status(connection, home.shop_id, found, status, "test", home.now)
    home.tick()
    assert len(outcomes(home)) == 4
    home.now += days(1)
    home.tick()
    assert len(outcomes(home)) == 8
    home.now += days(1)
    home.tick()
    assert len(outcomes(home)) == 10


async def test_the_control_group_is_left_alone_and_remembered(home: Home) -> None:
    home.switch_on("win-back", control=0.9)
    users = [f"U{n}" for n in range(40)]
    home.take("order_bulk_created", bulk_body([order(f"O{u}", ago(100), user_id=u) for u in users], NOW))
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        limits = campaigns.Limits(0.9, 60, 1000)
        campaigns.edit(connection, home.shop_id, found, found.params, limits, "test", home.now)
    home.tick()
    counted = outcomes(home)
    assert counted.count(Outcome.CONTROL) + counted.count(Outcome.GIVEN) == 40
    assert counted.count(Outcome.CONTROL) > 25


async def test_redemption_is_seen_in_the_order_and_takes_the_banner_down(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    (code,) = home.codes()
    home.now += days(1)
    home.take("order_created", order_body(order("O2", home.now, user_id=user_id, voucher_code=code)))
    await home.deliver()
    assert "retention.banner" not in metadata(home, user_id)
    with home.database.read() as connection:
        assert codes.counts(connection, home.shop_id) == {"redeemed": 1}


async def test_ids_of_codes_are_kept_for_taking_them_back(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    await home.deliver()
    (code,) = home.codes()
    home.take("voucher_codes_created", codes_body([("Q29kZTox", code), ("Q29kZToy", "OTHER")], home.now))
    with home.database.read() as connection:
        known = codes.by_code(connection, home.shop_id, code)
    assert known is not None
    assert known.code_id == "Q29kZTox"


@pytest.mark.parametrize(
    ("kind", "value", "listed"),
    [
        (OfferKind.PERCENTAGE, Decimal(15), {"default-channel": 15, "channel-pln": 15}),
        (OfferKind.AMOUNT, Decimal(5), {"default-channel": 5}),
        (OfferKind.FREE_SHIPPING, Decimal(0), {"default-channel": 100}),
    ],
)
async def test_each_kind_of_offer(home: Home, kind: OfferKind, value: Decimal, listed: dict[str, int]) -> None:
    limited = kind is not OfferKind.PERCENTAGE
    home.switch_on(
        "win-back", offer=kind, value=value, currency="USD" if limited else None, minimum=Decimal(30 if limited else 0)
    )
    await silent_customer(home)
    home.tick()
    await home.deliver()
    (voucher,) = home.sandbox.shop.vouchers.values()
    assert {listing.channel.slug: int(listing.amount) for listing in voucher.channel_listings} == listed
    assert voucher.type == ("SHIPPING" if kind is OfferKind.FREE_SHIPPING else "ENTIRE_ORDER")


async def test_a_threshold_is_shown_once_and_again_when_it_changes(home: Home) -> None:
    home.switch_on(
        "free-shipping",
        thresholds={"default-channel": {"new": Decimal(60), "regular": Decimal(40), "at_risk": Decimal(20)}},
    )
    user_id = user_of(home)
    for number in range(3):
        home.now = NOW + days(number)
        home.take("order_created", order_body(order(f"O{number}", home.now, user_id=user_id)))
        home.tick()
        await home.deliver()
    assert outcomes(home) == [Outcome.SHOWN] * 2
    shown = json.loads(metadata(home, user_id)["retention.free_shipping"])
    assert "40.00" in json.dumps(shown)
    with home.database.read() as connection:
        known = customers.glance(connection, home.shop_id, user_id)
    assert known is not None
    assert known.next_moment is not None


async def test_two_thresholds_for_one_shopper_are_refused(home: Home) -> None:
    home.switch_on("free-shipping")
    with home.database.write() as connection:
        tactic = home.house.tactics["free_shipping"]
        second = campaigns.create(
            connection, home.shop_id, "second", tactic, tactic.params(), campaigns.Limits(), home.now
        )
        with pytest.raises(Rejected, match="pause “free-shipping” first"):
            campaigns.change_status(connection, home.shop_id, second, CampaignStatus.ON, "test", home.now)


async def test_the_day_that_is_told_is_the_shops(home: Home) -> None:
    with home.database.write() as connection:
        shops.set_time_zone(connection, home.shop_id, "America/New_York")
    home.switch_on("win-back", valid_days=14)
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    banner = json.loads(metadata(home, user_id)["retention.banner"])
    assert (home.now + days(14)).date().isoformat() in banner["text"]
    assert datetime.fromisoformat(banner["until"]).astimezone(ZoneInfo("America/New_York")).hour == 23


async def test_a_code_that_could_only_go_out_after_its_last_day_is_not_made(home: Home) -> None:
    home.switch_on("win-back", valid_days=14)
    user_id = await silent_customer(home)
    home.tick()
    home.now += days(15)
    for _ in range(3):
        await home.deliver()
        home.now += days(0.1)
    assert home.codes() == []
    assert "retention.banner" not in metadata(home, user_id)
    with home.database.read() as connection:
        assert codes.counts(connection, home.shop_id) == {"withdrawn": 1}


@pytest.mark.parametrize("listed_later", [False, True])
async def test_a_campaign_that_ends_before_its_voucher_is_listed_gives_its_codes_up(
    home: Home, *, listed_later: bool
) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    if listed_later:
        failing = {"status": 500, "times": 9, "operation": "voucherChannelListingUpdate"}
        home.sandbox.faults.waiting.append(read_fault(failing))
        await home.deliver()
        assert len(home.codes()) == 1
        home.sandbox.faults.waiting.clear()
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        campaigns.change_status(connection, home.shop_id, found, CampaignStatus.ENDED, "test", home.now)
    for _ in range(2):
        home.now += days(0.1)
        await home.deliver()
    assert home.codes() == []
    with home.database.read() as connection:
        assert codes.counts(connection, home.shop_id) == {"withdrawn": 1}
        assert budgets.liability(connection, home.shop_id) == {}

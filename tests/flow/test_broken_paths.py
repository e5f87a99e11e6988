"""What breaks into the main path: the platform, the merchant, a lease that ran out."""

import json

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.effects import EffectStatus
from plugin.sandbox.faults import read_fault
from plugin.store import campaigns, codes, effects, leases, shops
from plugin.store.shops import ShopStatus
from tests.bodies import bulk_body, voucher_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, silent_customer, statuses, user_of
from tests.shop import NOW, ago, days, order

pytestmark = pytest.mark.anyio


def shop_of(home: Home) -> shops.Shop:
    with home.database.read() as connection:
        return shops.get(connection, home.shop_id)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 429, "times": 2},
        {"status": 500, "times": 4},
        {"status": 502, "times": 1},
        {"status": "html", "times": 1},
        {"status": "half", "times": 1, "operation": "voucherCreate"},
        {"status": 500, "times": 1, "operation": "voucherCreate", "after_commit": True},
        {"status": "half", "times": 1, "operation": "voucherCreate", "after_commit": True},
        {"status": 502, "times": 1, "operation": "voucherChannelListingUpdate", "after_commit": True},
        {"status": 500, "times": 1, "operation": "updateMetadata", "after_commit": True},
    ],
)
async def test_whatever_saleor_answers_there_is_one_voucher_and_one_banner(
    home: Home, fault: dict[str, object]
) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    home.sandbox.faults.waiting.append(read_fault(fault))
    for _ in range(12):
        await home.deliver()
        home.now += days(0.05)
    (code,) = home.codes()
    assert json.loads(metadata(home, user_id)["retention.banner"])["code"] == code
    assert home.sandbox.faults.waiting == []


async def test_a_code_that_exists_elsewhere_is_drawn_again(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = iter(["TAKENTAKEN22", "TAKENTAKEN22", "FRESHFRESH22"])
    monkeypatch.setattr("plugin.flow.asks.draw_code", lambda: next(taken))
    monkeypatch.setattr("plugin.flow.carry.draw_code", lambda: next(taken))
    home.switch_on("win-back")
    saleor = home.house.connect(shop_of(home))
    voucher = {
        "name": "Summer",
        "type": "ENTIRE_ORDER",
        "discountValueType": "PERCENTAGE",
        "addCodes": ["TAKENTAKEN22"],
    }
    await saleor.call("VoucherCreate", input=voucher)
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    assert sorted(home.codes()) == ["FRESHFRESH22", "TAKENTAKEN22"]
    assert json.loads(metadata(home, user_id)["retention.banner"])["code"] == "FRESHFRESH22"


async def test_a_voucher_removed_by_the_merchant_is_noticed_and_not_fought_over(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    await home.deliver()
    (voucher_id,) = home.sandbox.shop.vouchers
    home.sandbox.shop.vouchers.clear()
    home.sandbox.shop.codes.clear()
    home.take("voucher_deleted", voucher_body(voucher_id, home.now))
    await home.deliver()
    assert "retention.banner" not in metadata(home, user_id)
    home.take("order_bulk_created", bulk_body([order("X", ago(100), user_id="U77")], home.now))
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        assert found.on
    assert home.codes() == []


async def test_a_voucher_removed_before_its_codes_arrive(home: Home) -> None:
    users = [user_of(home), *(f"U{n}" for n in range(3))]
    home.take("order_bulk_created", bulk_body([order(f"O{u}", ago(100), user_id=u) for u in users], NOW))
    home.switch_on("win-back", inside=10)
    home.tick()
    home.sandbox.faults.waiting.append(read_fault({"status": 500, "times": 3, "operation": "voucherUpdate"}))
    await home.deliver()
    home.sandbox.faults.waiting.clear()
    home.sandbox.shop.vouchers.clear()
    home.sandbox.shop.codes.clear()
    home.now += days(0.1)
    await home.deliver()
    with home.database.read() as connection:
        assert codes.counts(connection, home.shop_id) == {"withdrawn": 4}
    assert home.codes() == []


@pytest.mark.parametrize("how", ["stopped", "paused", "deactivated"])
async def test_what_is_stopped_rests_and_goes_on_afterwards(home: Home, how: str) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()

    def turn(*, off: bool) -> None:
        with home.database.write() as connection:
            if how == "stopped":
                shops.set_stopped(connection, home.shop_id, off)
            elif how == "deactivated":
                status = ShopStatus.DEACTIVATED if off else ShopStatus.ACTIVE
                shops.set_status(connection, home.shop_id, status, home.now)
            else:
                found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
                status_now = CampaignStatus.PAUSED if off else CampaignStatus.ON
                campaigns.change_status(connection, home.shop_id, found, status_now, "test", home.now)

    turn(off=True)
    await home.deliver()
    assert home.codes() == []
    turn(off=False)
    home.now += days(0.1)
    await home.deliver()
    assert len(home.codes()) == 1


async def test_an_ended_campaign_withdraws_what_is_not_delivered(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        campaigns.change_status(connection, home.shop_id, found, CampaignStatus.ENDED, "test", home.now)
    await home.deliver()
    assert home.codes() == []
    assert statuses(home) == {"withdrawn": 3}


async def test_a_refused_token_pauses_the_shop(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    home.sandbox.shop.apps.clear()
    await home.deliver()
    assert shop_of(home).status is ShopStatus.REFUSED
    assert statuses(home) == {"open": 3}


async def test_a_permission_that_is_missing_is_a_dead_letter_that_can_be_retried(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    (app,) = home.sandbox.shop.apps.values()
    had, app.codes = app.codes, frozenset({"MANAGE_USERS"})
    await home.deliver()
    with home.database.write() as connection:
        (letter,) = effects.dead(connection, home.shop_id, 10)
        assert "MANAGE_DISCOUNTS" in letter.error
        effects.revive(connection, home.shop_id, home.now)
    app.codes = had
    await home.deliver()
    assert len(home.codes()) == 1


async def test_a_lease_that_ran_out_is_taken_up_by_another_and_written_by_nobody_else(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    lasts = days(0.001)
    with home.database.write() as connection:
        (killed,) = leases.lease(connection, home.shop_id, home.now, "killed", lasts, 10)
    await home.deliver()
    assert home.codes() == []
    home.now += 2 * lasts
    await home.deliver()
    assert len(home.codes()) == 1
    with home.database.write() as connection:
        assert not leases.hold(connection, killed, home.now)
        assert not leases.end(connection, killed, EffectStatus.DEAD, home.now)


async def test_a_customer_gone_at_the_platform_withdraws_the_banner(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    del home.sandbox.shop.users[user_id]
    await home.deliver()
    assert statuses(home) == {"done": 3, "withdrawn": 1}

"""The main path: order in, silence, decision, exactly one voucher and one banner; and what breaks into it."""

import json
from decimal import Decimal

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.decide import Outcome
from plugin.domain.effects import EffectStatus
from plugin.domain.offers import OfferKind
from plugin.errors import Rejected
from plugin.sandbox.faults import read_fault
from plugin.store import campaigns, codes, customers, decisions, effects, shops
from plugin.store.shops import ShopStatus
from tests.bodies import account_body, bulk_body, codes_body, gone_body, order_body, voucher_body
from tests.flow.conftest import Home
from tests.shop import NOW, account, ago, days, order

pytestmark = pytest.mark.anyio


def user_of(home: Home) -> str:
    """A customer of the sandbox, known to the ledger too, who ordered and then fell silent."""
    user = next(user for user in home.sandbox.shop.users.values() if not user.is_staff)
    return user.id


async def silent_customer(home: Home) -> str:
    user_id = user_of(home)
    home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    home.now = NOW + days(60)
    return user_id


def metadata(home: Home, user_id: str) -> dict[str, str]:
    return home.sandbox.shop.users[user_id].public_meta


def outcomes(home: Home) -> list[Outcome]:
    with home.database.read() as connection:
        return [told.outcome for told in decisions.latest(connection, home.shop_id, 100)]


def statuses(home: Home) -> dict[str, int]:
    with home.database.read() as connection:
        return effects.counts(connection, home.shop_id)


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


async def test_nothing_before_the_silence_is_unusual(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.now -= days(1)
    home.tick()
    await home.deliver()
    assert home.codes() == []


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


async def test_a_customer_gone_at_the_platform_withdraws_the_banner(home: Home) -> None:
    home.switch_on("win-back")
    user_id = await silent_customer(home)
    home.tick()
    del home.sandbox.shop.users[user_id]
    await home.deliver()
    assert statuses(home) == {"done": 3, "withdrawn": 1}


async def test_those_inside_come_at_most_so_many_a_day(home: Home) -> None:
    users = [f"U{n}" for n in range(7)]
    home.take("order_bulk_created", bulk_body([order(f"O{u}", ago(100), user_id=u) for u in users], NOW))
    home.switch_on("win-back", inside=3)
    for passed, given in ((0, 3), (0, 3), (1, 6), (2, 7), (3, 7)):
        home.now = NOW + days(passed)
        home.tick()
        assert outcomes(home).count(Outcome.GIVEN) == given


async def test_all_codes_of_a_day_share_one_voucher(home: Home) -> None:
    users = [f"U{n}" for n in range(30)]
    home.take("order_bulk_created", bulk_body([order(f"O{u}", ago(100), user_id=u) for u in users], NOW))
    home.switch_on("win-back", inside=1000)
    home.tick()
    await home.deliver()
    assert len(home.sandbox.shop.vouchers) == 1
    assert len(set(home.codes())) == 30


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


def shop_of(home: Home) -> shops.Shop:
    with home.database.read() as connection:
        return shops.get(connection, home.shop_id)


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
    assert statuses(home) == {"withdrawn": 4}


async def test_a_refused_token_pauses_the_shop(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    home.sandbox.shop.apps.clear()
    await home.deliver()
    assert shop_of(home).status is ShopStatus.REFUSED
    assert statuses(home) == {"open": 4}


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


async def test_a_clock_that_jumps_back_gives_nothing_twice(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    await home.deliver()
    for jump in (-50, 200, -200, 61):
        home.now += days(jump)
        home.tick()
        await home.deliver()
    assert len(home.codes()) == 1


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


async def test_our_own_echo_triggers_nothing(home: Home) -> None:
    home.switch_on("free-shipping", thresholds={"default-channel": {"new": Decimal(40)}})
    user_id = user_of(home)
    home.take("customer_updated", account_body(account(user_id, updated_at=home.now), by="QXBwOjE="))
    assert outcomes(home) == []
    home.take("customer_updated", account_body(account(user_id, updated_at=home.now + days(0.01))))
    assert outcomes(home) == [Outcome.SHOWN]


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


async def test_another_tactics_moment_wakes_nobody_who_was_inside_already(home: Home) -> None:
    home.take("order_bulk_created", bulk_body([order("O1", ago(100))], NOW))
    home.switch_on("win-back")
    with home.database.write() as connection:
        known = customers.by_user(connection, home.shop_id, "U1")
        assert known is not None
        customers.save_state(connection, home.shop_id, known.customer_id, known.state.history, known.segment, home.now)
    home.tick()
    assert outcomes(home) == []


async def test_a_stopped_shop_learns_and_decides_nothing(home: Home) -> None:
    home.switch_on("free-shipping", thresholds={"default-channel": {"new": Decimal(40)}})
    with home.database.write() as connection:
        shops.set_stopped(connection, home.shop_id, True)
    home.take("order_created", order_body(order("O1", home.now)))
    assert outcomes(home) == []
    with home.database.read() as connection:
        known = customers.glance(connection, home.shop_id, "U1")
    assert known is not None
    assert known.state.history.orders == 1


async def test_a_lease_that_ran_out_is_taken_up_by_another_and_written_by_nobody_else(home: Home) -> None:
    home.switch_on("win-back")
    await silent_customer(home)
    home.tick()
    lasts = days(0.001)
    with home.database.write() as connection:
        (killed,) = effects.lease(connection, home.shop_id, home.now, "killed", lasts, 10)
    await home.deliver()
    assert home.codes() == []
    home.now += 2 * lasts
    await home.deliver()
    assert len(home.codes()) == 1
    with home.database.write() as connection:
        assert not effects.hold(connection, killed, home.now)
        assert not effects.end(connection, killed, EffectStatus.DEAD, home.now)

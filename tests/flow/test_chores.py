"""What is done now and then: learning, trouble, erasure of shops that left, pruning; and leaving cleanly."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, select

from plugin.domain.churn import ENOUGH_GAPS
from plugin.domain.effects import EffectKind
from plugin.domain.segments import Segment
from plugin.errors import NotFound
from plugin.flow.chores import chores, erase_left_shops, knock, prune
from plugin.flow.defaults import refresh_channels
from plugin.flow.house import Keep
from plugin.flow.lanes import lanes_with_work
from plugin.flow.learn import learn
from plugin.flow.leave import disconnect
from plugin.flow.trouble import tell
from plugin.sandbox.faults import read_fault
from plugin.store import customers, effects, inbox, shops
from plugin.store.effects import Wanted
from plugin.store.schema import metadata
from plugin.store.shops import Shop, ShopStatus
from tests.bodies import bulk_body, order_body
from tests.flow.conftest import Home
from tests.shop import NOW, ago, days, order

pytestmark = pytest.mark.anyio
KEEP = Keep(inbox=days(30), decisions=days(730), effects=days(180), front_events=days(90))


def shop_of(home: Home) -> Shop:
    with home.database.read() as connection:
        return shops.get(connection, home.shop_id)


def problems_at_the_platform(home: Home) -> list[str]:
    return [problem.key for app in home.sandbox.shop.apps.values() for problem in app.own_problems]


async def test_trouble_is_told_once_and_taken_down_when_it_is_over(home: Home) -> None:
    home.take("order_created", b"{")
    for _ in range(3):
        await tell(home.house, shop_of(home))
    assert problems_at_the_platform(home) == ["dead-events"]
    with home.database.write() as connection:
        (row,) = inbox.dead_rows(connection, home.shop_id, 5)
        inbox.revive(connection, home.shop_id)
        inbox.done(connection, home.shop_id, [row.row_id])
    await tell(home.house, shop_of(home))
    assert problems_at_the_platform(home) == []


async def test_learning_measures_everybody_again_and_triggers_nothing(home: Home) -> None:
    home.switch_on("win-back")
    regulars = [
        order(f"{user}-{n}", ago(200 - 10 * n), user_id=f"R{user}")
        for user in range(6)
        for n in range(ENOUGH_GAPS // 5)
    ]
    home.take("order_bulk_created", bulk_body(regulars, NOW))
    home.now += days(2)
    assert learn(home.house, home.shop_id)
    assert shop_of(home).rhythm.mean_gap == pytest.approx(10)
    with home.database.read() as connection:
        assert customers.counts_by_segment(connection, home.shop_id) == {"at_risk": 6}
    home.tick()
    await home.deliver()
    assert home.codes() == []
    assert not learn(home.house, home.shop_id)


async def test_a_shop_that_left_is_erased_after_its_grace(home: Home) -> None:
    home.switch_on("win-back")
    home.take("order_bulk_created", bulk_body([order("O1", ago(100))], NOW))
    home.switch_on("free-shipping", inside=5, thresholds={"default-channel": {"at_risk": Decimal(9)}})
    home.tick()
    with home.database.write() as connection:
        shops.set_status(connection, home.shop_id, ShopStatus.UNINSTALLED, home.now, erase_at=home.now + days(30))
    erase_left_shops(home.house)
    assert shop_of(home).status is ShopStatus.UNINSTALLED
    home.now += days(31)
    erase_left_shops(home.house)
    with pytest.raises(NotFound):
        shop_of(home)
    with home.database.read() as connection:
        left = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }
    assert {name: count for name, count in left.items() if count} == {}


async def test_a_reinstall_within_the_grace_takes_up_where_it_left_off(home: Home) -> None:
    home.take("order_created", order_body(order("O1", ago(1))))
    with home.database.write() as connection:
        shops.set_status(connection, home.shop_id, ShopStatus.UNINSTALLED, home.now, erase_at=home.now + days(30))
    assert home.install(shop_of(home).api_url) == home.shop_id
    home.now += days(31)
    erase_left_shops(home.house)
    with home.database.read() as connection:
        assert customers.glance(connection, home.shop_id, "U1") is not None


async def test_old_ends_are_pruned_and_what_prevents_a_second_code_is_not(home: Home) -> None:
    home.switch_on("win-back")
    user = next(user for user in home.sandbox.shop.users.values() if not user.is_staff)
    home.take("order_created", order_body(order("O1", NOW, user_id=user.id)))
    home.now += days(60)
    home.tick()
    await home.deliver()
    home.now += days(1000)
    await home.deliver()
    assert prune(home.house, KEEP) == 1 + 4  # the event; voucher, listing, code and banner
    home.tick()
    await home.deliver()
    assert len(home.codes()) == 1


async def test_the_sweep_finds_every_lane_with_work_and_no_other(home: Home) -> None:
    assert [str(lane) for lane in lanes_with_work(home.house)] == [f"history:{home.shop_id}"]
    home.house = replace(home.house, reads_history=False)
    assert lanes_with_work(home.house) == []
    home.arrive("order_created", order_body(order("O1", NOW)))
    assert [str(lane) for lane in lanes_with_work(home.house)] == [f"receive:{home.shop_id}"]
    home.receive()
    assert lanes_with_work(home.house) == []
    home.now += days(60)
    assert [str(lane) for lane in lanes_with_work(home.house)] == [f"tick:{home.shop_id}"]
    home.tick()
    with home.database.write() as connection:
        effects.ask(connection, home.shop_id, Wanted("k", EffectKind.REVOKE, {}), home.now)
    assert [str(lane) for lane in lanes_with_work(home.house)] == [f"deliver:{home.shop_id}"]


async def test_one_shops_trouble_does_not_keep_the_others_from_their_chores(home: Home) -> None:
    home.install("http://away.test/graphql/")
    jobs = {chore.name: chore.job for chore in chores(home.house, KEEP)}
    home.take("order_created", b"{")
    home.sandbox.faults.waiting.append(read_fault({"status": 500, "times": 1}))
    await jobs["trouble"]()
    await jobs["trouble"]()
    assert problems_at_the_platform(home) == ["dead-events"]


async def test_leaving_takes_everything_back_and_can_be_run_again(home: Home) -> None:
    (app,) = home.sandbox.shop.apps.values()
    app.codes |= {"MANAGE_PAGES", "MANAGE_PAGE_TYPES_AND_ATTRIBUTES"}
    user = next(user for user in home.sandbox.shop.users.values() if not user.is_staff)
    home.take("order_created", order_body(order("O1", NOW, user_id=user.id)))
    home.switch_on("win-back")
    home.switch_on(
        "free-shipping", inside=9, thresholds={"default-channel": {"new": Decimal(40), "at_risk": Decimal(30)}}
    )
    home.now += days(60)
    home.tick()
    await refresh_channels(home.house, home.shop_id)
    await home.deliver()
    assert set(user.public_meta) == {"retention.banner", "retention.free_shipping"}
    assert json.loads(user.public_meta["retention.free_shipping"])["channels"]["default-channel"]["amount"] == "30.00"
    assert len(home.sandbox.shop.pages) == 2
    for _ in range(2):
        await disconnect(home.house, home.shop_id, lambda _: None)
    assert home.codes() == []
    assert user.public_meta == {}
    assert len(home.sandbox.shop.pages) == 0
    left = shop_of(home)
    assert (left.status, left.erase_at) == (ShopStatus.UNINSTALLED, home.now + timedelta(days=30))
    with home.database.read() as connection:
        known = customers.glance(connection, home.shop_id, user.id)
    assert known is not None
    assert known.segment is Segment.AT_RISK


@pytest.mark.parametrize("status", [ShopStatus.DEACTIVATED, ShopStatus.REFUSED])
async def test_a_shop_that_takes_the_token_again_is_back(home: Home, status: ShopStatus) -> None:
    with home.database.write() as connection:
        shops.set_status(connection, home.shop_id, status, home.now)
    home.sandbox.faults.waiting.append(read_fault({"status": 401, "times": 9}))
    await knock(home.house)
    assert shop_of(home).status is status
    home.sandbox.faults.waiting.clear()
    await knock(home.house)
    assert shop_of(home).status is ShopStatus.ACTIVE


async def test_nobody_knocks_at_a_shop_that_left(home: Home) -> None:
    with home.database.write() as connection:
        shops.set_status(connection, home.shop_id, ShopStatus.UNINSTALLED, home.now, erase_at=home.now + days(30))
    await knock(home.house)
    assert shop_of(home).status is ShopStatus.UNINSTALLED


async def test_a_chore_that_breaks_at_one_shop_goes_on_at_the_next(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    other = home.install("http://away.test/graphql/")
    asked: list[int] = []

    def broken(shop_id: int) -> None:
        asked.append(shop_id)
        raise KeyError(shop_id)

    monkeypatch.setattr("plugin.flow.chores._channels_are_old", lambda _, shop_id: broken(shop_id))
    await {chore.name: chore.job for chore in chores(home.house, KEEP)}["channels"]()
    assert asked == [home.shop_id, other]

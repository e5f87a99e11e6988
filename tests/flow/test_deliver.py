"""A delivery that is cut short, by a signal, a kill or a fault of ours: nothing waits for a lease longer than it has to."""

import asyncio
from datetime import timedelta

import pytest

from plugin.flow import calls
from plugin.flow.deliver import LEASE, WAITS, deliver, take_over
from plugin.sandbox.faults import read_fault
from plugin.store import effects, leases
from tests.bodies import gone_body, order_body
from tests.flow.conftest import Home
from tests.shop import NOW, days, order

pytestmark = pytest.mark.anyio


def given(home: Home, customers: int = 1) -> None:
    """So many customers who have just become silent, each with a code to be given."""
    people = [user.id for user in home.sandbox.shop.users.values() if not user.is_staff][:customers]
    for number, user_id in enumerate(people):
        home.take("order_created", order_body(order(f"O{number}", NOW - timedelta(minutes=number), user_id=user_id)))
    home.now = NOW + days(60)
    home.switch_on("win-back")
    home.tick()


def leased(home: Home) -> int:
    with home.database.read() as connection:
        return effects.counts(connection, home.shop_id).get("leased", 0)


async def test_a_cancelled_delivery_lets_go_of_all_that_it_held(home: Home) -> None:
    given(home, 3)
    drain = await home.hanging("voucherCreate", deliver(home.house, home.shop_id))
    assert leased(home)
    drain.cancel()
    await asyncio.gather(drain, return_exceptions=True)
    assert leased(home) == 0
    home.now += timedelta(seconds=WAITS[0])
    await home.deliver()
    assert len(home.codes()) == 3


async def test_what_we_cannot_treat_is_tried_later_and_holds_up_nobody(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    given(home, 2)

    async def broken(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(calls, "call", broken)
        with pytest.raises(RuntimeError):
            await deliver(home.house, home.shop_id)
    assert leased(home) == 0
    await home.deliver()
    assert home.codes() == []  # its turn has not come
    home.now += timedelta(seconds=WAITS[0])
    await home.deliver()
    assert len(home.codes()) == 2


async def test_a_killed_process_s_leases_are_free_when_the_next_one_starts(home: Home) -> None:
    given(home, 2)
    with home.database.write() as connection:
        assert leases.lease(connection, home.shop_id, home.now, "killed", LEASE, 10)
    await home.deliver()
    assert home.codes() == []
    take_over(home.house)
    await home.deliver()
    assert len(home.codes()) == 2


async def test_a_lease_is_renewed_just_before_each_call(home: Home) -> None:
    given(home, 1)
    with home.database.write() as connection:
        [held] = leases.lease(connection, home.shop_id, home.now, "me", LEASE, 10)
        later = home.now + LEASE - timedelta(seconds=1)
        assert leases.hold(connection, held, later + LEASE)
        assert not leases.lease(connection, home.shop_id, home.now + LEASE + timedelta(seconds=1), "you", LEASE, 10)
        assert leases.lease(connection, home.shop_id, later + LEASE + timedelta(seconds=1), "you", LEASE, 10)


async def order_again(home: Home) -> None:
    """The first of the customers is back, so nothing is wanted for them any more."""
    user_id = next(user.id for user in home.sandbox.shop.users.values() if not user.is_staff)
    home.take("order_created", order_body(order("AGAIN", home.now, user_id=user_id)))


def killed_after(home: Home, operation: str) -> None:
    """What was asked for happens, and nobody is left to write that it did."""
    home.sandbox.faults.waiting += [
        read_fault({"status": 500, "operation": operation, "after_commit": True}),
        read_fault({"status": 500, "operation": "vouchers", "times": 3}),
    ]


@pytest.mark.parametrize("moved_on", ["before the voucher", "before the codes", "after the codes"])
async def test_a_code_that_nobody_wants_any_more_does_not_stay_in_the_shop(home: Home, moved_on: str) -> None:
    given(home, 2)
    if moved_on == "before the voucher":
        killed_after(home, "voucherCreate")
    elif moved_on == "before the codes":
        home.sandbox.faults.waiting.append(read_fault({"status": 500, "operation": "voucherChannelListingUpdate"}))
    else:
        killed_after(home, "voucherUpdate")
    await home.deliver()
    await order_again(home)
    for seconds in WAITS[:4]:
        home.now += timedelta(seconds=seconds)
        await home.deliver()
    assert len(home.codes()) == 1


async def test_the_code_of_who_is_erased_while_its_voucher_is_made_is_taken_back(home: Home) -> None:
    given(home, 2)
    killed_after(home, "voucherCreate")
    await home.deliver()
    user_id = next(user.id for user in home.sandbox.shop.users.values() if not user.is_staff)
    home.take("customer_deleted", gone_body(user_id, "ann@example.com", home.now))
    for seconds in WAITS[:4]:
        home.now += timedelta(seconds=seconds)
        await home.deliver()
    assert len(home.codes()) == 1


async def test_a_banner_that_nobody_wants_any_more_does_not_stay(home: Home) -> None:
    given(home, 1)
    killed_after(home, "updateMetadata")
    await home.deliver()
    user = next(user for user in home.sandbox.shop.users.values() if not user.is_staff)
    assert "retention.banner" in user.public_meta
    await order_again(home)
    for seconds in WAITS[:4]:
        home.now += timedelta(seconds=seconds)
        await home.deliver()
    assert "retention.banner" not in user.public_meta

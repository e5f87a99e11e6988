"""Codes that go out as soon as they are decided on, because their voucher is there: cut short, too late, or refused."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from plugin.domain.decide import Outcome
from plugin.flow import carry
from plugin.flow.deliver import LEASE, WAITS, decide_and_deliver, deliver
from plugin.flow.tick import tick
from plugin.sandbox.faults import read_fault
from plugin.store import effects, shops
from plugin.store.leases import Lease
from tests.bodies import order_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, outcomes
from tests.shop import NOW, days, order

pytestmark = pytest.mark.anyio

LATER = timedelta(minutes=30)


def people(home: Home) -> list[str]:
    return [user.id for user in home.sandbox.shop.users.values() if not user.is_staff]


async def with_voucher(home: Home) -> None:
    """One customer has a code of today's voucher, and two more are about to be silent for too long."""
    for number, user_id in enumerate(people(home)[:3]):
        at = NOW + LATER * min(number, 1)
        home.take("order_created", order_body(order(f"O{number}", at, user_id=user_id)))
    home.now = NOW + days(60)
    home.switch_on("win-back")
    home.tick()
    await home.deliver()
    assert len(home.codes()) == 1
    home.now += LATER + timedelta(minutes=1)


def leased(home: Home) -> int:
    with home.database.read() as connection:
        return effects.counts(connection, home.shop_id).get("leased", 0)


def killed_before_the_call(home: Home) -> None:
    assert len(tick(home.house, home.shop_id, Lease("killed", LEASE)).ready) == 1
    assert leased(home) == 1


async def test_codes_are_there_when_their_decisions_are(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    await with_voucher(home)
    with monkeypatch.context() as patch:
        patch.setattr(carry, "prepare", None)  # nobody looks again
        assert not await decide_and_deliver(home.house, home.shop_id)
    assert len(home.codes()) == 3
    assert leased(home) == 0
    await home.deliver()
    shown = [metadata(home, user_id)["retention.banner"] for user_id in people(home)[:3]]
    assert all(any(code in banner for code in home.codes()) for banner in shown)
    assert len(set(shown)) == 3


async def test_the_first_of_a_day_wait_for_their_voucher(home: Home) -> None:
    home.take("order_created", order_body(order("O1", NOW, user_id=people(home)[0])))
    home.now = NOW + days(60)
    home.switch_on("win-back")
    await decide_and_deliver(home.house, home.shop_id)
    assert home.codes() == []
    await home.deliver()
    assert len(home.codes()) == 1


async def test_whoever_is_killed_before_the_call_leaves_them_to_those_who_look_again(home: Home) -> None:
    await with_voucher(home)
    killed_before_the_call(home)
    await home.deliver()
    assert len(home.codes()) == 1
    back = people(home)[1]
    home.take("order_created", order_body(order("AGAIN", home.now, user_id=back)))
    home.now += LEASE + timedelta(seconds=1)
    await home.deliver()
    assert len(home.codes()) == 2  # the one who is back needs none any more
    assert "retention.banner" not in metadata(home, back)


async def test_whoever_comes_too_late_puts_nothing_there_twice(home: Home) -> None:
    """The lease runs out while the platform answers, and somebody else does it, too."""
    await with_voucher(home)
    slow = await home.hanging("voucherUpdate", decide_and_deliver(home.house, home.shop_id))
    home.now += LEASE + timedelta(seconds=1)
    await home.deliver()
    assert len(home.codes()) == 3
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)
    home.now += timedelta(seconds=WAITS[0])
    await home.deliver()
    assert len(home.codes()) == len(set(home.codes())) == 3


async def test_a_cancelled_call_lets_go(home: Home) -> None:
    await with_voucher(home)
    drain = await home.hanging("voucherUpdate", decide_and_deliver(home.house, home.shop_id))
    assert leased(home) == 1
    drain.cancel()
    await asyncio.gather(drain, return_exceptions=True)
    assert leased(home) == 0
    home.now += timedelta(seconds=WAITS[0])
    await home.deliver()
    assert len(home.codes()) == 3


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 500, "after_commit": True}])
async def test_a_platform_that_fails_is_asked_again_and_has_each_code_once(home: Home, fault: dict[str, Any]) -> None:
    await with_voucher(home)
    home.sandbox.faults.waiting.append(read_fault(fault | {"operation": "voucherUpdate"}))
    await decide_and_deliver(home.house, home.shop_id)
    assert leased(home) == 0
    home.now += timedelta(seconds=WAITS[0])
    await home.deliver()
    assert len(home.codes()) == len(set(home.codes())) == 3


async def test_a_platform_that_fails_does_not_hold_up_deciding(home: Home) -> None:
    """Only the first batch waits for it in vain; those after it are left to who tries again."""
    await with_voucher(home)
    user_id = people(home)[3]
    home.take("order_created", order_body(order("O3", NOW + 2 * LATER, user_id=user_id)))
    home.sandbox.faults.waiting.append(read_fault({"status": 503, "operation": "voucherUpdate", "times": 9}))
    await decide_and_deliver(home.house, home.shop_id)
    asked = len(home.sandbox.faults.waiting), home.sandbox.faults.waiting[0].times
    home.now += LATER
    await decide_and_deliver(home.house, home.shop_id)
    assert (len(home.sandbox.faults.waiting), home.sandbox.faults.waiting[0].times) == asked
    assert outcomes(home) == [Outcome.GIVEN] * 4
    home.sandbox.faults.waiting.clear()
    home.now += timedelta(seconds=WAITS[0])
    await home.deliver()
    assert len(home.codes()) == 4


async def test_a_platform_that_wants_its_rest_is_not_called(home: Home) -> None:
    await with_voucher(home)
    with home.database.write() as connection:
        shops.rest(connection, home.shop_id, home.now + timedelta(seconds=10))
    await decide_and_deliver(home.house, home.shop_id)
    assert len(home.codes()) == 1
    assert leased(home) == 0
    home.now += timedelta(seconds=11)
    assert await deliver(home.house, home.shop_id)
    assert len(home.codes()) == 3


async def test_what_is_broken_in_one_customer_leaves_the_others_to_who_comes_later(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Decided one by one, each in a part of the transaction that may be undone: nothing of it is at once."""
    await with_voucher(home)
    from plugin.flow import sheet

    real = sheet.Sheet.write
    broken = []

    def once_for_all(self: sheet.Sheet) -> None:
        real(self)
        if len(self._lines) > 1:
            broken.append(self)
            raise KeyError

    monkeypatch.setattr(sheet.Sheet, "write", once_for_all)
    assert not tick(home.house, home.shop_id, Lease("me", LEASE)).ready
    assert len(broken) == 1
    assert leased(home) == 0
    await home.deliver()
    assert len(home.codes()) == 3

"""Questions that come together share a read; each gets its own customer as of now, and one that fails is asked again."""

import asyncio
import threading
from collections.abc import Collection
from typing import Any

import pytest

from plugin.domain.segments import Segment
from plugin.errors import TryLater
from plugin.flow import fronts
from plugin.flow.fronts import Asked, Front
from plugin.storefront.allowance import Allowance
from tests.saleor.signing import API
from tests.storefront.stage import Stage

pytestmark = pytest.mark.anyio


async def front_of(stage: Stage) -> Front:
    front = await stage.fronts.named(API)
    assert front is not None
    return front


async def test_many_at_once_are_few_reads_and_everybody_hears_of_themselves(
    both: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        both.customer(Segment.LOYAL, f"U{number}", f"u{number}@tea.example")
    front = await front_of(both)
    rounds = list[int]()

    def watched(house: Any, asked: Collection[Asked], real: Any = fronts._glance) -> Any:
        rounds.append(len(asked))
        return real(house, asked)

    monkeypatch.setattr(fronts, "_glance", watched)
    users = [f"U{number % 25}" for number in range(300)]
    found = await asyncio.gather(*(both.fronts.customer(front, user) for user in users))
    for user, customer in zip(users, found, strict=True):
        assert (customer.state.user_id if customer else None) == (user if int(user[1:]) < 20 else None)
    assert len(rounds) <= 4


async def test_a_read_that_fails_or_hangs_is_theirs_alone_who_asked(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.customer()
    front = await front_of(stage)
    over = threading.Event()

    def gone(*_: object) -> None:
        raise TryLater("The database did not answer.")

    def hang(*_: object) -> None:
        over.wait(30)

    monkeypatch.setattr(fronts, "ROUND_SECONDS", 0.05)
    for broken in (gone, hang):
        with monkeypatch.context() as for_now:
            for_now.setattr(fronts, "_glance", broken)
            with pytest.raises(TryLater):
                await stage.fronts.customer(front, "U1")
        monkeypatch.setattr(fronts, "ROUND_SECONDS", 10.0)
        assert await stage.fronts.customer(front, "U1") is not None
        monkeypatch.setattr(fronts, "ROUND_SECONDS", 0.05)
    over.set()


async def test_who_stops_waiting_leaves_the_others_theirs(stage: Stage) -> None:
    stage.customer()
    front = await front_of(stage)
    asked = [asyncio.create_task(stage.fronts.customer(front, "U1")) for _ in range(3)]
    await asyncio.sleep(0)
    asked[0].cancel()
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert not any(isinstance(one, BaseException) or one is None for one in found[1:])


def test_an_allowance_is_of_one_minute_and_of_one_address() -> None:
    now = [0.0]
    allowance = Allowance(per_address=2, clock=lambda: now[0])
    for _ in range(2):
        allowance.take_for_address("a")
    with pytest.raises(TryLater):
        allowance.take_for_address("a")
    with pytest.raises(TryLater):
        allowance.look_at_address("a")
    allowance.take_for_address("b")
    now[0] = 60.0
    allowance.take_for_address("a")

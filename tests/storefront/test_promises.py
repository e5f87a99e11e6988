"""What is shown is kept, for its life and no longer."""

from typing import Any

import pytest
from sqlalchemy import select

from plugin.domain.campaigns import CampaignStatus
from plugin.store.schema import effects
from tests.saleor.signing import NOW
from tests.shop import days
from tests.storefront.stage import PLN, Stage, shown

pytestmark = pytest.mark.anyio


async def test_a_promise_outlives_a_raise_by_its_days_and_not_longer(both: Stage) -> None:
    both.rules({"us": {"regular": 30}}, promise_days=7)
    both.customer()
    assert (await both.free_shipping())["threshold"] == "30.00"  # seen, and so promised
    both.now += days(100)
    both.rules({"us": {"regular": 50}}, promise_days=7)
    raised = both.now
    for later, threshold in ((0, "30.00"), (6.99, "30.00"), (7.01, "50.00"), (30, "50.00")):
        both.now = raised + days(later)
        said = await both.free_shipping()
        assert said["threshold"] == threshold
        assert said.get("until") == ((raised + days(7)).isoformat() if threshold == "30.00" else None)
        assert bool(await both.offered(subtotal=40)) is (threshold == "30.00")


@pytest.mark.parametrize("status", [CampaignStatus.PAUSED, CampaignStatus.ENDED])
async def test_a_campaign_that_is_off_keeps_what_was_shown(stage: Stage, status: CampaignStatus) -> None:
    stage.rules({"us": {"regular": 30}}, promise_days=3)
    stage.customer(shown=shown("30.00"))
    stage.customer(user_id="U2", email="bob@tea.example")  # who has seen nothing is owed nothing
    stage.now += days(50)
    stage.switch(status)
    stage.now += days(2.9)
    assert await stage.offered(subtotal=30)
    assert not await stage.offered(user="U2", subtotal=30)
    stage.now += days(0.2)
    assert not await stage.offered(subtotal=30)
    assert (await stage.free_shipping())["personal"] is False


async def test_it_begins_and_ends_with_its_schedule_and_what_was_shown_lives_on(both: Stage) -> None:
    both.rules({"us": {"regular": 30}}, starts_at=NOW + days(2), ends_at=NOW + days(5), promise_days=3)
    both.customer()
    both.customer(user_id="U2", email="bob@tea.example")  # who never looks is owed nothing
    table = (
        (1.99, None, False),
        (2, "30.00", True),
        (4.99, "30.00", True),
        (5, "30.00", False),
        (7.99, "30.00", False),
    )
    for at, threshold, everybody in (*table, (8, None, False)):
        both.now = NOW + days(at)
        assert bool(await both.offered(subtotal=30)) is (threshold is not None), at
        assert bool(await both.offered("U2", subtotal=30)) is everybody, at
        said = await both.free_shipping()
        assert (said["threshold"] if said["personal"] else None) == threshold, at
        assert said.get("until") == ((NOW + days(8)).isoformat() if threshold and not everybody else None), at


async def test_an_end_that_has_come_is_the_end_however_late_it_is_noticed(stage: Stage) -> None:
    stage.rules({"us": {"regular": 30}}, ends_at=NOW + days(1), promise_days=2)
    stage.customer(shown=shown("30.00"))
    stage.now += days(2)
    stage.switch(CampaignStatus.ENDED)
    assert (await stage.free_shipping())["until"] == (NOW + days(3)).isoformat()


async def test_a_schedule_that_was_edited_before_it_began_says_nothing(stage: Stage) -> None:
    stage.rules({"us": {"regular": 30}}, starts_at=NOW + days(2))
    stage.customer()
    stage.now += days(1)
    stage.rules({"us": {"regular": 60}}, starts_at=NOW + days(3))
    for at, threshold in ((2.5, None), (3, "60.00")):
        stage.now = NOW + days(at)
        said = await stage.free_shipping()
        assert (said["threshold"] if said["personal"] else None) == threshold


async def test_an_edit_that_changes_nothing_does_not_renew_a_promise(stage: Stage) -> None:
    stage.rules({"us": {"regular": 30}}, promise_days=7)
    stage.customer(shown=shown("30.00"))
    stage.rules({"us": {"regular": 50}}, promise_days=7)
    stage.now += days(5)
    stage.rules({"us": {"regular": 50}}, promise_days=7, text="Free from {threshold}")
    stage.now += days(2.1)
    assert (await stage.free_shipping())["threshold"] == "50.00"


async def test_a_lowered_threshold_counts_at_once(stage: Stage) -> None:
    stage.rules({"us": {"regular": 50}})
    stage.customer(shown=shown("50.00"))
    assert not await stage.offered(subtotal=30)
    stage.rules({"us": {"regular": 30}})
    assert await stage.offered(subtotal=30)
    assert (await stage.free_shipping())["threshold"] == "30.00"


async def test_looking_makes_it_a_promise_once(stage: Stage) -> None:
    stage.rules({"us": {"regular": 30}, "pl": {"regular": 120}})
    stage.customer()
    assert stage.seen() == {}
    for _ in range(3):
        await stage.free_shipping()
    assert stage.seen() == {
        "us": {"amount": "30.00", "currency": "USD"},
        "pl": {"amount": "120.00", "currency": PLN.currency},
    }
    assert len(_effects(stage)) == 1


async def test_what_was_shown_in_another_currency_promises_nothing(stage: Stage) -> None:
    stage.rules({"us": {"regular": 50}})
    stage.customer(shown=shown("1.00", currency="EUR"))
    assert (await stage.free_shipping())["threshold"] == "50.00"
    assert not await stage.offered(subtotal=10)


def _effects(stage: Stage) -> list[Any]:
    with stage.database.read() as connection:
        return list(connection.execute(select(effects)))

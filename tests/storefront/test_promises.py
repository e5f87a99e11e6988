"""What is shown is kept: the banner's answer, the metadata and the checkout never disagree."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.segments import Segment
from plugin.store import campaigns
from plugin.store.schema import effects
from tests.saleor.signing import NOW
from tests.shop import days
from tests.storefront.stage import PLN, USD, Stage, shown

pytestmark = pytest.mark.anyio

CENT = Decimal("0.01")
amounts = st.decimals(0, 104, places=2)
rules = st.fixed_dictionaries({Segment.REGULAR: amounts}, optional={Segment.LOYAL: amounts})
#: What the merchant does between two looks.
acts = st.one_of(
    st.tuples(st.just("rules"), rules),
    st.tuples(st.just("switch"), st.sampled_from([CampaignStatus.PAUSED, CampaignStatus.ON])),
    st.tuples(st.just("wait"), st.floats(0, 12)),
    st.tuples(st.just("look"), st.none()),
)


@given(
    segment=st.sampled_from([Segment.REGULAR, Segment.LOYAL]),
    first=rules,
    story=st.lists(acts, max_size=5),
    promised=st.none() | st.tuples(amounts, st.none() | st.floats(-3, 9)),
    basket=st.decimals(0, 130, places=2),
)
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_banner_and_the_checkout_never_disagree(
    stage: Stage, segment: Segment, first: Any, story: list[Any], promised: Any, basket: Decimal
) -> None:
    stage.clear()
    stage.now = NOW
    stage.rules({"us": first})
    until = None if promised is None or promised[1] is None else NOW + timedelta(days=promised[1])
    data = None if promised is None else shown(str(promised[0]), until)
    stage.customer(segment, shown=data)

    async def play() -> None:
        stage.open()
        for act, what in [*story, ("look", None)]:
            await _play(stage, act, what, basket)

    asyncio.run(play())


async def _play(stage: Stage, act: str, what: Any, basket: Decimal) -> None:
    match act:
        case "rules":
            stage.rules({"us": what}, _status(stage))
        case "switch":
            stage.switch(what)
        case "wait":
            stage.now += timedelta(days=what)
        case _:
            await _compare(stage, basket)
            edge = Decimal((await stage.free_shipping())["threshold"])
            for close in (edge, edge - CENT, edge - CENT / 2):
                await _compare(stage, max(close, Decimal(0)))


async def _compare(stage: Stage, basket: Decimal) -> None:
    """The checkout first: looking at the banner makes what it says a promise."""
    offered = bool(await stage.offered(subtotal=basket))
    said = await stage.free_shipping(subtotal=basket)
    if said["personal"]:
        assert said["earned"] == offered
        assert said["earned"] == (Decimal(said["left"]) == 0)
    else:  # Everyone gets it earlier; nobody is offered more than the banner says.
        assert Decimal(said["threshold"]) == USD.free_from
        assert said["earned"] or not offered


def _status(stage: Stage) -> CampaignStatus:
    with stage.database.read() as connection:
        (campaign,) = campaigns.of_shop(connection, stage.shop_id, stage.house.tactics)
    return campaign.status


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

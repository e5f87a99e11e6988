"""What is stored and written to the metadata follows what is true, whatever changed it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.customer import History
from plugin.domain.segments import Segment
from plugin.domain.tactic import Trigger, TriggerKind
from plugin.flow.reconsider import Look, reconsider
from plugin.flow.scene import set_scene
from plugin.store import customers, shops
from plugin.store.schema import effects
from tests.saleor.signing import NOW
from tests.shop import days
from tests.storefront.stage import Stage, shown

pytestmark = pytest.mark.anyio

RULES = {"us": {"regular": 30, "loyal": 60, "at_risk": 20}}
REGULAR = History(orders=2, purchase_days=2, first_at=NOW - days(60), last_at=NOW - days(10), last_order_id="O1")
LOYAL = replace(REGULAR, orders=5, purchase_days=5)
SILENT = replace(REGULAR, first_at=NOW - days(900), last_at=NOW - days(600))


def look(
    stage: Stage, customer_id: int, history: History, kind: TriggerKind = TriggerKind.HISTORY, ago: float = 0
) -> datetime | None:
    """The next moment."""
    with stage.database.write() as connection:
        scene = set_scene(connection, stage.house, shops.get(connection, stage.shop_id), stage.now)
        customer = customers.lock(connection, stage.shop_id, customer_id)
        assert customer is not None
        reconsider(connection, scene, [Look(customer, history, Trigger(kind, stage.now - days(ago)))])
        after = customers.lock(connection, stage.shop_id, customer_id)
    return after.next_moment if after else None


def written(stage: Stage) -> list[Mapping[str, Any]]:
    """What the storefront will read, one effect after another."""
    with stage.database.read() as connection:
        return [row.payload["data"].get("channels", {}) for row in connection.execute(select(effects))]


def said(amount: str, until: datetime | None = None) -> dict[str, Any]:
    entry = {"amount": amount, "currency": "USD"}
    return {"us": entry if until is None else {**entry, "until": until.isoformat()}}


async def test_a_segment_learnt_of_the_past_changes_what_is_shown_and_keeps_the_promise(both: Stage) -> None:
    both.rules(RULES, promise_days=7)
    customer = both.customer(Segment.REGULAR, shown=shown("30.00"))
    moment = look(both, customer, LOYAL)
    assert both.seen() == said("30.00", NOW + days(7))
    assert moment == NOW + days(7)
    assert written(both) == [both.seen()]
    both.now += days(3)
    look(both, customer, LOYAL)
    assert both.seen() == said("30.00", NOW + days(7))  # looking again does not renew it
    both.now = NOW + days(7)
    look(both, customer, LOYAL)
    assert both.seen() == said("60.00")
    assert written(both) == [said("30.00", NOW + days(7)), said("60.00")]


@pytest.mark.parametrize("kind", [TriggerKind.ORDER, TriggerKind.MOMENT, TriggerKind.HISTORY])
async def test_an_edit_is_noted_with_the_moment_it_was_made(stage: Stage, kind: TriggerKind) -> None:
    stage.rules(RULES, promise_days=7)
    customer = stage.customer(Segment.REGULAR, shown=shown("30.00"))
    stage.now += days(1)
    stage.rules({"us": {"regular": 90}}, promise_days=7)
    stage.now += days(2)
    look(stage, customer, REGULAR, kind)
    assert stage.seen() == said("30.00", NOW + days(8))
    assert [data for data in written(stage) if data != stage.seen()] == []


async def test_one_change_is_written_once(stage: Stage) -> None:
    stage.rules(RULES, promise_days=7)
    customer = stage.customer(Segment.REGULAR, shown=shown("30.00"))
    look(stage, customer, LOYAL, TriggerKind.ORDER)
    look(stage, customer, LOYAL, TriggerKind.ORDER)
    assert written(stage) == [said("30.00", NOW + days(7))]


async def test_a_late_event_takes_nothing_back(stage: Stage) -> None:
    stage.rules(RULES, promise_days=7)
    customer = stage.customer(Segment.REGULAR, shown=shown("30.00"))
    look(stage, customer, SILENT, TriggerKind.ORDER, ago=3)
    assert stage.seen() == said("20.00")
    assert await stage.offered(subtotal=20)


async def test_who_has_been_shown_nothing_is_shown_nothing_by_the_past(stage: Stage) -> None:
    stage.rules(RULES)
    customer = stage.customer(Segment.REGULAR)
    look(stage, customer, LOYAL)
    assert (stage.seen(), written(stage)) == ({}, [])


async def test_a_banner_goes_when_the_campaign_has_been_off_for_the_promises_days(stage: Stage) -> None:
    stage.rules(RULES, promise_days=7)
    customer = stage.customer(Segment.REGULAR, shown=shown("30.00"))
    stage.now += days(1)
    stage.switch(CampaignStatus.PAUSED)
    stage.now += days(1)
    ends = NOW + days(8)
    assert look(stage, customer, REGULAR) == ends
    assert stage.seen() == said("30.00", ends)
    stage.now = ends - timedelta(seconds=1)
    assert await stage.offered(subtotal=30)
    stage.now = ends
    assert not await stage.offered(subtotal=30)
    look(stage, customer, REGULAR, TriggerKind.MOMENT)
    assert stage.seen() == {}
    assert written(stage)[-1] == {}

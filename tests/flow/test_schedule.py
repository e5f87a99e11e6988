"""A campaign with a start and an end: when it decides, and how it ends by itself."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.decide import Outcome
from plugin.flow.campaign_edits import change
from plugin.flow.chores import chores
from plugin.flow.house import Keep
from plugin.flow.promises import note_seen
from plugin.store import campaigns
from tests.bodies import order_body
from tests.flow.conftest import Home
from tests.flow.silence import metadata, outcomes, silent_customer, user_of
from tests.shop import NOW, days, order

pytestmark = pytest.mark.anyio
KEEP = Keep(days(30), days(30), days(30), days(30))


def schedule(home: Home, **changes: Any) -> None:
    with home.database.write() as connection:
        found = campaigns.get(connection, home.shop_id, "win-back", home.house.tactics)
        limits = replace(campaigns.limits_of(found), **changes)
        campaigns.edit(connection, home.shop_id, found, found.params, limits, "test", home.now)


async def run_chore(home: Home) -> CampaignStatus:
    await {chore.name: chore.job for chore in chores(home.house, KEEP)}["schedule"]()
    with home.database.read() as connection:
        return campaigns.glance(connection, home.shop_id, "win-back", home.house.tactics).status


@pytest.mark.parametrize(
    ("starts", "ends", "expected"),
    [
        (60, 61, [Outcome.GIVEN]),
        (None, 59, []),
        (61, None, []),
    ],
)
async def test_it_decides_within_its_schedule_alone(
    home: Home, starts: int | None, ends: int | None, expected: list[Outcome]
) -> None:
    home.switch_on("win-back")
    start = None if starts is None else NOW + days(starts)
    schedule(home, starts_at=start, ends_at=None if ends is None else NOW + days(ends))
    await silent_customer(home)
    home.tick()
    assert outcomes(home) == expected


async def test_those_who_were_inside_when_it_started_are_not_meant(home: Home) -> None:
    home.switch_on("win-back")
    schedule(home, starts_at=NOW + days(62))
    await silent_customer(home)
    for later in (0, 2, 3):
        home.now = NOW + days(60 + later)
        home.tick()
    assert outcomes(home) == []


async def test_it_ends_by_itself_and_codes_stay_valid(home: Home) -> None:
    home.switch_on("win-back")
    schedule(home, ends_at=NOW + days(61))
    await silent_customer(home)
    home.tick()
    await home.deliver()
    assert await run_chore(home) is CampaignStatus.ON
    home.now = NOW + days(62)
    assert await run_chore(home) is CampaignStatus.ENDED
    await home.deliver()
    assert len(home.codes()) == 1
    with home.database.read() as connection:
        campaign = campaigns.glance(connection, home.shop_id, "win-back", home.house.tactics)
        last = campaigns.history(connection, home.shop_id, campaign.campaign_id)[-1]
    assert (last.edited_by, last.settings["status"]) == ("schedule", "ended")


async def run_time(home: Home, at: float) -> None:
    """What every machine does by itself, at this day."""
    home.now = NOW + days(at)
    jobs = {chore.name: chore.job for chore in chores(home.house, KEEP)}
    await jobs["schedule"]()
    await jobs["channels"]()
    home.tick()
    await home.deliver()


async def test_what_a_customer_was_shown_follows_the_schedule(home: Home) -> None:
    """Without anybody looking: by the tick, in the metadata that storefronts read."""
    user_id = user_of(home)
    home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    home.switch_on("free-shipping", thresholds={"default-channel": {"new": Decimal(40)}}, promise_days=3)
    note_seen(home.house, home.shop_id, user_id)
    said = {"starts_at": (NOW + days(5)).isoformat(), "ends_at": (NOW + days(6)).isoformat()}
    change(home.house, home.shop_id, "free-shipping", {**said, "params": {"promise_days": 2}}, "test")
    until_edit, until_end = (NOW + days(3)).isoformat(), (NOW + days(8)).isoformat()
    table: list[tuple[float, dict[str, str] | None]] = [
        (0.1, {"amount": "40.00", "currency": "USD", "until": until_edit}),
        (4, None),
        (5, {"amount": "40.00", "currency": "USD"}),
        (6.01, {"amount": "40.00", "currency": "USD", "until": until_end}),
        (8, None),
    ]
    for at, expected in table:
        await run_time(home, at)
        assert written(home, user_id) == expected, at


async def test_a_threshold_that_is_still_promised_becomes_the_new_one_when_it_begins(home: Home) -> None:
    user_id = user_of(home)
    home.take("order_created", order_body(order("O1", NOW, user_id=user_id)))
    home.switch_on("free-shipping", thresholds={"default-channel": {"new": Decimal(40)}})
    note_seen(home.house, home.shop_id, user_id)
    cheaper = {"starts_at": (NOW + days(2)).isoformat(), "params": {"thresholds": {"default-channel": {"new": 25}}}}
    change(home.house, home.shop_id, "free-shipping", cheaper, "test")
    until = (NOW + days(7)).isoformat()
    for at, expected in ((1.99, {"amount": "40.00", "currency": "USD", "until": until}),
                         (2, {"amount": "25.00", "currency": "USD"})):  # fmt: skip
        await run_time(home, at)
        assert written(home, user_id) == expected, at


async def test_the_page_for_everyone_is_written_when_it_begins(home: Home) -> None:
    (app,) = home.sandbox.shop.apps.values()
    app.codes |= {"MANAGE_PAGES", "MANAGE_PAGE_TYPES_AND_ATTRIBUTES"}
    home.switch_on("free-shipping")
    change(home.house, home.shop_id, "free-shipping", {"starts_at": (NOW + days(0.5)).isoformat()}, "test")
    for at, there in ((0.4, False), (0.5, True)):
        await run_time(home, at)
        assert bool(home.sandbox.shop.pages) is there, at


def written(home: Home, user_id: str) -> Any:
    """The threshold in the customer's metadata."""
    said = metadata(home, user_id).get("retention.free_shipping")
    return None if said is None else json.loads(said)["channels"]["default-channel"]

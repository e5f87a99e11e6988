"""A campaign with a start and an end: when it decides, and how it ends by itself."""

from dataclasses import replace
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.decide import Outcome
from plugin.flow.chores import Keep, chores
from plugin.store import campaigns
from tests.flow.conftest import Home
from tests.flow.silence import outcomes, silent_customer
from tests.shop import NOW, days

pytestmark = pytest.mark.anyio
KEEP = Keep(days(30), days(30), days(30))


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

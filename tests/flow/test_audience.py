"""Whom a campaign is for, as time goes on."""

from typing import Any

import pytest

from plugin.domain.decide import Outcome
from plugin.flow.campaign_edits import change
from tests.flow.conftest import Home
from tests.flow.silence import outcomes, silent_customer
from tests.shop import NOW, days

pytestmark = pytest.mark.anyio

LATER = {"field": "days_since_last_order", "at_least": 75}


@pytest.mark.parametrize(
    ("settings", "after"),
    [
        ({"audience": LATER}, 75),
        ({"audience": {"field": "activity", "is": "dormant"}}, 120),
        ({"exclude": {"field": "days_since_last_order", "at_most": 89}}, 90),
        ({"audience": {"field": "days_since_last_order", "at_most": 50}}, None),
        ({}, 60),
    ],
)
async def test_who_comes_into_the_audience_by_time_alone_is_asked_then(
    home: Home, settings: dict[str, Any], after: int | None
) -> None:
    home.switch_on("win-back")
    change(home.house, home.shop_id, "win-back", settings, "test")
    await silent_customer(home)
    given_after = None
    while home.now < NOW + days(125):
        home.tick()
        if outcomes(home) and given_after is None:
            given_after = (home.now - NOW).days
        home.now += days(1)
    assert given_after == after
    assert outcomes(home) == ([] if after is None else [Outcome.GIVEN])


async def test_who_was_silent_already_is_asked_when_they_come_in(home: Home) -> None:
    await silent_customer(home)
    home.now = NOW + days(70)
    home.switch_on("win-back")
    change(home.house, home.shop_id, "win-back", {"audience": LATER}, "test")
    home.tick()
    assert outcomes(home) == []
    home.now = NOW + days(75)
    home.tick()
    assert outcomes(home) == [Outcome.GIVEN]

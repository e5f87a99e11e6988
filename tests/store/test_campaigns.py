"""Campaigns and the segments they name: looked up each time, and missed with a sentence."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import delete

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.conditions import read_condition
from plugin.extensions import load_tactics
from plugin.store import campaigns, segments
from plugin.store.campaigns import Limits
from plugin.store.database import Database
from plugin.store.schema import segments as segments_table
from tests.flow.conftest import Home, home
from tests.shop import NOW

__all__ = ["home"]

pytestmark = pytest.mark.anyio
FEW = {"field": "orders", "at_most": 2}
MANY = {"field": "orders", "at_least": 9}


@pytest.fixture
def database_of(home: Home) -> Database:
    with home.database.write() as connection:
        segments.save(connection, home.shop_id, "mine", read_condition(FEW), NOW)
        tactic = home.house.tactics["win_back"]
        limits = Limits(audience={"segment": "mine"}, exclude={"segment": "loyal"})
        made = campaigns.create(connection, home.shop_id, "named", tactic, tactic.params(), limits, NOW)
        campaigns.change_status(connection, home.shop_id, made, CampaignStatus.ON, "test", NOW)
    return home.database


def read(home: Home) -> Campaign:
    with home.database.read() as connection:
        found = campaigns.of_shop(connection, home.shop_id, load_tactics())
        assert campaigns.glance(connection, home.shop_id, "named", load_tactics()) in found
    return next(campaign for campaign in found if campaign.name == "named")


async def test_a_change_of_the_segment_takes_effect(home: Home, database_of: Database) -> None:
    assert read(home).audience == read_condition(FEW)
    with database_of.write() as connection:
        segments.save(connection, home.shop_id, "mine", read_condition(MANY), NOW)
    assert read(home).audience == read_condition(MANY)
    assert read(home).audience_said == {"segment": "mine"}


async def test_a_campaign_whose_segment_is_gone_rests_and_says_so(home: Home, database_of: Database) -> None:
    assert read(home).runs(NOW)
    with database_of.write() as connection:
        connection.execute(delete(segments_table))
    resting = read(home)
    assert (resting.on, resting.runs(NOW)) == (True, False)
    assert "“named” rests: There is no segment “mine”" in resting.rests


async def test_an_edit_of_something_else_keeps_what_was_said(home: Home, database_of: Database) -> None:
    with database_of.write() as connection:
        found = campaigns.get(connection, home.shop_id, "named", load_tactics())
        limits = replace(campaigns.limits_of(found), pause_days=5)
        edited: Any = campaigns.edit(connection, home.shop_id, found, found.params, limits, "test", NOW)
    assert (edited.pause_days, edited.audience_said, edited.version) == (5, {"segment": "mine"}, 2)

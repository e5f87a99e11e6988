"""The page that opens first: how the shop stands, what its campaigns do, what needs attention."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import anyio
from starlette.responses import Response

from admin_ui import words
from admin_ui.answers import part
from admin_ui.door import Visit
from admin_ui.past import past
from plugin.domain.campaigns import NEXT_STATUS, Campaign, CampaignStatus
from plugin.domain.decide import Outcome
from plugin.domain.segments import Segment
from plugin.domain.tactic import TriggerKind
from plugin.flow.house import House
from plugin.store import backfills, campaigns, overview, shops
from plugin.store.overview import Overview
from plugin.store.shops import Shop

#: How far ahead the page looks for customers about to be at risk.
SOON = timedelta(days=7)
#: Of those inside already; what the form proposes.
PER_DAY = 50
#: The bar of segments, in units of its view box.
BAR = 1000.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """One segment's part of the bar."""

    segment: Segment
    title: str
    meaning: str
    customers: int
    share: str
    x: float
    width: float


@dataclass(frozen=True, slots=True)
class Card:
    """One campaign."""

    campaign: Campaign
    outcomes: Sequence[tuple[str, int]]
    codes: Sequence[tuple[str, int]]
    settings: Sequence[tuple[str, str]]
    may_switch_on: bool
    may_pause: bool
    #: Whether it can also take in who is inside already.
    asks_inside: bool


async def show(house: House, visit: Visit, notice: str | None = None) -> Response:
    """The page's content; `notice` is what an action has just done."""
    values = await anyio.to_thread.run_sync(_gather, house, visit)
    return part("overview.html", notice=notice, **values)


def _gather(house: House, visit: Visit) -> dict[str, Any]:
    with house.database.read() as connection:
        shop = shops.get(connection, visit.shop.shop_id)
        known = campaigns.of_shop(connection, shop.shop_id, house.tactics)
        seen = overview.read(connection, shop.shop_id, visit.now, visit.now + SOON)
        walks = backfills.of_shop(connection, shop.shop_id)
    tone, word, sentence = words.state_of(shop, sum(campaign.on for campaign in known), visit.now)
    return {
        "shop_name": shop.name or shop.api_url,
        "tone": tone,
        "word": word,
        "sentence": sentence,
        "stopped": shop.stopped,
        "can_stop": shop.active,
        "may_change": visit.may_change,
        "customers": sum(seen.segments.values()),
        "bar": bar(seen.segments),
        "seen": seen,
        "past": past(walks, by_itself=house.reads_history),
        "cards": [card(campaign, seen) for campaign in known],
        "per_day": PER_DAY,
        "zone": _zone(shop),
        "outcomes": words.OUTCOMES,
        "what_failed": words.what_failed,
    }


def bar(segments: Mapping[Segment, int]) -> list[Stretch]:
    whole = sum(segments.values())
    found, x = [], 0.0
    for segment, (title, meaning) in words.SEGMENTS.items():
        number = segments[segment]
        width = BAR * number / whole if whole else 0.0
        found.append(Stretch(segment, title, meaning, number, words.share(number, whole), round(x, 1), round(width, 1)))
        x += width
    return found


def card(campaign: Campaign, seen: Overview) -> Card:
    outcomes = seen.outcomes.get(campaign.campaign_id, {})
    given = seen.codes.get(campaign.campaign_id, {})
    shows = Outcome.SHOWN in outcomes or not campaign.tactic.control_group
    told = [Outcome.SHOWN] if shows else [Outcome.GIVEN, Outcome.CONTROL, Outcome.NOTHING]
    if Outcome.LATER in outcomes:
        told.append(Outcome.LATER)
    return Card(
        campaign,
        outcomes=[(words.OUTCOMES[outcome], outcomes.get(outcome, 0)) for outcome in told],
        codes=[] if shows and not given else [(said, given.get(status, 0)) for status, said in words.CODES.items()],
        settings=words.settings_of(campaign),
        may_switch_on=CampaignStatus.ON in NEXT_STATUS[campaign.status],
        may_pause=CampaignStatus.PAUSED in NEXT_STATUS[campaign.status],
        asks_inside=TriggerKind.INSIDE in campaign.tactic.listens_to,
    )


def _zone(shop: Shop) -> ZoneInfo:
    return ZoneInfo(shop.time_zone)

"""A merchant's configured tactic."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from plugin.domain.tactic import Tactic


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    ON = "on"
    PAUSED = "paused"
    ENDED = "ended"


#: What may follow what; an ended campaign stays ended, so that its books stay closed.
NEXT_STATUS: Mapping[CampaignStatus, frozenset[CampaignStatus]] = {
    CampaignStatus.DRAFT: frozenset({CampaignStatus.ON, CampaignStatus.ENDED}),
    CampaignStatus.ON: frozenset({CampaignStatus.PAUSED, CampaignStatus.ENDED}),
    CampaignStatus.PAUSED: frozenset({CampaignStatus.ON, CampaignStatus.ENDED}),
    CampaignStatus.ENDED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class Campaign:
    campaign_id: int
    name: str
    tactic: Tactic[Any]
    params: Any
    status: CampaignStatus
    #: Counts edits; a code belongs to the version it was issued under.
    version: int
    #: Makes this campaign's control group independent of every other's.
    salt: str
    #: Between 0 and 1: who is left alone, to measure against.
    control_share: float
    #: None within so many days of the last one, whatever the episode.
    pause_days: int
    #: Those who were inside when it was switched on: at most so many a day; 0 for none.
    inside_per_day: int
    switched_on_at: datetime | None = None

    @property
    def on(self) -> bool:
        return self.status is CampaignStatus.ON

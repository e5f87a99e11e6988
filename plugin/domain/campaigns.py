"""A merchant's configured tactic."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from plugin.domain.budgets import Budgets
from plugin.domain.conditions import AllOf, Condition, Not, names_wanted, read_condition
from plugin.domain.tactic import Tactic, View


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
    #: Who it is for, and of them who it is not for; None for everybody and nobody.
    audience: Condition | None = None
    exclude: Condition | None = None
    #: Of two campaigns for one place the higher one wins.
    priority: int = 0
    #: It decides from the one moment and to the other, where there is one; codes stay valid beyond.
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    budgets: Budgets = Budgets()
    #: Slugs of the Saleor channels that its vouchers are listed in; empty for all.
    channels: tuple[str, ...] = ()
    #: Who used its code in an order that was cancelled is given another one, with the same last day.
    reissue_after_cancel: bool = False
    #: Both conditions as they were said, with segments by their names.
    audience_said: Mapping[str, Any] | None = None
    exclude_said: Mapping[str, Any] | None = None
    #: Why nothing is decided although it is on: a segment it names is not there any more. Empty where nothing is amiss.
    rests: str = ""

    @property
    def on(self) -> bool:
        return self.status is CampaignStatus.ON

    def runs(self, now: datetime) -> bool:
        """On, whole, and within its schedule."""
        started = self.starts_at is None or self.starts_at <= now
        return self.on and not self.rests and started and not self.over(now)

    @property
    def for_everybody(self) -> bool:
        """It asks nothing of whoever it is shown to."""
        return self.audience is None and self.exclude is None

    def runs_in(self, channel: str, now: datetime) -> bool:
        """It runs, in this channel too."""
        return self.runs(now) and (not self.channels or channel in self.channels)

    @property
    def whom(self) -> Condition:
        """The audience less the excluded."""
        audience = () if self.audience is None else (self.audience,)
        exclude = () if self.exclude is None else (Not(self.exclude),)
        return AllOf((*audience, *exclude))

    @property
    def inside(self) -> Condition:
        """Of them, those who have the tactic's need already, as far as a condition can say."""
        return self.whom if self.tactic.need is None else AllOf((self.whom, self.tactic.need))

    @property
    def segments(self) -> frozenset[str]:
        """Those that its audience asks somebody to be in."""
        said = self.audience_said
        return frozenset() if said is None else frozenset(names_wanted(read_condition(said)))

    def seen(self, view: View) -> View:
        """As its tactic sees the customer: what it gave and told itself, and stays in its own segments."""
        given = [one for one in view.given if one.campaign_id == self.campaign_id]
        told = [one for one in view.told if one.campaign_id == self.campaign_id]
        inside = view.inside
        if inside:
            inside = {name: since for name, since in inside.items() if name in self.segments}
        same = (len(given), len(told), len(inside)) == (len(view.given), len(view.told), len(view.inside))
        return view if same else replace(view, given=given, told=told, inside=inside)

    def over(self, now: datetime) -> bool:
        """Past its end."""
        return self.ends_at is not None and self.ends_at < now

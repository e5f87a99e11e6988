"""The life cycle: how far a customer has come, and whether the silence still is a usual one."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugin.domain.customer import History
from plugin.domain.values import light_dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Where one stage ends and the next begins. What a merchant leaves open follows the shop's own rhythm."""

    #: Days of silence from which a customer is at risk, and from which dormant.
    at_risk_days: int | None = None
    dormant_days: int | None = None
    #: Purchase days from which on a customer is loyal.
    loyal_from: int = 5
    #: How far ahead the score looks, in days.
    horizon_days: int | None = None


class Step(StrEnum):
    #: Never bought.
    PROSPECT = "prospect"
    FIRST = "first"
    REPEAT = "repeat"
    LOYAL = "loyal"


class Activity(StrEnum):
    ACTIVE = "active"
    AT_RISK = "at_risk"
    DORMANT = "dormant"


@light_dataclass(frozen=True, slots=True)
class Turns:
    """When silence alone moves a customer on, if no order comes before; None for who has never bought."""

    at_risk_from: datetime | None = None
    dormant_from: datetime | None = None
    #: The customer's own usual gap has passed.
    due_from: datetime | None = None
    #: Before it the score is one half or more; the last order where it never was, None without a model.
    likely_until: datetime | None = None

    def activity(self, now: datetime) -> Activity:
        if self.dormant_from is not None and self.dormant_from <= now:
            return Activity.DORMANT
        if self.at_risk_from is not None and self.at_risk_from <= now:
            return Activity.AT_RISK
        return Activity.ACTIVE

    def next_after(self, now: datetime) -> datetime | None:
        return min((at for at in (self.at_risk_from, self.dormant_from) if at is not None and at > now), default=None)


def step_of(history: History, limits: Limits) -> Step:
    if history.purchase_days == 0:
        return Step.PROSPECT
    if history.purchase_days == 1:
        return Step.FIRST
    return Step.LOYAL if history.purchase_days >= limits.loyal_from else Step.REPEAT

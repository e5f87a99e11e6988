"""Where a customer stands with the shop."""

from datetime import datetime
from enum import StrEnum

from plugin.domain.customer import History
from plugin.domain.stages import Activity, Limits, Step, Turns, step_of


class Segment(StrEnum):
    NEW = "new"
    REGULAR = "regular"
    LOYAL = "loyal"
    AT_RISK = "at_risk"


def segment_of(history: History, turns: Turns, limits: Limits, now: datetime) -> Segment:
    """New until the second purchase day; at risk from the moment the silence is unusual, whoever it is."""
    if turns.activity(now) is not Activity.ACTIVE:
        return Segment.AT_RISK
    match step_of(history, limits):
        case Step.PROSPECT | Step.FIRST:
            return Segment.NEW
        case Step.REPEAT:
            return Segment.REGULAR
        case Step.LOYAL:
            return Segment.LOYAL

"""Where a customer stands with the shop."""

from datetime import datetime
from enum import StrEnum

from plugin.domain.churn import Rhythm, at_risk_from
from plugin.domain.customer import History

#: From this many purchase days on a customer is loyal, as long as the rhythm holds.
LOYAL_FROM = 5


class Segment(StrEnum):
    NEW = "new"
    REGULAR = "regular"
    LOYAL = "loyal"
    AT_RISK = "at_risk"


def segment_of(history: History, rhythm: Rhythm, now: datetime) -> Segment:
    """New until the second purchase day; at risk from the moment the silence is unusual, whoever it is."""
    leaves_at = at_risk_from(history, rhythm)
    if leaves_at is not None and leaves_at <= now:
        return Segment.AT_RISK
    if history.purchase_days < 2:
        return Segment.NEW
    return Segment.LOYAL if history.purchase_days >= LOYAL_FROM else Segment.REGULAR

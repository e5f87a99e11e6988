"""A stay in a segment as a tactic's need: one from entering to leaving."""

from dataclasses import dataclass
from datetime import datetime

from plugin.domain.membership import UNSEEN
from plugin.domain.phrases import phrase
from plugin.domain.tactic import View


@dataclass(frozen=True, slots=True)
class Stay:
    segment: str
    since: datetime

    @property
    def need(self) -> str:
        """Whoever leaves and comes again has another one."""
        return f"{self.segment} {self.since.isoformat()}"

    @property
    def reason(self) -> str:
        if self.since == UNSEEN:
            return phrase("In “{segment}” already.", segment=self.segment)
        return phrase("In “{segment}” since {since}.", segment=self.segment, since=self.since)


def latest_stay(view: View) -> Stay | None:
    """Of the audience's segments the one that was entered last; None where the customer is in none."""
    if not view.inside:
        return None
    return Stay(*max(view.inside.items(), key=lambda stay: (stay[1], stay[0])))

"""That a customer's next order ships free, as it is shown and so promised: from a moment until another, or an order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin.domain.effects import Banner, Slot


@dataclass(frozen=True, slots=True)
class NextOrder:
    #: Beside which it was given.
    code: str
    since: datetime
    until: datetime
    #: Slugs of the channels that it holds in; empty for all.
    channels: Sequence[str] = ()

    def holds(self, channel: str, now: datetime) -> bool:
        return now < self.until and (not self.channels or channel in self.channels)


def banner_of(text: str, one: NextOrder) -> Banner:
    """What storefronts read, and what the shipping answer keeps."""
    data: dict[str, Any] = {"code": one.code, "since": one.since.isoformat(), "until": one.until.isoformat()}
    return Banner(Slot.NEXT_ORDER, text, {**data, "channels": list(one.channels)} if one.channels else data)


def promised_in(shown: Mapping[Slot, Banner]) -> NextOrder | None:
    """The inverse of `banner_of`, of all that is shown to a customer."""
    banner = shown.get(Slot.NEXT_ORDER)
    if banner is None:
        return None
    since, until = (datetime.fromisoformat(banner.data[name]) for name in ("since", "until"))
    return NextOrder(banner.data["code"], since, until, tuple(banner.data.get("channels", ())))

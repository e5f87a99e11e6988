"""What a page tells of a shopper: POST /storefront/v1/events. What is wrong in it is left out and counted."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from plugin.domain.deeds import Deed
from plugin.errors import Rejected
from plugin.flow.front_events import Told

MOST_EVENTS = 50
LARGEST_BODY = 32 * 1024
#: What is told later says nothing any more.
OLDEST = timedelta(days=1)
#: Of a shopper's clock against ours; within it an event of the future is one of now.
LEEWAY = timedelta(minutes=1)
#: Saleor's ids are base64.
PRODUCT = re.compile(r"[A-Za-z0-9+/=_-]{1,100}", re.ASCII)
#: Those that say what they are; the others are for rate limits.
BOT = re.compile(r"bot\b|bot/|crawl|spider|slurp|preview|facebookexternalhit|lighthouse|pingdom|uptime", re.IGNORECASE)
_DEEDS = frozenset(deed.value for deed in Deed)


@dataclass(frozen=True, slots=True)
class Letter:
    """A call's body, as far as it has the right shape."""

    shop: str
    consent: bool
    #: A beacon can set no header.
    token: str | None
    events: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Sorted:
    told: Sequence[Told]
    #: Why → how many were left out.
    dropped: Mapping[str, int]


def read_letter(body: bytes) -> Letter:
    """Raises `Rejected` for what is no call at all; single events are looked at later."""
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        raise Rejected("The body must be JSON.") from None
    match said:
        case {"shop": str(shop), "events": list(events)}:
            pass
        case _:
            raise Rejected("The body must be an object with shop (its API URL) and events (a list).")
    if len(events) > MOST_EVENTS:
        raise Rejected(f"At most {MOST_EVENTS} events a call; send the others in another one.")
    token = said.get("token")
    if token is not None and not isinstance(token, str):
        raise Rejected("token must be the shopper's access token.")
    return Letter(shop, said.get("consent") is True, token, events)


def sort_out(events: Sequence[Any], read_ref: Callable[[str], str | None], now: datetime, zone: tzinfo) -> Sorted:
    """read_ref: the content that a signed reference names; None for one that does not hold."""
    told = []
    dropped = Counter[str]()
    for event in events:
        read = _read(event, read_ref, now, zone)
        if isinstance(read, Told):
            told.append(read)
        else:
            dropped[read] += 1
    return Sorted(told, dropped)


def _read(event: Any, read_ref: Callable[[str], str | None], now: datetime, zone: tzinfo) -> Told | str:
    """The event, or why it is left out."""
    named = event.get("type") if isinstance(event, dict) else None
    if not isinstance(named, str) or named not in _DEEDS:
        return "unknown"
    at = _moment(event.get("at"))
    if at is None or not now - OLDEST <= at <= now + LEEWAY:
        return "time"
    deed, day = Deed(named), min(at, now).astimezone(zone).date()
    if deed.of_content:
        ref = event.get("ref")
        content = read_ref(ref) if isinstance(ref, str) else None
        return "ref" if content is None else Told(deed, content, None, at, day)
    product = event.get("product")
    if not isinstance(product, str) or not PRODUCT.fullmatch(product):
        return "unknown"
    return Told(deed, None, product, at, day)


def _moment(written: Any) -> datetime | None:
    try:
        read = datetime.fromisoformat(written)
        return read.astimezone(UTC) if read.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None


def is_bot(agent: str) -> bool:
    return not agent or BOT.search(agent) is not None

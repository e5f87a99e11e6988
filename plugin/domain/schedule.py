"""From when to when a campaign runs, as people say it: in the shop's time zone."""

from datetime import UTC, date, datetime, time, tzinfo
from typing import Any

from plugin.domain.phrases import phrase
from plugin.errors import Rejected

_DAY_BEGINS, _DAY_ENDS = time(0), time(23, 59, 59)


def read_start(said: Any, zone: tzinfo) -> datetime | None:
    """A date means its first second. Raises `Rejected`."""
    return _read(said, zone, _DAY_BEGINS)


def read_end(said: Any, zone: tzinfo) -> datetime | None:
    """A date means its last second. Raises `Rejected`."""
    return _read(said, zone, _DAY_ENDS)


def write_start(at: datetime | None, zone: tzinfo) -> str | None:
    return _write(at, zone, _DAY_BEGINS)


def write_end(at: datetime | None, zone: tzinfo) -> str | None:
    return _write(at, zone, _DAY_ENDS)


def _read(said: Any, zone: tzinfo, of_day: time) -> datetime | None:
    if said is None or said == "":
        return None
    try:
        text = str(said).strip()
        if len(text) == len("2026-12-01"):
            return datetime.combine(date.fromisoformat(text), of_day, zone).astimezone(UTC)
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Rejected(
            phrase("{given} is no date: write it as 2026-12-01 or 2026-12-01T09:30.", given=repr(said))
        ) from None


def _write(at: datetime | None, zone: tzinfo, of_day: time) -> str | None:
    """A date where that says it, else the time on the shop's clock; with its offset in the hour that comes twice."""
    if at is None:
        return None
    local = at.astimezone(zone)
    if local.time() == of_day and not local.fold:
        return local.date().isoformat()
    return (local if local.fold else local.replace(tzinfo=None)).isoformat()

"""Whose clock a country goes by, from the time zone database's own table."""

from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo


def zone_of(country: str | None, now: datetime) -> ZoneInfo | None:
    """The country's zone; None where it is not known, or its clocks differ within the next day."""
    zones = [ZoneInfo(name) for name in _zones().get(country or "", ())]
    if not zones:
        return None
    for moment in (now, now + timedelta(days=1)):
        if len({zone.utcoffset(moment.astimezone(zone).replace(tzinfo=None)) for zone in zones}) > 1:
            return None
    return zones[0]


@cache
def _zones() -> dict[str, tuple[str, ...]]:
    """Country → names of its zones."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    found: dict[str, tuple[str, ...]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            country, _, name, *_ = line.split("\t")
            found[country] = (*found.get(country, ()), name)
    return found

"""What Saleor does not know of a shop: its time zone, its storefronts' addresses, its life-cycle limits."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from plugin.domain.phrases import phrase
from plugin.domain.stages import Limits
from plugin.errors import Rejected
from plugin.flow.house import House
from plugin.store import setting_edits, shops

TIME_ZONE, ORIGINS, LIMITS, TEST_MODE = "time_zone", "origins", "limits", "test_mode"


def check_time_zone(name: str) -> None:
    """Raises `Rejected`."""
    if name not in available_timezones():
        raise Rejected(phrase("“{name}” is no time zone; it must be an IANA name like Europe/Warsaw.", name=name))


def check_origins(origins: Sequence[str]) -> None:
    """Raises `Rejected`."""
    wrong = [origin for origin in origins if not _is_origin(origin)]
    if wrong:
        raise Rejected(
            phrase("“{given}” is no origin; it must be like https://shop.example, without a path.", given=wrong[0])
        )


def limits_with(limits: Limits, wanted: Mapping[str, Any]) -> Limits:
    """Raises `Rejected`."""
    changed = replace(limits, **wanted)
    if changed.at_risk_days and changed.dormant_days and changed.dormant_days <= changed.at_risk_days:
        raise Rejected(
            phrase(
                "Dormant comes after at risk: {dormant_days} days must be more than {at_risk_days}.",
                dormant_days=changed.dormant_days,
                at_risk_days=changed.at_risk_days,
            )
        )
    return changed


def save_place(house: House, shop_id: int, time_zone: str, origins: Sequence[str], who: str) -> bool:
    """Whether everybody is measured again for it, which the next learning does. Raises `Rejected`."""
    check_time_zone(time_zone)
    check_origins(origins)
    now = house.clock()
    with house.database.write() as connection:
        before = shops.hold(connection, shop_id)
        if tuple(origins) != before.origins:
            shops.set_origins(connection, shop_id, origins)
            setting_edits.keep(connection, shop_id, ORIGINS, list(origins), who, now)
        if time_zone != before.time_zone:
            shops.set_time_zone(connection, shop_id, time_zone)
            shops.learn_again(connection, shop_id)
            setting_edits.keep(connection, shop_id, TIME_ZONE, time_zone, who, now)
    return time_zone != before.time_zone


def save_limits(house: House, shop_id: int, wanted: Mapping[str, Any], who: str) -> bool:
    """As `save_place`."""
    with house.database.write() as connection:
        before = shops.hold(connection, shop_id).limits
        limits = limits_with(before, wanted)
        if limits != before:
            shops.set_limits(connection, shop_id, limits)
            shops.learn_again(connection, shop_id)
            setting_edits.keep(connection, shop_id, LIMITS, asdict(limits), who, house.clock())
    return limits != before


def save_test_mode(house: House, shop_id: int, who: str, *, on: bool) -> None:
    with house.database.write() as connection:
        shops.set_test_mode(connection, shop_id, on)
        setting_edits.keep(connection, shop_id, TEST_MODE, on, who, house.clock())


def _is_origin(text: str) -> bool:
    parts = urlsplit(text)
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and text == f"{parts.scheme}://{parts.netloc}"

"""Numbers as people read them, with their unit."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from plugin.domain.money import Money

NOT_KNOWN = "\N{EN DASH}"


def number(value: float) -> str:
    return f"{value:,}"


def share(value: float | None) -> str:
    """A percentage that never says 0 % of something."""
    if value is None:
        return NOT_KNOWN
    percent = 100 * value
    if 0 < percent < 0.1:
        return "under 0.1 %"
    return f"{percent:.1f} %" if 0 < percent < 10 else f"{percent:.0f} %"


def days(value: float) -> str:
    shown = f"{value:,.1f}".removesuffix(".0")
    return f"{shown} day" if shown == "1" else f"{shown} days"


def money(value: Any, currency: str) -> str:
    """In the currency's smallest unit."""
    return f"{Money(Decimal(str(value)), currency).rounded().amount:,} {currency}"


def monies(values: dict[str, Any]) -> str:
    """Each currency by itself: they are never added."""
    return ", ".join(money(value, currency) for currency, value in values.items()) or NOT_KNOWN


def day(text: str) -> str:
    """2026-06-01 as 1 Jun 2026."""
    at = date.fromisoformat(text)
    return f"{at.day} {at:%b %Y}"


def month(text: str) -> str:
    return f"{date.fromisoformat(text):%b %Y}"


def moment(text: str, zone: str) -> str:
    local = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M} ({zone})"


def figure(found: dict[str, Any]) -> str:
    """A figure's value with its unit; where there is none, why."""
    value = found["value"]
    if value is None:
        return str(found["missing"])
    match found["unit"]:
        case "share":
            return share(value)
        case "days":
            return days(value)
        case "money":
            return money(value, found["currency"])
        case _:
            return f"{value:.2f} purchases"


def basis(found: dict[str, Any]) -> str:
    """What a figure is of, and its quarters where it has them."""
    of = f"{number(found['count'])} {found['counted']}"
    if found["lower"] is None:
        return of
    return f"quartiles {found['lower']:g} and {found['upper']:g} days; {of}"

"""Numbers as people read them, with their unit."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast
from zoneinfo import ZoneInfo

from plugin.domain.money import Money
from plugin.domain.phrases import Day, Month, Percent, joined, phrase, phrases

NOT_KNOWN = "\N{EN DASH}"


def number(value: float | Decimal) -> str:
    return phrase("{number}", number=value)


def share(value: float | None) -> str:
    """A percentage that never says 0 % of something."""
    if value is None:
        return NOT_KNOWN
    percent = 100 * value
    if 0 < percent < 0.1:
        return phrase("under {share}", share=Percent(0.001, 1))
    return phrase("{share}", share=Percent(value, 1 if 0 < percent < 10 else 0))


def days(value: float) -> str:
    shown = round(value, 1)
    if shown == int(shown):
        return phrases(int(shown), "{n} day", "{n} days")
    return phrase("{number} days", number=shown)


def money(value: Any, currency: str) -> str:
    """In the currency's smallest unit."""
    return phrase("{amount}", amount=Money(Decimal(str(value)), currency).rounded())


def monies(values: dict[str, Any]) -> str:
    """Each currency by itself: they are never added."""
    return joined((money(value, currency) for currency, value in values.items()), ", ") if values else NOT_KNOWN


def day(text: str) -> str:
    """2026-06-01 as 1 Jun 2026."""
    return phrase("{day}", day=Day(date.fromisoformat(text)))


def month(text: str) -> str:
    return phrase("{month}", month=Month(date.fromisoformat(text)))


def moment(text: str, zone: str) -> str:
    local = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    return phrase("{day}, {time} ({zone})", day=Day(local.date()), time=f"{local:%H:%M}", zone=zone)


def figure(found: dict[str, Any]) -> str:
    """A figure's value with its unit; where there is none, why."""
    value = found["value"]
    if value is None:
        return cast("str", found["missing"])
    match found["unit"]:
        case "share":
            return share(value)
        case "days":
            return days(value)
        case "money":
            return money(value, found["currency"])
        case _:
            return phrase("{number} purchases", number=round(Decimal(value), 2))


def basis(found: dict[str, Any]) -> str:
    """What a figure is of, and its quarters where it has them."""
    of = phrase("{number} {what}", number=found["count"], what=found["counted"])
    if found["lower"] is None:
        return of
    return phrase("quartiles {lower} and {upper} days; {of}", lower=found["lower"], upper=found["upper"], of=of)

"""The Dashboard's language: the texts of the catalogues in `locale/`, and numbers, money and moments as it writes them."""

import gettext
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from plugin.domain.money import Money
from plugin.domain.phrases import Day, Month, Percent, Phrase

#: A number that is not said has the form of this one.
_SEVERAL = 5
LOCALES = Path(__file__).parent / "locale"
#: The language of the texts in the code; it needs no catalogue.
FIRST = "en"


def languages() -> Sequence[str]:
    return [FIRST, *sorted(path.stem for path in LOCALES.glob("*.po"))]


@dataclass(frozen=True, slots=True)
class Language:
    """`_` and `plural` look a text up; the others write a value."""

    locale: Locale
    texts: gettext.NullTranslations = field(repr=False)

    @property
    def tag(self) -> str:
        """As in `<html lang>`."""
        return str(self.locale).replace("_", "-")

    def _(self, text: str, /, **values: object) -> str:
        """The text in this language; `{name}` in it is filled in afterwards."""
        if isinstance(text, Phrase):
            return self.said(text)
        found = self.texts.gettext(text) if text else ""
        if not values:
            return found
        return found.format(
            **{name: self.said(value) if isinstance(value, Phrase) else value for name, value in values.items()}
        )

    def plural(self, number: int, one: str, many: str, /, **values: object) -> str:
        """`3 codes`: `{n}` is the number as it is written."""
        return self.texts.ngettext(one, many, number).format(n=self.number(number), **values)

    def said(self, text: str, zone: tzinfo = UTC) -> str:
        """A sentence of the domain in this language; a text that is no phrase, as it stands. Moments are in that zone."""
        if not isinstance(text, Phrase):
            return text
        parts = text.parts
        if parts.many is None:
            found = self.texts.gettext(parts.template)
        else:
            number = parts.values["n"]
            found = self.texts.ngettext(parts.template, parts.many, number if isinstance(number, int) else _SEVERAL)
        values = {name: self._value(value, zone) for name, value in parts.values.items()}
        return found.format_map(values) if values else found

    def said_in(self, value: Any, zone: tzinfo = UTC) -> Any:
        """The same values, every sentence in them said."""
        if isinstance(value, str):
            return self.said(value, zone)
        if isinstance(value, Mapping):
            return {name: self.said_in(item, zone) for name, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.said_in(item, zone) for item in value]
        return value

    def _value(self, value: Any, zone: tzinfo) -> str:
        match value:
            case str():
                return self.said(value, zone)
            case Percent(share, digits):
                return self.percent(share, digits)
            case Day(day):
                return self.day(day)
            case Month(day):
                return dates.format_skeleton("yMMM", day, locale=self.locale)
            case Money(amount, currency):
                return self.money(amount, currency)
            case datetime():
                return self.moment(value, zone)
            case date():
                return self.day(value)
            case tuple():
                return ", ".join(self._value(item, zone) for item in value)
            case Decimal():
                return self.decimal(value)
            case int() | float():
                return self.number(value)
            case _:
                return str(value)

    def number(self, value: float | Decimal) -> str:
        return numbers.format_decimal(value, locale=self.locale)

    def decimal(self, value: Decimal) -> str:
        """With as many decimals as it has."""
        places = -int(value.as_tuple().exponent)
        pattern = "#,##0" + ("." + "0" * places if places > 0 else "")
        return numbers.format_decimal(value, format=pattern, locale=self.locale)

    def money(self, amount: Decimal, currency: str) -> str:
        return numbers.format_currency(amount, currency, locale=self.locale)

    def percent(self, share: float | Decimal, digits: int = 0) -> str:
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return f"{numbers.format_decimal(100 * Decimal(str(share)), format=pattern, locale=self.locale)}\N{NO-BREAK SPACE}%"

    def share(self, part: int, whole: int) -> str:
        """A percentage that never says 0 % of something or 100 % of almost all."""
        if whole and 0 < part < whole:
            if 100 * part < whole:
                return self._("under {share}", share=self.percent(0.01))
            if 100 * part > 99 * whole:
                return self._("over {share}", share=self.percent(0.99))
        return self.percent(part / whole if whole else 0)

    def moment(self, at: datetime, zone: tzinfo) -> str:
        local = at.astimezone(zone)
        return f"{self.day(local.date())}, {dates.format_time(local, 'short', locale=self.locale)}"

    def day(self, day: date) -> str:
        return dates.format_date(day, "medium", locale=self.locale)


def language_of(accepted: str) -> Language:
    """By an `Accept-Language` header, or the Dashboard's own name of a language; English where none is spoken."""
    spoken = languages()
    for tag in _by_preference(accepted):
        main = tag.split("-")[0].lower()
        if main in spoken:
            return _language(tag.replace("-", "_"), main)
    return _language(FIRST, FIRST)


def _by_preference(accepted: str) -> list[str]:
    """The tags of `pl, en;q=0.8`, the liked best first; one whose weight is no number is liked least."""

    def weight(part: str) -> float:
        try:
            return float(part.partition("q=")[2] or 1)
        except ValueError:
            return 0

    parts = [part.strip() for part in accepted.split(",") if part.strip()]
    return [part.split(";")[0].strip() for part in sorted(parts, key=weight, reverse=True)]


@lru_cache(maxsize=256)
def _language(tag: str, main: str) -> Language:
    try:
        locale = Locale.parse(tag)
    except (ValueError, UnknownLocaleError):
        locale = Locale.parse(main)
    return Language(locale, _texts(main))


@cache
def _texts(main: str) -> gettext.NullTranslations:
    if main == FIRST:
        return gettext.NullTranslations()
    compiled = BytesIO()
    with (LOCALES / f"{main}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=main))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


#: Marks a text for the catalogues where it stands, to be looked up where it is shown.
N_: Callable[[str], str] = str


def plurals(one: str, many: str) -> tuple[str, str]:
    """The same of a text with a number, for `Language.plural`."""
    return one, many

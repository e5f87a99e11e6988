"""Sentences that can be said in another language: the English text, and beside it what it was made of.

`phrase("Silent for {days} days.", days=12)` is a `str` like any other, so that files, logs, the command line and JSON
have the English text. Who shows it to a merchant looks the template up in a catalogue, writes the values as that
language does and fills them in (`admin_ui.language.Language.said`). Values may be phrases themselves.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from json.encoder import encode_basestring
from typing import Any, Final

from plugin.domain.money import DIGITS, Money

#: Marks a template for the catalogues that is given to `phrase` elsewhere.
N_: Callable[[str], str] = str


def plurals(one: str, many: str) -> tuple[str, str]:
    """The same of a text with a number, for `phrases`."""
    return one, many


#: How a stored phrase begins. A text that begins so and is none is stored as a phrase that holds it.
_MARK: Final = '{"said":'


@dataclass(frozen=True, slots=True)
class Percent:
    """A share of one, said as per cent."""

    share: float
    digits: int = 0

    def __str__(self) -> str:
        return f"{100 * self.share:.{self.digits}f} %"


@dataclass(frozen=True, slots=True)
class Day:
    """In English as 1 Jun 2026; a plain day is 2026-06-01."""

    day: date

    def __str__(self) -> str:
        return f"{self.day.day} {self.day:%b %Y}"


@dataclass(frozen=True, slots=True)
class Month:
    day: date

    def __str__(self) -> str:
        return f"{self.day:%b %Y}"


class Phrase(str):
    """The text in English, and what it was made of. Made by the functions below alone.

    That is kept as the JSON that a database has of it and read again where somebody asks, who shows it in a language:
    thousands are made in a row and stored, and values that stay alive cost more than the sentence.
    """

    __slots__ = ("kept",)
    #: `{"said": template, "many": …, "with": {name: value, …}}`; see `stored`.
    kept: str

    @property
    def parts(self) -> "Parts":
        return _parts(json.loads(self.kept))


@dataclass(frozen=True, slots=True)
class Parts:
    template: str
    #: The template for other numbers than one of `n` among the values; None where nothing is counted.
    many: str | None
    #: Texts, phrases, numbers, `Percent`, `Money`, days, moments, and tuples of them, which are lists.
    values: Mapping[str, Any]


def phrase(template: str, /, **values: Any) -> Phrase:
    """`{name}` in the template is filled in; without values it is said as it stands, whatever is in it."""
    if not values:
        made = Phrase(template)
        made.kept = _begins(template, None) + "}"
        return made
    english, written = _both(values)
    made = Phrase(template.format_map(english))
    made.kept = f'{_begins(template, None)},"with":{{{",".join(written)}}}}}'
    return made


def phrases(n: int | str, one: str, many: str, /, **values: Any) -> Phrase:
    """With a number in it: `{n}`; a sign in its place is for several."""
    values["n"] = n
    english, written = _both(values)
    made = Phrase((one if n == 1 else many).format_map(english))
    made.kept = f'{_begins(one, many)},"with":{{{",".join(written)}}}}}'
    return made


def joined(parts: Iterable[str], between: str = " ") -> str:
    """One sentence after the other; each of them stays what it is."""
    found = list(parts)
    if len(found) == 1:
        return found[0]
    written = [f'"p{place}":{_written(part)}' for place, part in enumerate(found)]
    made = Phrase(between.join(found))
    made.kept = f'{_side_by_side(len(found), between)},"with":{{{",".join(written)}}}}}'
    return made


@cache
def _side_by_side(count: int, between: str) -> str:
    """A template that no catalogue needs."""
    return _begins(between.join(f"{{p{place}}}" for place in range(count)), None)


def _both(values: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    """The values as English has them, and as JSON."""
    english, written = {}, []
    for name, value in values.items():
        kind = value.__class__
        if kind is str:
            english[name] = value
            written.append(f'"{name}":{encode_basestring(value)}')
        elif kind is Phrase:
            english[name] = value
            written.append(f'"{name}":{value.kept}')
        else:
            say, write = _SPELT.get(kind, _TEXT)
            english[name] = say(value)
            written.append(f'"{name}":{write(value)}')
    return english, written


def _money(value: Money) -> str:
    return f"{value.amount:,.{DIGITS.get(value.currency, 2)}f} {value.currency}"


#: By class, because thousands are made in a row: how it is said in English, and its JSON.
_SPELT: Mapping[type, tuple[Callable[[Any], str], Callable[[Any], str]]] = {
    int: (lambda value: f"{value:,}", str),
    float: (lambda value: f"{round(value, 2):,}".removesuffix(".0"), repr),
    Decimal: (lambda value: f"{value:,f}", lambda value: f'{{"number":"{value}"}}'),
    Money: (_money, lambda value: f'{{"money":["{value.amount}",{encode_basestring(value.currency)}]}}'),
    Percent: (str, lambda value: f'{{"percent":[{value.share!r},{value.digits}]}}'),
    date: (str, lambda value: f'{{"day":"{value}"}}'),
    Day: (str, lambda value: f'{{"on":"{value.day}"}}'),
    Month: (str, lambda value: f'{{"month":"{value.day}"}}'),
    datetime: (
        lambda value: f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        lambda value: f'{{"moment":"{value.isoformat()}"}}',
    ),
    tuple: (
        lambda value: ", ".join(map(_english, value)),
        lambda value: f"[{','.join(map(_written, value))}]",
    ),
}
#: Of whatever else, as kinds of an enumeration, the text alone is kept.
_TEXT: tuple[Callable[[Any], str], Callable[[Any], str]] = (str, lambda value: encode_basestring(str(value)))


def _english(value: Any) -> str:
    return value if isinstance(value, str) else _SPELT.get(value.__class__, _TEXT)[0](value)


def _written(value: Any) -> str:
    """JSON, by hand: a phrase is a `str`, so that no encoder would ask."""
    kind = value.__class__
    if kind is Phrase:
        kept: str = value.kept
        return kept
    return _SPELT.get(kind, _TEXT)[1](value)


@cache
def _begins(template: str, many: str | None) -> str:
    said = _MARK + encode_basestring(template)
    return said if many is None else f'{said},"many":{encode_basestring(many)}'


def shortened(text: str, most: int) -> str:
    """What is too long is cut, and no phrase any more."""
    return text if len(text) <= most else text[:most]


def first_of(text: str) -> str:
    """The first of sentences that were joined."""
    if not isinstance(text, Phrase):
        return text
    first = text.parts.values.get("p0")
    return text if first is None else first_of(first)


def without_figures(text: str, sign: str = "…") -> str:
    """The same with a sign in the place of numbers, money, days and moments, so that phrases alike are equal."""
    if not isinstance(text, Phrase) or not (parts := text.parts).values:
        return text
    values = {
        name: without_figures(value, sign) if isinstance(value, str) else sign for name, value in parts.values.items()
    }
    if parts.many is None:
        return phrase(parts.template, **values)
    return phrases(values.pop("n"), parts.template, parts.many, **values)


def stored(text: str) -> str:
    """As a database keeps it; the inverse of `read_stored`."""
    if isinstance(text, Phrase):
        return text.kept
    return stored(phrase("{text}", text=str(text))) if text.startswith(_MARK) else text


def read_stored(text: str) -> str:
    """A phrase, or a text that is none: it is said as it stands in every language."""
    if not text.startswith(_MARK):
        return text
    read: str = _read(json.loads(text))
    return read


def stored_in(value: Any) -> Any:
    """Plain JSON, with its phrases as a database keeps them; the inverse of `read_stored_in`."""
    return _each(value, stored)


def read_stored_in(value: Any) -> Any:
    return _each(value, read_stored)


def _each(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {change(name): _each(item, change) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_each(item, change) for item in value]
    return value


def _read(found: Any) -> Any:
    match found:
        case {"said": _}:
            parts = _parts(found)
            if parts.many is None:
                return phrase(parts.template, **parts.values)
            return phrases(parts.values["n"], parts.template, parts.many, **parts.values)
        case {"percent": [share, digits]}:
            return Percent(share, digits)
        case {"on": day}:
            return Day(date.fromisoformat(day))
        case {"month": day}:
            return Month(date.fromisoformat(day))
        case {"money": [amount, currency]}:
            return Money(Decimal(amount), currency)
        case {"moment": at}:
            return datetime.fromisoformat(at)
        case {"day": day}:
            return date.fromisoformat(day)
        case {"number": number}:
            return Decimal(number)
        case list():
            return tuple(_read(item) for item in found)
        case _:
            return found


def _parts(found: Mapping[str, Any]) -> Parts:
    values = {name: _read(value) for name, value in found.get("with", {}).items()}
    return Parts(found["said"], found.get("many"), values)

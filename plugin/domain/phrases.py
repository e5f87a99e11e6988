"""Sentences that can be said in another language: the English text, and beside it what it was made of.

`phrase("Silent for {days} days.", days=12)` is a `str` like any other, so that files, logs, the command line and JSON
have the English text. Who shows it to a merchant looks the template up in a catalogue, writes the values as that
language does and fills them in (`admin_ui.language.Language.said`). Values may be phrases themselves.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from json.encoder import encode_basestring
from typing import Any, Final, TypeVar

from plugin.domain.money import Money

#: Marks a template for the catalogues that is given to `phrase` elsewhere.
N_: Callable[[str], str] = str


def plurals(one: str, many: str) -> tuple[str, str]:
    """The same of a text with a number, for `phrases`."""
    return one, many


#: How a stored phrase begins. A text that begins so and is none is stored as a phrase that holds it.
_MARK: Final = '{"said":'


@dataclass(frozen=True, slots=True)
class Percent:
    """A share of one, said as whole per cent."""

    share: float

    def __str__(self) -> str:
        return f"{100 * self.share:.0f} %"


class Phrase(str):
    """The text in English, with its template and values. Made by the functions below alone."""

    __slots__ = ("many", "template", "values")
    template: str
    #: The template for other numbers than one of `n` among the values; None where nothing is counted.
    many: str | None
    #: Texts, phrases, numbers, `Percent`, `Money`, days, moments, and tuples of them, which are lists.
    values: Mapping[str, Any]


def phrase(template: str, /, **values: Any) -> Phrase:
    """`{name}` in the template is filled in; without values it is said as it stands, whatever is in it."""
    made = Phrase(template.format_map(_english_of(values)) if values else template)
    made.template, made.many, made.values = template, None, values
    return made


def phrases(n: int, one: str, many: str, /, **values: Any) -> Phrase:
    """With a number in it: `{n}`."""
    values["n"] = n
    made = Phrase((one if n == 1 else many).format_map(_english_of(values)))
    made.template, made.many, made.values = one, many, values
    return made


def joined(parts: Iterable[str], between: str = " ") -> str:
    """One sentence after the other; each of them stays what it is."""
    found = list(parts)
    if len(found) == 1:
        return found[0]
    named = {f"p{place}": part for place, part in enumerate(found)}
    return phrase(_side_by_side(len(found), between), **named)


@cache
def _side_by_side(count: int, between: str) -> str:
    """A template that no catalogue needs."""
    return between.join(f"{{p{place}}}" for place in range(count))


_SAID_OTHERWISE = frozenset({int, float, Decimal, datetime, tuple})


def _english_of(values: dict[str, Any]) -> Mapping[str, Any]:
    for value in values.values():
        if value.__class__ in _SAID_OTHERWISE:
            return {name: english(value) for name, value in values.items()}
    return values


def english(value: Any) -> str:
    match value:
        case int() | Decimal():
            return f"{value:,}" if isinstance(value, int) else f"{value:,f}"
        case float():
            return f"{round(value, 2):,}"
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
        case tuple():
            return ", ".join(english(item) for item in value)
        case _:
            return str(value)


V = TypeVar("V")


def without_figures(text: str, sign: str = "…") -> str:
    """The same with a sign in the place of numbers, money, days and moments, so that phrases alike are equal."""
    if not isinstance(text, Phrase) or not text.values:
        return text
    values = {name: _without(value, sign) for name, value in text.values.items()}
    return phrase(text.template if text.many is None else text.many, **values)


def _without(value: Any, sign: str) -> Any:
    if isinstance(value, Phrase):
        return without_figures(value, sign)
    return value if isinstance(value, str) else sign


def stored(text: str) -> str:
    """As a database keeps it; the inverse of `read_stored`."""
    if isinstance(text, Phrase):
        return "".join(_written(text))
    return stored(phrase("{text}", text=text)) if text.startswith(_MARK) else text


def read_stored(text: str) -> str:
    """A phrase, or a text that is none: it is said as it stands in every language."""
    read: str = _read(json.loads(text)) if text.startswith(_MARK) else text
    return read


def _written(value: Any) -> Iterator[str]:
    """JSON, by hand: a phrase is a `str`, so that no encoder would ask, and thousands are written in a row."""
    kind = value.__class__
    if kind is Phrase:
        yield _MARK
        yield _quoted(value.template)
        if value.many is not None:
            yield ',"many":'
            yield _quoted(value.many)
        between = ',"with":{'
        for name, item in value.values.items():
            yield f'{between}"{name}":'
            yield from _written(item)
            between = ","
        yield "}}" if value.values else "}"
    elif kind is str:
        yield encode_basestring(value)
    elif kind is int or kind is float:
        yield repr(value)
    elif kind is tuple:
        yield "["
        for place, item in enumerate(value):
            yield "," if place else ""
            yield from _written(item)
        yield "]"
    else:
        yield json.dumps(_tagged(value))


_quoted = cache(encode_basestring)


def _tagged(value: Any) -> Any:
    match value:
        case Percent(share):
            return {"percent": share}
        case Money(amount, currency):
            return {"money": [str(amount), currency]}
        case datetime():
            return {"moment": value.isoformat()}
        case date():
            return {"day": value.isoformat()}
        case Decimal():
            return {"number": str(value)}
        case _:
            return str(value)


def _read(found: Any) -> Any:
    match found:
        case {"said": template, "many": many, "with": values}:
            read = {name: _read(value) for name, value in values.items()}
            return phrases(read.pop("n"), template, many, **read)
        case {"said": template, "with": values}:
            return phrase(template, **{name: _read(value) for name, value in values.items()})
        case {"said": template}:
            return phrase(template)
        case {"percent": share}:
            return Percent(share)
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

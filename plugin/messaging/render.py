"""The words of a message as text and, for mails, as HTML: both of one source, plain paragraphs with tokens.

Everything that is filled in is escaped in the HTML; no picture is loaded from anywhere.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from babel import Locale, UnknownLocaleError
from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from plugin.domain.content import word
from plugin.domain.messages import Words, fill, nameless, pieces

#: Tokens that are addresses: written as links.
_LINKS = frozenset({"link", "unsubscribe", "preferences"})
_CODES = frozenset({"code"})
#: What stands below each mail. Other languages are added here, or the merchant's text has {unsubscribe} in it.
_FOOT = {
    "en": ("Unsubscribe", "Choose what we may send you"),
    "de": ("Abmelden", "Auswählen, was wir senden dürfen"),
    "es": ("Darse de baja", "Elegir qué podemos enviarle"),
    "fr": ("Se désabonner", "Choisir ce que nous pouvons vous envoyer"),
    "pl": ("Wypisz się", "Wybierz, co możemy wysyłać"),
}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A button, a code by itself, or words."""

    words: Markup = Markup()
    button: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the words of a mail."""

    shop: str
    imprint: str
    preferences: str
    unsubscribe: str | None
    #: None unless the customer agreed to be measured.
    pixel: str | None = None


@dataclass(frozen=True, slots=True)
class Rendered:
    subject: str
    text: str
    html: str


def render(words: Words, values: Mapping[str, str], language: str | None, frame: Frame) -> Rendered:
    """values: token → what it stands for. Raises nothing for words that were checked when they were saved."""
    foot = _foot(language)
    subject = one_line(fill(words.subject, values))
    text = fill(words.text, values)
    below = [frame.imprint, f"{foot[1]}: {frame.preferences}"]
    if frame.unsubscribe:
        below.insert(1, f"{foot[0]}: {frame.unsubscribe}")
    html = _mail().render(
        language=(language or "en").replace("_", "-").lower(),
        direction=_direction(language),
        subject=subject,
        shop=frame.shop,
        paragraphs=_paragraphs(words, values),
        button=fill(words.button, values) or frame.shop,
        imprint=frame.imprint,
        preferences=frame.preferences,
        unsubscribe=frame.unsubscribe,
        pixel=frame.pixel,
        words={"unsubscribe": foot[0], "preferences": foot[1]},
    )
    return Rendered(subject, "\n\n".join([text, "-- \n" + "\n".join(line for line in below if line)]), html)


def plain(words: Words, values: Mapping[str, str]) -> str:
    """For what takes text alone: an SMS, a push message."""
    return fill(words.text, values).strip()


def one_line(text: str) -> str:
    """As a header can hold it: what customers call themselves adds no header of its own."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())


def _paragraphs(words: Words, values: Mapping[str, str]) -> list[Paragraph]:
    text = nameless(words.text, values)
    made = [_paragraph(part.strip("\n"), values) for part in text.replace("\r\n", "\n").split("\n\n") if part.strip()]
    if values.get("link") and "{link}" not in text:
        made.append(Paragraph(button=values["link"]))
    return made


def _paragraph(text: str, values: Mapping[str, str]) -> Paragraph:
    if text.strip() == "{link}" and values.get("link"):
        return Paragraph(button=values["link"])
    if text.strip() == "{code}":
        return Paragraph(code=values.get("code", ""))
    parts = [_literal(literal) + _value(token, values) for literal, token in pieces(text)]
    return Paragraph(words=Markup().join(parts))


def _literal(text: str) -> Markup:
    return Markup("<br>").join(text.split("\n"))


def _value(token: str | None, values: Mapping[str, str]) -> Markup:
    value = values.get(token or "", "")
    if token in _LINKS and value:
        return Markup('<a href="{0}">{0}</a>').format(value)
    if token in _CODES:
        return Markup("<strong>{0}</strong>").format(value)
    return escape(value)


@lru_cache(maxsize=256)
def _foot(language: str | None) -> tuple[str, str]:
    said = {name: "\n".join(words) for name, words in _FOOT.items()}
    unsubscribe, _, preferences = word(said, language or "").partition("\n")
    return unsubscribe, preferences


@lru_cache(maxsize=256)
def _direction(language: str | None) -> str:
    try:
        return Locale.parse((language or "en").replace("-", "_")).text_direction
    except (UnknownLocaleError, ValueError):
        return "ltr"


@cache
def _mail() -> Template:
    pages = Environment(
        loader=PackageLoader("plugin.messaging"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return pages.get_template("mail.html")

"""A message to one customer: its words by language, with tokens in them, and the ways by which it may go.

A text is plain: paragraphs with a blank line between them. Mails are made of it as text and as HTML, the others
as text alone.
"""

import string
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from plugin.domain.baskets import WayBack, write_way
from plugin.domain.content import word
from plugin.domain.phrases import N_, phrase
from plugin.domain.values import light_dataclass
from plugin.errors import sentence_of


class Purpose(StrEnum):
    #: Needs the customer's consent, and says how to take it back.
    MARKETING = "marketing"
    #: About an order or a promise of the customer's own: sent without consent to marketing, never to persuade.
    TRANSACTIONAL = "transactional"


class Medium(StrEnum):
    """What a message goes by; Saleor's channels are something else."""

    MAIL = "mail"
    SMS = "sms"
    PUSH = "push"


#: Filled in whatever the message is about: the first name (may be unknown), the shop's, where the message leads
#: to, and the customer's own pages to take back consent.
COMMON = frozenset({"name", "shop", "link", "unsubscribe", "preferences"})
#: Filled in where the message tells of a code.
OF_A_CODE = frozenset({"offer", "code", "until"})
LONGEST_SUBJECT, LONGEST_TEXT = 150, 10_000


@light_dataclass(frozen=True, slots=True)
class Message:
    """Words by language, the first for every other language; tokens as {name}, and {{ for a brace."""

    #: Tried in this order: it goes by the first by which the customer may and can be reached.
    media: tuple[Medium, ...]
    subjects: Mapping[str, str]
    texts: Mapping[str, str]
    #: What is written on the button that leads on.
    buttons: Mapping[str, str] = field(default_factory=dict)
    #: Where it leads: a path of the storefront, as /basket, or a whole https address; None for the storefront itself.
    link: str | None = None
    #: The tactic's own tokens, as {product}.
    values: Mapping[str, str] = field(default_factory=dict)
    #: What {link} leads back to instead, by a signed link of ours.
    way_back: WayBack | None = None
    #: What merchants know it by among the messages of its tactic.
    title: str = "Message"


@dataclass(frozen=True, slots=True)
class Words:
    """A message in one language, its tokens not yet filled in."""

    subject: str
    text: str
    button: str


def words_in(message: Message, language: str | None) -> Words:
    """In the language of the text, subject and button alike."""
    spoken = language or ""
    return Words(word(message.subjects, spoken), word(message.texts, spoken), word(message.buttons, spoken))


def pieces(text: str) -> Iterator[tuple[str, str | None]]:
    """What stands there, and the token that follows it; None after the last. Raises `ValueError`."""
    for literal, token, form, conversion in string.Formatter().parse(text):
        if form or conversion:
            raise ValueError(phrase("“{token}” has more between its braces than a name", token=f"{{{token}}}"))
        yield literal, token


def fill(text: str, values: Mapping[str, str]) -> str:
    """With the tokens' values; a name that is not known is left out with the comma before it."""
    return "".join(literal + values.get(token or "", "") for literal, token in pieces(nameless(text, values)))


def nameless(text: str, values: Mapping[str, str]) -> str:
    """As if the name had not been asked for, where none is known."""
    if values.get("name"):
        return text
    return text.replace(", {name}", "").replace(" {name}", "").replace("{name}", "")


_PARTS = {
    "subject": N_("The subject in {language}"),
    "text": N_("The text in {language}"),
    "button": N_("The button in {language}"),
}


def problems_of(message: Message, tokens: Collection[str]) -> Iterator[str]:
    """A sentence for each thing that would go wrong when it is sent. tokens: what may stand in it beside COMMON."""
    if not message.texts:
        yield phrase("The message has no text: write one in one language at least.")
    for language in message.texts:
        if not language.strip():
            yield phrase("A text of the message has no language: name it, as en or pt-br.")
    if Medium.MAIL in message.media and set(message.subjects) != set(message.texts):
        yield phrase("The message needs a subject in each language that it has a text in, and in no other.")
    if message.buttons and set(message.buttons) != set(message.texts):
        yield phrase("The button needs its words in each language that the message has a text in, or in none.")
    allowed = COMMON | set(tokens)
    for name, words in (("subject", message.subjects), ("text", message.texts), ("button", message.buttons)):
        for language, said in words.items():
            yield from _problems_of_text(phrase(_PARTS[name], language=language or "?"), said, name, allowed)
    if message.link is not None and not leads_somewhere(message.link):
        yield phrase("A message leads to a path, as /basket, or to a whole address that begins with https://.")


def _problems_of_text(which: str, said: str, name: str, allowed: Collection[str]) -> Iterator[str]:
    if not said.strip():
        yield phrase("{part} is empty.", part=which)
    if len(said) > (LONGEST_TEXT if name == "text" else LONGEST_SUBJECT):
        most = LONGEST_TEXT if name == "text" else LONGEST_SUBJECT
        yield phrase("{part} is too long: at most {most} letters.", part=which, most=most)
    if name != "text" and not said.isprintable():
        yield phrase("{part} must be one line.", part=which)
    try:
        found = [token for _, token in pieces(said) if token is not None]
    except ValueError as error:
        token, brace = "{name}", ("{{", "}}")
        told = N_("{part} cannot be filled in: {error}. Write a token as {token}, and a brace as {brace}.")
        yield phrase(told, part=which, error=sentence_of(error), token=token, brace=brace)
        return
    for token in dict.fromkeys(found):
        if token not in allowed:
            told = N_("{part} has {token}, which nothing fills in here; there are {known}.")
            yield phrase(told, part=which, token=f"{{{token}}}", known=tuple(f"{{{one}}}" for one in sorted(allowed)))


def leads_somewhere(link: str) -> bool:
    """No address of another scheme, and none that a browser takes for another host."""
    if not link.isascii() or not link.isprintable() or " " in link:
        return False
    return link.startswith("https://") or (link.startswith("/") and not link.startswith(("//", "/\\")))


def write_message(message: Message, language: str | None) -> dict[str, Any]:
    """As JSON values, in the one language that it is sent in."""
    words = words_in(message, language)
    return {
        "media": [medium.value for medium in message.media],
        "subject": words.subject,
        "text": words.text,
        "button": words.button,
        "link": message.link,
        "values": dict(message.values),
        "way_back": None if message.way_back is None else write_way(message.way_back),
    }

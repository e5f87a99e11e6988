"""In whose name a shop's messages are sent, and to whom they may go: the merchant's own settings."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plugin.domain.phrases import phrase
from plugin.domain.tactic import param, read_values, write_params
from plugin.errors import Rejected


@dataclass(frozen=True, slots=True)
class Sending:
    sender_name: str = param("", "Sender's name", help="Empty for the shop's name.")
    sender_address: str | None = param(
        None, "Sender's address", help="Mails are sent from it; its domain must allow your mail server to (SPF, DKIM)."
    )
    reply_to: str | None = param(None, "Answers go to", help="Empty for the sender's address.")
    storefront: str | None = param(
        None, "Storefront", help="Its https address: what messages lead to, and what their paths are added to."
    )
    imprint: str = param("", "Imprint", help="Who sends this and where they are, at the end of each mail.")
    needs_opt_in: bool = param(
        True,
        "Marketing needs a yes",
        help="No: mails also to who has bought and has not said no, where your law allows it. SMS and push always do.",
    )


def read_sending(data: Any) -> Sending:
    """From JSON values, what is left out as it is by default; raises `Rejected` with a sentence for each mistake."""
    if not isinstance(data, Mapping):
        raise Rejected(phrase("Settings for sending are a table of names and values, not {given}.", given=repr(data)))
    return read_values(Sending, "Sending", data, _check)


def write_sending(sending: Sending) -> dict[str, Any]:
    """The inverse of `read_sending`."""
    return write_params(sending)


def _check(sending: Sending) -> Iterator[str]:
    for address in (sending.sender_address, sending.reply_to):
        if address is not None and not looks_like_an_address(address):
            yield phrase("“{address}” is no e-mail address; write it as shop@example.com.", address=address)
    if not sending.sender_name.isprintable():
        yield phrase("The sender's name must be one line.")
    at = sending.storefront
    if at is not None and not (at.startswith(("https://", "http://")) and at.isascii() and at.isprintable()):
        yield phrase("“{at}” is no address of a storefront; write it as https://shop.example.", at=at)


def looks_like_an_address(text: str) -> bool:
    """One that a header may hold: whether its mailbox exists is another question."""
    name, at, domain = text.rpartition("@")
    fits = bool(name and at and domain.strip(".")) and len(text) <= 320
    return fits and text.isprintable() and not any(letter in text for letter in ' <>()[],;:\\"')

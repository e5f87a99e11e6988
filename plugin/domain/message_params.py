"""The parameters of a tactic that sends messages; any tactic takes them in beside its own."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin.domain.messages import OF_A_CODE, Medium, Message, problems_of
from plugin.domain.tactic import Tactic, param
from plugin.domain.value_kinds import ValueKind


@dataclass(frozen=True)  # without slots, so that a tactic can take them in beside `OfferParams`
class MessageParams:
    """As `class Mine(MessageParams, OfferParams)`. Give `message_subjects` and `message_texts` defaults of your own."""

    message_by: tuple[Medium, ...] = param(
        (),
        "Message by",
        help="mail, sms, push: the first by which the customer may be reached is taken; empty for no message.",
    )
    message_subjects: Mapping[str, str] = param(
        dict, "Subject", unit="by language", help="As {“en”: “For you, {name}”}.", needs="message_by"
    )
    message_texts: Mapping[str, str] = param(
        dict,
        "Message",
        unit="by language",
        help="Paragraphs with a blank line between them; the first language is for all others.",
        needs="message_by",
        kind=ValueKind.LONG_TEXT,
    )
    message_buttons: Mapping[str, str] = param(dict, "What leads on", unit="by language", needs="message_by")
    message_link: str | None = param(
        None,
        "Where it leads",
        help="A path of the storefront, as /basket, or a whole https address; empty for the storefront.",
        needs="message_by",
    )


def check_message(params: MessageParams, tokens: Collection[str] = OF_A_CODE) -> Iterator[str]:
    """A sentence for each thing that is wrong. tokens: what may stand in the words beside the common ones."""
    message = message_of(params)
    if message is not None:
        yield from problems_of(message, tokens)


def messages_of(tactic: Tactic[Any], params: Any) -> Sequence[Message]:
    """All that it may send, with a sample for what is its own to fill in; none where nothing is sent."""
    one = message_of(params) if isinstance(params, MessageParams) else None
    return () if one is None else [*tactic.messages(params)] or [one]


def message_of(params: MessageParams, values: Mapping[str, str] | None = None) -> Message | None:
    """What is to be said, or None where no message is sent. values: of the tactic's own tokens."""
    if not params.message_by:
        return None
    return Message(
        params.message_by,
        params.message_subjects,
        params.message_texts,
        params.message_buttons,
        params.message_link,
        values or {},
    )

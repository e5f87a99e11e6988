"""By what a customer may be written to: what they chose for each way, and what account and orders said."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plugin.domain.consent import Consent
from plugin.domain.messages import Medium, Purpose

#: Beside the media, what can be chosen: whether opens and clicks may be looked at.
MEASURING = "measuring"


class Source(StrEnum):
    #: The customer's own page; the unsubscribe button of a mail program.
    PAGE = "page"
    ONE_CLICK = "one_click"
    #: The merchant's provider says so: the address takes no mail, or its owner called it spam.
    BOUNCE = "bounce"
    COMPLAINT = "complaint"


#: Nothing goes by that way any more, whatever it is about.
_DEAD = frozenset({Source.BOUNCE, Source.COMPLAINT})


@dataclass(frozen=True, slots=True)
class Choice:
    """The newest word on one way."""

    yes: bool
    source: Source
    at: datetime


@dataclass(frozen=True, slots=True)
class Contact:
    """How a customer can be reached, whether they may be or not."""

    has_address: bool
    #: A number or a device is looked up by the account.
    has_account: bool
    has_bought: bool


def reach(
    consent: Consent, choices: Mapping[str, Choice], contact: Contact, media: Collection[Medium], *, needs_opt_in: bool
) -> dict[Purpose, frozenset[Medium]]:
    """For each purpose, the media by which a message may go.

    media: those that there is a sender for. needs_opt_in: a marketing mail needs a yes, not just no no.
    """
    possible = {
        medium
        for medium in media
        if (contact.has_address if medium is Medium.MAIL else contact.has_account) and not _is_dead(choices.get(medium))
    }
    allowed = {medium for medium in possible if _agrees(consent, choices.get(medium), contact, medium, needs_opt_in)}
    return {Purpose.TRANSACTIONAL: frozenset(possible), Purpose.MARKETING: frozenset(allowed)}


def _is_dead(choice: Choice | None) -> bool:
    return choice is not None and not choice.yes and choice.source in _DEAD


def _agrees(consent: Consent, choice: Choice | None, contact: Contact, medium: Medium, needs_opt_in: bool) -> bool:
    """SMS and push need a yes of their own; of mails, what account and orders say counts, where it is newer."""
    if consent.opted_out:
        return False
    if medium is not Medium.MAIL:
        return choice is not None and choice.yes
    if choice is not None and (consent.agreed_at is None or choice.at >= consent.agreed_at):
        return choice.yes
    return consent.agreed_at is not None or (not needs_opt_in and contact.has_bought)

"""What a tactic can ask for, and what becomes of it.

A tactic yields values of this module. `decide` puts the guardrails around them; `flow` turns what is
left into effect rows (one call to the platform, or one message, each).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from plugin.domain.messages import Message, Purpose
from plugin.domain.offers import Offer
from plugin.domain.values import light_dataclass


class Slot(StrEnum):
    """A place in the storefront; also the last part of the metadata key that holds its content."""

    #: The personal offer with its code.
    BANNER = "banner"
    #: The personal free-shipping threshold.
    FREE_SHIPPING = "free_shipping"
    #: That the next order ships free, and until when.
    NEXT_ORDER = "next_order"


@light_dataclass(frozen=True, slots=True)
class Banner:
    """Content for a slot, as plain text: `{code}` and `{until}` are filled in when the code is known."""

    slot: Slot
    text: str
    #: What a machine reads beside the text, as JSON values: amounts as strings, moments as ISO 8601.
    data: Mapping[str, Any] = field(default_factory=dict)


@light_dataclass(frozen=True, slots=True)
class GiveCode:
    """One single-use code of this campaign, once an episode, and the banner and the message that tell of it."""

    #: What began this need; the same need never gives twice.
    episode: str
    #: When it began; one that began longer ago is for those who were inside when the campaign was switched on.
    since: datetime
    offer: Offer
    #: None for who has no account to show one in: then a message must tell of the code.
    banner: Banner | None
    reason: str
    #: The row of the voucher that it is a code of, with that one's last day; None for one of the campaign's own of today.
    voucher: int | None = None
    #: Sent once the code is at the platform; None for a banner alone.
    message: Message | None = None
    #: What is owed to the customer (TRANSACTIONAL) is given and told of without consent to marketing.
    purpose: Purpose = Purpose.MARKETING
    #: How an account is told that its next order ships free, where the offer says so (`Offer.ships_free`).
    next_order: str = ""


@light_dataclass(frozen=True, slots=True)
class Tell:
    """One message without a gift, once an episode: a reminder, a last-minute notice, an apology."""

    episode: str
    #: As of `GiveCode`.
    since: datetime
    message: Message
    reason: str
    purpose: Purpose = Purpose.MARKETING
    #: The episode of an earlier gift of the same campaign, whose {code}, {offer} and {until} the words name: nothing
    #: is sent once that code is used, taken back or over.
    about: str | None = None


@dataclass(frozen=True, slots=True)
class ShowBanner:
    """Content for one customer, without a code; what is shown already is not written again."""

    banner: Banner
    reason: str


@light_dataclass(frozen=True, slots=True)
class Nothing:
    """A choice too, and kept with its reason."""

    episode: str
    since: datetime
    reason: str


@light_dataclass(frozen=True, slots=True)
class CheckAgain:
    """Wake this tactic for this customer at that moment."""

    at: datetime


Wish = GiveCode | Tell | ShowBanner | Nothing | CheckAgain


class EffectKind(StrEnum):
    """One call to the platform each; a chain waits from top to bottom."""

    VOUCHER = "voucher"
    LISTING = "listing"
    CODE = "code"
    #: Store credit for one customer.
    GIFT_CARD = "gift_card"
    BANNER = "banner"
    #: Take a banner away.
    CLEAR = "clear"
    #: Take codes back.
    REVOKE = "revoke"
    #: Switch a gift card off.
    DEACTIVATE = "deactivate"
    #: Make or end the promotion of a campaign that gives a public gift.
    PROMOTION = "promotion"
    #: Send a message; carried out in a lane of its own, by a sender instead of the platform.
    MESSAGE = "message"


class EffectStatus(StrEnum):
    OPEN = "open"
    LEASED = "leased"
    #: Of a message: handed to the sender, or about to be. Whoever is killed meanwhile leaves it unknown whether it went.
    IN_FLIGHT = "in_flight"
    #: Of a message: it may have been sent and nobody knows; sent again only by a person.
    PARKED = "parked"
    DONE = "done"
    #: Tried, to be tried again at its next moment.
    FAILED = "failed"
    #: Given up; a person sees it and can have it tried again.
    DEAD = "dead"
    #: No longer wanted when its turn came.
    WITHDRAWN = "withdrawn"

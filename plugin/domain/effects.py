"""What a tactic can ask for, and what becomes of it.

A tactic yields values of this module. `decide` puts the guardrails around them; `flow` turns what is
left into effect rows (one call to the platform each), which `saleor.perform` carries out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from plugin.domain.offers import Offer


class Slot(StrEnum):
    """A place in the storefront; also the last part of the metadata key that holds its content."""

    #: The personal offer with its code.
    BANNER = "banner"
    #: The personal free-shipping threshold.
    FREE_SHIPPING = "free_shipping"


@dataclass(frozen=True, slots=True)
class Banner:
    """Content for a slot, as plain text: `{code}` and `{until}` are filled in when the code is known."""

    slot: Slot
    text: str
    #: What a machine reads beside the text, as JSON values: amounts as strings, moments as ISO 8601.
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class GiveCode:
    """One single-use code of this campaign, once an episode, and the banner that tells of it."""

    #: What began this need; the same need never gives twice.
    episode: str
    #: When it began; one that began longer ago is for those who were inside when the campaign was switched on.
    since: datetime
    offer: Offer
    banner: Banner
    reason: str


@dataclass(frozen=True, slots=True)
class ShowBanner:
    """Content for one customer, without a code; what is shown already is not written again."""

    banner: Banner
    reason: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """A choice too, and kept with its reason."""

    episode: str
    since: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class CheckAgain:
    """Wake this tactic for this customer at that moment."""

    at: datetime


Wish = GiveCode | ShowBanner | Nothing | CheckAgain


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


class EffectStatus(StrEnum):
    OPEN = "open"
    LEASED = "leased"
    DONE = "done"
    #: Tried, to be tried again at its next moment.
    FAILED = "failed"
    #: Given up; a person sees it and can have it tried again.
    DEAD = "dead"
    #: No longer wanted when its turn came.
    WITHDRAWN = "withdrawn"

"""What one shopper is shown in the places of the storefront: their own code, banners, and what informs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from plugin.domain.campaigns import Campaign
from plugin.domain.conditions import holds
from plugin.domain.content import OFFER, RECOMMENDATIONS, Piece, Place, choose, word
from plugin.domain.effects import Banner, Slot
from plugin.domain.today import Today
from plugin.errors import Rejected
from plugin.flow.announcements import piece_of
from plugin.flow.fronts import Front, Shopper

#: Where a shopper's own code is shown before anything else.
OFFER_PLACES = (Place.ANNOUNCEMENT, Place.BASKET, Place.ACCOUNT)

#: Signs the name of a piece, so that only what was shown can be told back.
Sign = Callable[[str], str]


def read_places(slots: Sequence[str]) -> list[Place]:
    """Each once. Raises `Rejected` for one that is not there."""
    known = {place.value: place for place in Place}
    unknown = [slot for slot in slots if slot not in {*known, RECOMMENDATIONS}]
    if unknown or not slots:
        raise Rejected(f"slot must be one or more of {', '.join((*known, RECOMMENDATIONS))}.")
    return list(dict.fromkeys(known[slot] for slot in slots if slot in known))


def content_for(
    front: Front, shopper: Shopper, channel: str, places: Sequence[Place], language: str, now: datetime, sign: Sign
) -> dict[str, Any] | None:
    """None: there is nothing to show."""
    if not front.offers:
        return None
    today = Today(now, front.shop.zone) if front.today is None else replace(front.today, now=now)
    pieces = [piece_of(campaign, today) for campaign in front.content if _is_for(campaign, shopper, channel, now)]
    known = shopper.customer
    who = "" if known is None else str(known.customer_id)
    share = front.shop.guardrails.promotion_share
    chosen = choose((piece for piece in pieces if piece is not None), shopper.seen, share, now, who)
    slots = {place.value: _told(piece, language, sign) for place, piece in chosen.items() if place in places}
    own = None if known is None else known.shown.get(Slot.BANNER)
    if own is not None and _lives(own, now):
        slots |= {place.value: _offer(own, sign) for place in OFFER_PLACES if place in places}
    return {"slots": slots} if slots else None


def _is_for(campaign: Campaign, shopper: Shopper, channel: str, now: datetime) -> bool:
    """Whoever objects to being profiled is shown what everybody is: what names no audience."""
    if not campaign.runs_in(channel, now):
        return False
    if campaign.for_everybody:
        return True
    if shopper.customer is not None and shopper.customer.state.consent.objects:
        return False
    return holds(campaign.whom, shopper.person, now)


def _told(piece: Piece, language: str, sign: Sign) -> dict[str, Any]:
    return {
        "id": piece.name,
        "ref": sign(piece.name),
        "kind": piece.kind.value,
        "title": word(piece.titles, language),
        "text": word(piece.texts, language),
        "href": piece.href,
        "link": word(piece.links, language) or None,
        "image": piece.image,
        "dismissible": piece.dismissible,
        "code": None,
        "until": None,
    }


def _offer(own: Banner, sign: Sign) -> dict[str, Any]:
    nothing: Mapping[str, None] = dict.fromkeys(("href", "link", "image"))
    return {
        "id": OFFER,
        "ref": sign(OFFER),
        "kind": OFFER,
        "title": "",
        "text": own.text,
        **nothing,
        "dismissible": False,
        "code": own.data.get("code"),
        "until": own.data.get("until"),
    }


def _lives(own: Banner, now: datetime) -> bool:
    until = own.data.get("until")
    return until is None or datetime.fromisoformat(until) > now

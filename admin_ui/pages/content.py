"""Content: what stands in which place of the storefront, for whom and when, and what shoppers did with it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import anyio
from starlette.responses import Response

from admin_ui.answers import part
from admin_ui.language import N_, Language
from admin_ui.page import Page
from admin_ui.visit import Visit
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.condition_words import in_words
from plugin.domain.conditions import read_condition
from plugin.domain.content import Kind, Piece, Place, word
from plugin.domain.deeds import Deed
from plugin.domain.today import Today
from plugin.flow.announcements import piece_of
from plugin.flow.house import House
from plugin.store import campaigns, front_events

#: What a shopper's own code is called in what is told back (plugin.storefront.content).
OFFER = "offer"
#: What shoppers did within so long is shown.
COUNTED = timedelta(days=30)
PLACES = {
    Place.ANNOUNCEMENT: N_("Announcement bar"),
    Place.HOME: N_("Home page"),
    Place.CATEGORY: N_("Category page"),
    Place.PRODUCT: N_("Product page"),
    Place.BASKET: N_("Basket"),
    Place.CHECKOUT: N_("Checkout"),
    Place.ACCOUNT: N_("Account"),
    Place.ORDER_CONFIRMATION: N_("Order confirmation"),
}
KINDS = {
    Kind.PROMOTION: N_("Promotion"),
    Kind.STORY: N_("Story"),
    Kind.GUIDE: N_("Guide"),
    Kind.LOOK_BOOK: N_("Look book"),
    Kind.COMMUNITY: N_("Community"),
    Kind.HELP: N_("Help"),
}


@dataclass(frozen=True, slots=True)
class Deeds:
    seen: int
    clicked: int
    dismissed: int


@dataclass(frozen=True, slots=True)
class Shown:
    """One piece of content."""

    campaign: Campaign
    piece: Piece
    #: In the merchant's language where the shop has it, else in its first.
    title: str
    text: str
    link: str
    languages: Sequence[str]
    whom: str
    deeds: Deeds


async def show(house: House, visit: Visit) -> Response:
    values = await anyio.to_thread.run_sync(_gather, house, visit)
    return part(visit, "content.html", notice=None, places=PLACES, kinds=KINDS, days=COUNTED.days, **values)


def _gather(house: House, visit: Visit) -> dict[str, Any]:
    since = (visit.now - COUNTED).astimezone(visit.zone).date()
    with house.database.read() as connection:
        known = campaigns.of_shop(connection, visit.shop.shop_id, house.tactics)
        counted = Counter[tuple[str, Deed]]()
        for one in front_events.counts(connection, visit.shop.shop_id, since):
            counted[one.content, one.type] += one.times
    shown = [found for one in known if (found := _shown(one, counted, visit)) is not None]
    by_place = {place: [one for one in shown if one.piece.place is place] for place in PLACES}
    return {"by_place": by_place, "any": bool(shown), "offers": _deeds(OFFER, counted)}


def _shown(campaign: Campaign, counted: Mapping[tuple[str, Deed], int], visit: Visit) -> Shown | None:
    """None for what shows nothing in a place, and for what has ended."""
    if campaign.status is CampaignStatus.ENDED:
        return None
    piece = piece_of(campaign, Today(visit.now, visit.zone))
    if piece is None:
        return None
    language = visit.language
    spoken = language.locale.language
    title, text, link = (word(texts, spoken) for texts in (piece.titles, piece.texts, piece.links))
    whom, deeds = _whom(campaign, language), _deeds(piece.name, counted)
    return Shown(campaign, piece, title, text, link, list(piece.texts), whom, deeds)


def _whom(campaign: Campaign, language: Language) -> str:
    if campaign.audience_said is None and campaign.exclude_said is None:
        return language._("Everybody")
    wanted = campaign.audience_said
    told = language._("Everybody") if wanted is None else in_words(read_condition(wanted))
    if campaign.exclude_said is None:
        return told
    return language._("{whom}; not: {others}", whom=told, others=in_words(read_condition(campaign.exclude_said)))


def _deeds(content: str, counted: Mapping[tuple[str, Deed], int]) -> Deeds:
    return Deeds(*(counted.get((content, deed), 0) for deed in (Deed.SEEN, Deed.CLICKED, Deed.DISMISSED)))


PAGE = Page(title="Content", shows={"/admin/content": show})

"""The announcement bar for everybody, as the pages that storefronts read say it: the same banner as guests are shown."""

from collections.abc import Iterable, Mapping

from plugin.domain.campaigns import Campaign
from plugin.domain.content import Piece, Place, choose
from plugin.domain.today import Today
from plugin.saleor.page_models import DISMISSIBLE, HREF, LINK, MESSAGE, Values
from plugin.store.shops import Shop


def piece_of(campaign: Campaign, today: Today) -> Piece | None:
    if campaign.tactic.content is None or campaign.campaign_id in today.spent:
        return None
    return campaign.tactic.content(str(campaign.campaign_id), campaign.priority, campaign.params, today)


def announcement(shop: Shop, found: Iterable[Campaign], channel: str, today: Today) -> Values | None:
    """None: there is nothing to announce. What is shown so many times only is left out: a page cannot count."""
    if shop.stopped:
        return None
    running = [one for one in found if one.for_everybody and one.runs_in(channel, today.now)]
    pieces = [piece_of(campaign, today) for campaign in running]
    lasting = [piece for piece in pieces if piece is not None and piece.times is None]
    piece = choose(lasting, (), shop.guardrails.promotion_share, today.now).get(Place.ANNOUNCEMENT)
    return None if piece is None else _values(piece)


def _values(piece: Piece) -> Values:
    """In the first of its languages; the merchant translates it where it stands."""
    said = (_first(words) for words in (piece.titles, piece.texts))
    return {
        MESSAGE: " · ".join(part for part in said if part),
        HREF: piece.href,
        LINK: _first(piece.links) or None,
        DISMISSIBLE: piece.dismissible,
    }


def _first(words: Mapping[str, str]) -> str:
    return next((said.strip() for said in words.values() if said.strip()), "")

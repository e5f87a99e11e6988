"""What a storefront shows in its places, and which of several pieces one shopper is shown.

Promotion and information share the places: of what one shopper sees, at most a share promotes. Who is not
measured (a guest, or who has not agreed) is shown both by turns of the day.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from plugin.domain.deeds import Deed
from plugin.domain.experiments import in_share

#: What a shopper saw within so many days counts for the mix.
MIX_DAYS = 30
#: A piece that was put away stays so for this long.
DISMISSED_DAYS = 30
#: What is no banner of a campaign, in what is told back: a shopper's own code, and the bar of free shipping.
OFFER = "offer"
FREE_SHIPPING = "free_shipping"
#: A place that stays empty until there are recommendations; pages may ask for it already, and no banner goes there.
RECOMMENDATIONS = "recommendations"
_DAY = timedelta(days=1)


class Place(StrEnum):
    ANNOUNCEMENT = "announcement"
    HOME = "home"
    CATEGORY = "category"
    PRODUCT = "product"
    BASKET = "basket"
    CHECKOUT = "checkout"
    ACCOUNT = "account"
    ORDER_CONFIRMATION = "order_confirmation"


class Kind(StrEnum):
    PROMOTION = "promotion"
    STORY = "story"
    GUIDE = "guide"
    LOOK_BOOK = "look_book"
    COMMUNITY = "community"
    HELP = "help"

    @property
    def promotes(self) -> bool:
        return self is Kind.PROMOTION


@dataclass(frozen=True, slots=True)
class Piece:
    """Content for one place. Texts are by language, the first one for every other language."""

    #: What it is called in what is told back; the same as long as its campaign is.
    name: str
    place: Place
    kind: Kind
    texts: Mapping[str, str]
    titles: Mapping[str, str]
    #: What leads on, and where to; None for nothing.
    links: Mapping[str, str]
    href: str | None
    image: str | None
    dismissible: bool
    #: One shopper sees it on at most so many visits in `days`; None for any number.
    times: int | None
    days: int
    priority: int = 0


class Seen(Protocol):
    """What one shopper did with a piece that they were shown."""

    @property
    def content(self) -> str: ...
    @property
    def type(self) -> Deed: ...
    @property
    def at(self) -> datetime: ...


def choose(
    pieces: Iterable[Piece], seen: Sequence[Seen], promotion_share: float, now: datetime, who: str = ""
) -> dict[Place, Piece]:
    """The one piece of each place; places that have none are left out.

    pieces: those that are for this shopper. promotion_share: between 0 and 1. who: divides shoppers of whom
    nothing is known into turns; empty for everybody alike, as an answer that is the same for all must be.
    """
    by_place: dict[Place, list[Piece]] = {}
    known = {piece.name: piece for piece in pieces}
    for piece in known.values():
        if not _is_over(piece, seen, now):
            by_place.setdefault(piece.place, []).append(piece)
    informs = _is_informations_turn(known, seen, promotion_share, now)
    return {place: _first(place, some, informs, promotion_share, now, who) for place, some in by_place.items()}


def word(words: Mapping[str, str], language: str) -> str:
    """In this language, else in the one that it is a kind of (pt-br: pt), else in the first; empty where there is none."""
    wanted = language.casefold().replace("_", "-")
    spoken = {name.casefold().replace("_", "-"): said for name, said in words.items()}
    for name in (wanted, wanted.partition("-")[0]):
        if name in spoken:
            return spoken[name]
    return next(iter(words.values()), "")


def _is_over(piece: Piece, seen: Sequence[Seen], now: datetime) -> bool:
    """This shopper has put it away, or has seen it often enough."""
    mine = [one for one in seen if one.content == piece.name]
    if any(one.type is Deed.DISMISSED and now - one.at < DISMISSED_DAYS * _DAY for one in mine):
        return True
    lately = sum(one.type is Deed.SEEN and now - one.at < piece.days * _DAY for one in mine)
    return piece.times is not None and lately >= piece.times


def _is_informations_turn(
    known: Mapping[str, Piece], seen: Sequence[Seen], promotion_share: float, now: datetime
) -> bool | None:
    """Whether one more promotion would be more than the share of what this shopper saw; None where nothing is known."""
    lately = [
        known[one.content].kind.promotes
        for one in seen
        if one.content in known and one.type is Deed.SEEN and now - one.at < MIX_DAYS * _DAY
    ]
    if not lately:
        return None
    return (sum(lately) + 1) / (len(lately) + 1) > promotion_share


def _first(
    place: Place, some: Sequence[Piece], informs: bool | None, promotion_share: float, now: datetime, who: str
) -> Piece:
    """By priority, then the older; of the kind whose turn it is, where there is one."""
    if informs is None:
        informs = not in_share(now.toordinal(), f"{place}:{who}", promotion_share)
    return min(some, key=lambda piece: (piece.kind.promotes is informs, -piece.priority))

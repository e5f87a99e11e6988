"""What storefronts show, place by place and banner by banner, and what became of it."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.conditions import in_words
from plugin.domain.content import FREE_SHIPPING, OFFER, Place
from plugin.domain.deeds import Deed
from plugin.domain.today import Today
from plugin.flow.announcements import piece_of
from plugin.flow.house import House
from plugin.store import campaigns, front_events, shops

#: Of contents, in the order in which they come to pass.
DEEDS = tuple(deed for deed in Deed if deed.of_content)
#: Shown in several places, and told back as one.
ELSEWHERE = {OFFER: "Their own code", FREE_SHIPPING: "The bar of free shipping"}


@dataclass(frozen=True, slots=True)
class Shown:
    #: One of the places, or what is shown in several: `offer`, `free_shipping`.
    slot: str
    #: The campaign's, for a banner; several of one place are its variants.
    name: str
    #: promotion, story and so on; empty for what is no banner.
    kind: str
    #: Whom it is for, as a person would say it.
    whom: str
    #: The campaign's status; empty for what is no banner.
    status: str
    #: Page views, of whoever agreed to be measured.
    times: Mapping[Deed, int]
    #: Customers among them who were signed in.
    people: Mapping[Deed, int]


@dataclass(frozen=True, slots=True)
class _Counted:
    times: Mapping[tuple[str, Deed], int]
    people: Mapping[tuple[str, Deed], int]

    def has(self, content: str) -> bool:
        return any(known == content for known, _ in self.times)

    def figures(self, content: str) -> dict[str, Mapping[Deed, int]]:
        return {
            "times": {deed: self.times.get((content, deed), 0) for deed in DEEDS},
            "people": {deed: self.people.get((content, deed), 0) for deed in DEEDS},
        }


def content_figures(house: House, shop_id: int, days: int) -> Sequence[Shown]:
    """Of the last so many days of the shop's, today included; by place, then by priority."""
    with house.database.read() as connection:
        shop = shops.get(connection, shop_id)
        first = (house.clock().astimezone(shop.zone) - timedelta(days=days - 1)).date()
        times = Counter[tuple[str, Deed]]()
        for count in front_events.counts(connection, shop_id, first):
            times[count.content, count.type] += count.times
        since = datetime.combine(first, time(), shop.zone)
        counted = _Counted(times, front_events.people(connection, shop_id, since))
        found = campaigns.of_shop(connection, shop_id, house.tactics)
        today = Today(house.clock(), shop.zone)
    return [*_banners(found, counted, today), *_others(counted)]


def _banners(found: Iterable[Campaign], counted: _Counted, today: Today) -> Iterator[Shown]:
    """Those that are on, and those that were shown; a draft was never."""
    pieces = [(campaign, piece) for campaign in found if (piece := piece_of(campaign, today)) is not None]
    order = list(Place)
    for campaign, piece in sorted(pieces, key=lambda pair: (order.index(pair[1].place), -pair[0].priority)):
        if campaign.status is CampaignStatus.ON or counted.has(piece.name):
            yield Shown(
                piece.place.value,
                campaign.name,
                piece.kind.value,
                "everybody" if campaign.for_everybody else in_words(campaign.whom),
                campaign.status.value,
                **counted.figures(piece.name),
            )


def _others(counted: _Counted) -> Iterator[Shown]:
    for content, name in ELSEWHERE.items():
        if counted.has(content):
            yield Shown(content, name, "", "each customer", "", **counted.figures(content))

"""What a shopper would see of a campaign: with a made-up name, code and day, and nothing written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from plugin.domain.campaigns import Campaign
from plugin.domain.churn import Outlook
from plugin.domain.content import Piece, Place
from plugin.domain.customer import CustomerState, History
from plugin.domain.money import Money
from plugin.domain.offers import Offer, valid_until
from plugin.domain.segments import Segment
from plugin.domain.stages import Turns
from plugin.domain.tactic import View
from plugin.domain.today import Today
from plugin.flow.thresholds import KEY
from plugin.tactics.free_shipping import rule_for

NAME, CODE = "Ann", "K7WPX3TQ4MHR"


@dataclass(frozen=True, slots=True)
class Shown:
    """One banner or bar."""

    text: str
    title: str = ""
    link: str = ""
    href: str = ""
    image: str = ""
    language: str = ""
    place: Place | None = None
    dismissible: bool = False
    #: Of a free-shipping bar: for whom, and where.
    segment: Segment | None = None
    channel: str = ""
    threshold: Money | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    shown: Sequence[Shown]
    #: What is given, the first offer first; all but the text of it.
    offers: Sequence[Offer]
    #: The last day of the first one, were it given now.
    until: datetime | None
    #: Only the customer it is decided for would tell what is shown.
    personal: bool = False


def preview(campaign: Campaign, params: Any, currencies: Mapping[str, str], now: datetime, zone: tzinfo) -> Preview:
    """currencies: of the channels that sell. params: checked already; they need not be the campaign's own."""
    tactic = campaign.tactic
    offers = tactic.offers(params)
    today = Today(now, zone)
    if tactic.content is not None and (piece := tactic.content(campaign.name, campaign.priority, params, today)):
        return Preview(list(_content(piece)), offers, None)
    if tactic.key == KEY:
        return Preview(list(_thresholds(params, currencies)), offers, None)
    if tactic.sample is None:
        return Preview((), offers, None, personal=not offers)
    given = tactic.sample(View(_somebody(), Outlook(), Turns(), now, zone=zone), params)
    if given is None:
        return Preview((), offers, None, personal=not offers)
    until = valid_until(given.offer, now, zone)
    if given.banner is None:
        return Preview((), offers, until)
    text = given.banner.text.replace("{code}", CODE).replace("{until}", until.astimezone(zone).date().isoformat())
    shown = (Shown(text), Shown(given.next_order)) if given.next_order else (Shown(text),)
    return Preview(shown, offers, until)


def _somebody() -> CustomerState:
    return CustomerState(0, "U", NAME, None, confirmed=True, history=History())


def _content(piece: Piece) -> Iterator[Shown]:
    for language, text in piece.texts.items():
        yield Shown(
            text,
            piece.titles.get(language, ""),
            piece.links.get(language, ""),
            piece.href or "",
            piece.image or "",
            language,
            piece.place,
            piece.dismissible,
        )


def _thresholds(params: Any, currencies: Mapping[str, str]) -> Iterator[Shown]:
    for channel, currency in currencies.items():
        for segment in Segment:
            amount = rule_for(params, segment.value, channel, currency)
            if amount is not None:
                text = params.earned if amount.amount == 0 else params.text
                yield Shown(text, segment=segment, channel=channel, threshold=amount)

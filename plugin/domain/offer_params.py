"""The parameters of a tactic that gives a code, and what it gives by them."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from plugin.domain.effects import Banner, CheckAgain, GiveCode, Slot
from plugin.domain.ladders import Ladder, Step, rung_of
from plugin.domain.message_params import MessageParams, check_message, message_of
from plugin.domain.messages import OF_A_CODE, nameless
from plugin.domain.offers import PERSONAL, Offer, OfferKind, problems
from plugin.domain.phrases import joined, phrase
from plugin.domain.tactic import View, param
from plugin.domain.value_kinds import ValueKind

#: What each field is about, of the kinds of offers.
WITH_VALUE = (OfferKind.PERCENTAGE.value, OfferKind.AMOUNT.value, OfferKind.STORE_CREDIT.value)
WITH_MINIMUM = (
    OfferKind.PERCENTAGE.value,
    OfferKind.AMOUNT.value,
    OfferKind.FREE_SHIPPING.value,
    OfferKind.PERSONAL_GIFT.value,
)
_SCOPED = (OfferKind.PERCENTAGE.value, OfferKind.AMOUNT.value)


@dataclass(frozen=True, slots=True)
class OfferParams:
    offer: OfferKind = param(OfferKind.PERCENTAGE, "What you give")
    value: Decimal = param(
        Decimal(10), "How much", unit="% or currency", least=Decimal(0), needs="offer", when=WITH_VALUE
    )
    minimum: Decimal = param(
        Decimal(0),
        "From a basket of",
        unit="currency",
        least=Decimal(0),
        help="0 for any basket.",
        needs="offer",
        when=WITH_MINIMUM,
        kind=ValueKind.MONEY,
    )
    currency: str | None = param(
        None,
        "Currency",
        help="Needed for an amount, store credit or a minimum; only channels that have it.",
        names=("currency",),
    )
    products: tuple[str, ...] = param(
        (),
        "Products",
        help="What a percentage or an amount is narrowed to.",
        needs="offer",
        when=_SCOPED,
        names=("product",),
    )
    collections: tuple[str, ...] = param(
        (),
        "Collections",
        help="What a percentage or an amount is narrowed to.",
        needs="offer",
        when=_SCOPED,
        names=("collection",),
    )
    gift: str | None = param(
        None,
        "The gift",
        help="The product that a personal gift is.",
        needs="offer",
        when=(OfferKind.PERSONAL_GIFT.value,),
        names=("product",),
    )
    valid_days: int = param(14, "Code valid for", unit="days", least=1, most=365)
    text: str = param(
        "For you, {name}: {offer} with code {code} until {until}.",
        "Banner",
        help="{name}, {offer}, {code} and {until} are filled in.",
        kind=ValueKind.LONG_TEXT,
    )


@dataclass(frozen=True, slots=True)
class LadderParams(OfferParams):
    """A second and a last offer, for when the one before brought no order."""

    second_offer: OfferKind | None = param(None, "Then give", help="A second offer, when the first brought no order.")
    second_value: Decimal = param(
        Decimal(15), "How much then", unit="% or currency", least=Decimal(0), needs="second_offer", when=WITH_VALUE
    )
    second_after: int = param(
        21,
        "Days after the first offer",
        unit="days",
        least=1,
        most=365,
        help="Never before the first has run out.",
        needs="second_offer",
    )
    last_offer: OfferKind | None = param(
        None, "Give in the end", help="A last offer, when the second brought no order."
    )
    last_value: Decimal = param(
        Decimal(20), "How much in the end", unit="% or currency", least=Decimal(0), needs="last_offer", when=WITH_VALUE
    )
    last_after: int = param(
        30,
        "Days after the second offer",
        unit="days",
        least=1,
        most=365,
        help="Never before the second has run out.",
        needs="last_offer",
    )


def check_code(params: OfferParams) -> Iterator[str]:
    """What is wrong with the offer and its banner, whatever else is said of it."""
    given = offers_of(params)
    yield from dict.fromkeys(said for offer in given for said in problems(offer))
    if any(offer.kind not in PERSONAL for offer in given):
        yield phrase("A public gift is for everyone and belongs to a campaign of its own: use the tactic public_gift.")
    if "{code}" not in params.text:
        yield phrase("The banner must hold {code}, or nobody learns of it.")


def check_offer(params: OfferParams, tokens: Collection[str] = OF_A_CODE) -> Iterator[str]:
    """A sentence for each thing that is wrong. tokens: what may stand in the message beside the common ones."""
    yield from check_code(params)
    if isinstance(params, MessageParams):
        yield from check_message(params, tokens)
        if params.message_by and not all(
            "{code}" in text or "{link}" in text for text in params.message_texts.values()
        ):
            yield phrase("Each text of the message must hold {code} or {link}, or nobody learns of it.")
    if isinstance(params, LadderParams) and params.last_offer is not None and params.second_offer is None:
        yield phrase("There is a last offer without a second one; name the second, or make the last one the second.")


def offers_of(params: OfferParams) -> tuple[Offer, ...]:
    return tuple(step.offer for step in ladder_of(params))


def ladder_of(params: OfferParams) -> Ladder:
    """One step, or up to three that share all but what they give and how long they wait."""
    steps = [Step(_offer(params, params.offer, params.value), 0)]
    if isinstance(params, LadderParams) and params.second_offer is not None:
        steps.append(Step(_fitted(_offer(params, params.second_offer, params.second_value)), params.second_after))
        if params.last_offer is not None:
            steps.append(Step(_fitted(_offer(params, params.last_offer, params.last_value)), params.last_after))
    return tuple(steps)


def _offer(params: OfferParams, kind: OfferKind, value: Decimal) -> Offer:
    gift = kind is OfferKind.PERSONAL_GIFT
    products = params.products if not gift else (params.gift,) if params.gift else ()
    collections = () if gift else params.collections
    return Offer(kind, value, params.minimum, params.valid_days, params.currency, products, collections)


def _fitted(offer: Offer) -> Offer:
    """A later step without what the first one's kind has and its own has not."""
    if offer.kind is OfferKind.STORE_CREDIT:
        return replace(offer, minimum=Decimal(0), products=(), collections=())
    if offer.kind is OfferKind.FREE_SHIPPING:
        return replace(offer, products=(), collections=())
    return offer


def give(view: View, params: OfferParams, need: str, since: datetime, reason: str) -> Iterator[GiveCode | CheckAgain]:
    """The step of the ladder that this need stands on: its code, and the banner that tells of it."""
    rung = rung_of(ladder_of(params), need, since, view.given, view.now)
    if rung.look_again is not None:
        yield CheckAgain(rung.look_again)
    if rung.number > 1:
        again = phrase("Offer {number}, because the one before brought no order.", number=rung.number)
        reason = joined((again, reason))
    banner = banner_of(params, rung.step.offer, view.state.first_name) if view.state.reachable else None
    message = message_of(params) if isinstance(params, MessageParams) else None
    yield GiveCode(rung.episode, rung.since, rung.step.offer, banner, reason, message=message)


def no_account(why: str) -> str:
    return joined((_NO_ACCOUNT, why))


_NO_ACCOUNT = phrase("Nothing, because a guest has no account to show a code in.")


def banner_of(params: OfferParams, offer: Offer, first_name: str) -> Banner:
    return Banner(Slot.BANNER, worded(params.text, offer, first_name))


def worded(text: str, offer: Offer, first_name: str) -> str:
    """With the customer's name, as if it had not been asked for where none is known, and what is given."""
    return nameless(text, {"name": first_name}).replace("{name}", first_name).replace("{offer}", offer.label)


def can_be_told(view: View, params: OfferParams) -> bool:
    """By a banner, which is on an account; or by a message, of a code that needs no account."""
    by_message = isinstance(params, MessageParams) and bool(params.message_by)
    return view.state.reachable or (by_message and offers_of(params)[0].kind is not OfferKind.STORE_CREDIT)


def sample(view: View, params: OfferParams) -> GiveCode:
    """What this customer would be given first, whatever the need."""
    offer = offers_of(params)[0]
    message = message_of(params) if isinstance(params, MessageParams) else None
    return GiveCode("", view.now, offer, banner_of(params, offer, view.state.first_name), "", message=message)

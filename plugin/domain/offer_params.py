"""The parameters of a tactic that gives a code, and what it gives by them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from plugin.domain.effects import Banner, GiveCode, Slot
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.tactic import View, param


@dataclass(frozen=True, slots=True)
class OfferParams:
    offer: OfferKind = param(OfferKind.PERCENTAGE, "What you give")
    value: Decimal = param(Decimal(10), "How much", unit="% or currency", least=Decimal(0))
    minimum: Decimal = param(
        Decimal(0), "From a basket of", unit="currency", least=Decimal(0), help="0 for any basket."
    )
    currency: str | None = param(
        None, "Currency", help="Needed for an amount or a minimum; only channels that have it."
    )
    valid_days: int = param(14, "Code valid for", unit="days", least=1, most=365)
    text: str = param(
        "For you, {name}: {offer} with code {code} until {until}.",
        "Banner",
        help="{name}, {offer}, {code} and {until} are filled in.",
    )


def check_offer(params: OfferParams) -> Iterator[str]:
    if params.offer is OfferKind.PERCENTAGE and not 0 < params.value <= 100:
        yield "A percentage must be above 0 and at most 100."
    if params.offer is OfferKind.AMOUNT and params.value <= 0:
        yield "An amount must be above 0."
    if (params.offer is OfferKind.AMOUNT or params.minimum > 0) and not params.currency:
        yield "Name the currency of the amount or the minimum."
    if "{code}" not in params.text:
        yield "The banner must hold {code}, or nobody learns of it."


def offers_of(params: OfferParams) -> tuple[Offer, ...]:
    return (Offer(params.offer, params.value, params.minimum, params.valid_days, params.currency),)


def give(view: View, params: OfferParams, episode: str, since: datetime, reason: str) -> GiveCode:
    """The code and the banner that tells of it."""
    (offer,) = offers_of(params)
    text = _named(params.text, view.state.first_name).replace("{offer}", offer.label)
    return GiveCode(episode, since, offer, Banner(Slot.BANNER, text), reason)


def sample(view: View, params: OfferParams) -> GiveCode:
    """What this customer would be given, whatever the need."""
    return give(view, params, "", view.now, "")


def _named(text: str, name: str) -> str:
    """With the customer's name; where none is known, as if it had not been asked for."""
    return text.replace("{name}", name) if name else text.replace(", {name}", "").replace("{name}", "")

"""Win back: one code, when a silence has outgrown the customer's rhythm."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from plugin.domain.effects import Banner, CheckAgain, GiveCode, Nothing, Slot, Wish
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.signals import reason
from plugin.domain.tactic import Tactic, Trigger, TriggerKind, View, param


@dataclass(frozen=True, slots=True)
class WinBack:
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
        "We miss you, {name}: {offer} with code {code} until {until}.",
        "Banner",
        help="{name}, {offer}, {code} and {until} are filled in.",
    )


def check(params: WinBack) -> Iterator[str]:
    if params.offer is OfferKind.PERCENTAGE and not 0 < params.value <= 100:
        yield "A percentage must be above 0 and at most 100."
    if params.offer is OfferKind.AMOUNT and params.value <= 0:
        yield "An amount must be above 0."
    if (params.offer is OfferKind.AMOUNT or params.minimum > 0) and not params.currency:
        yield "Name the currency of the amount or the minimum."
    if "{code}" not in params.text:
        yield "The banner must hold {code}, or nobody learns of it."


def _named(text: str, name: str) -> str:
    """With the customer's name; where none is known, as if it had not been asked for."""
    return text.replace("{name}", name) if name else text.replace(", {name}", "").replace("{name}", "")


def decide(view: View, trigger: Trigger, params: WinBack) -> Iterator[Wish]:
    history = view.state.history
    moment = view.turns.at_risk_from
    if moment is None or history.last_order_id is None:
        return
    if moment > view.now:
        yield CheckAgain(moment)
        return
    why = reason(view.signals)
    if not view.state.reachable:
        yield Nothing(
            history.last_order_id, moment, f"Nothing, because a guest has no account to show a code in. {why}"
        )
        return
    offer = Offer(params.offer, params.value, params.minimum, params.valid_days, params.currency)
    text = _named(params.text, view.state.first_name).replace("{offer}", offer.label)
    yield GiveCode(history.last_order_id, moment, offer, Banner(Slot.BANNER, text), why)


TACTIC = Tactic(
    key="win_back",
    title="Win back",
    pitch="Gives a customer one code when their silence has outgrown their own rhythm and your shop's.",
    params=WinBack,
    listens_to=frozenset({TriggerKind.MOMENT, TriggerKind.INSIDE}),
    decide=decide,
    check=check,
)

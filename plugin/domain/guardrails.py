"""What may never be done to a customer, whatever a tactic wishes: the shop's own limits, as pure functions.

A limit that time lifts puts a gift off and says until when; any other refuses it for good.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, time, timedelta, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Any

from plugin.domain.budgets import Budgets, read_budgets, write_budgets
from plugin.domain.customer import History
from plugin.domain.money import Money
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.phrases import Percent, phrase, phrases
from plugin.domain.prediction import Model, probability, silence_until
from plugin.domain.tactic import describe_values, param, read_values, write_params
from plugin.domain.values import light_dataclass
from plugin.errors import Rejected

#: What is put off until a score has fallen is asked about again after a day at the earliest.
SHORTEST_WAIT = timedelta(days=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Guardrails:
    gifts: int | None = param(
        2, "Gifts to one customer", unit="gifts", least=1, help="Of all campaigns together; empty for any number."
    )
    gifts_days: int = param(30, "Counted over", unit="days", least=1, most=365)
    days_between: int = param(7, "Between two gifts", unit="days", least=0, most=365, help="Of any campaign.")
    messages: int | None = param(
        3,
        "Messages to one customer",
        unit="messages",
        least=1,
        help="That persuade, of all campaigns together, gifts counted; empty for any number.",
    )
    messages_days: int = param(7, "Counted over", unit="days", least=1, most=365)
    buy_anyway: float | None = param(
        0.6,
        "Would buy anyway from",
        unit="probability",
        least=0.0,
        most=1.0,
        help="No gift as long as an order within the horizon is as likely as this; empty for no such limit.",
    )
    explore_share: float = param(
        0.05,
        "Explored share",
        unit="share",
        least=0.0,
        most=1.0,
        help="Of those who would buy anyway, so many are given to all the same: so that it can be measured.",
    )
    ceiling: Mapping[str, Decimal] = param(
        dict,
        "Most for one order",
        unit="by currency",
        least=Decimal(0),
        help="As {“USD”: 25}; per cent of a usual basket.",
    )
    default_margin: Decimal | None = param(
        None,
        "Margin of what you sell",
        unit="share of the gross price",
        least=Decimal(0),
        most=Decimal(1),
        help="Empty: margins are not looked at.",
    )
    margin_floor: Decimal = param(
        Decimal(0), "Margin that must be left", unit="share of the gross price", least=Decimal(0), most=Decimal(1)
    )
    dnd_days: int = param(14, "Do not disturb after money went back", unit="days", least=0, most=365)
    quiet_from: str | None = param(
        None, "Quiet from", unit="HH:MM", help="The customer's clock where the country has one time; else the shop's."
    )
    quiet_to: str | None = param(None, "Quiet to", unit="HH:MM")
    promotion_share: float = param(
        0.6,
        "Promotion at most",
        unit="share",
        least=0.0,
        most=1.0,
        help="Of what one shopper sees in the storefront's places; the rest informs, where there is something.",
    )
    budgets: Budgets = param(Budgets(), "Budgets of the whole shop")

    @property
    def quiet(self) -> tuple[time, time] | None:
        """From and to; None where no hours are quiet."""
        if self.quiet_from is None or self.quiet_to is None:
            return None
        return time.fromisoformat(self.quiet_from), time.fromisoformat(self.quiet_to)


class Limit(StrEnum):
    """What refused a gift; part of the key under which a gift put off is kept, so that it never changes."""

    SUPPRESSED = "suppressed"
    OPTED_OUT = "opted_out"
    OBJECTS = "objects"
    PAUSE = "pause"
    CHANNEL = "channel"
    CEILING = "ceiling"
    MARGIN = "margin"
    BUY_ANYWAY = "buy_anyway"
    FREQUENCY = "frequency"
    ONE_AT_A_TIME = "one_at_a_time"
    DO_NOT_DISTURB = "do_not_disturb"
    QUIET_HOURS = "quiet_hours"
    BUDGET = "budget"
    #: No way by which this customer may be written to.
    UNREACHABLE = "unreachable"
    MESSAGES = "messages"
    #: What a message is about is used, taken back or over.
    NO_CODE = "no_code"


@light_dataclass(frozen=True, slots=True)
class Refusal:
    by: Limit
    #: A sentence without its beginning: “the customer …”.
    because: str
    #: When it is asked again, as long as the need lasts; None where the answer stays no.
    again: datetime | None = None

    @property
    def reason(self) -> str:
        if self.again is None:
            return phrase("Nothing, because {because}.", because=self.because)
        return phrase("Later, because {because}; asked again on {again}.", because=self.because, again=self.again)


@dataclass(frozen=True, slots=True)
class Suppression:
    """On the shop's list of those who get nothing: complaint, asked or other."""

    reason: str
    #: None for good.
    until: datetime | None


def read_guardrails(data: Any) -> Guardrails:
    """From JSON values, what is left out as it is by default; raises `Rejected` with a sentence for each mistake."""
    if not isinstance(data, Mapping):
        raise Rejected(phrase("Guardrails are a table of names and values, not {given}.", given=repr(data)))
    plain = {name: value for name, value in data.items() if name != "budgets"}
    rules = read_values(Guardrails, phrase("The set of guardrails"), plain, _check)
    budgets = read_budgets(data.get("budgets") or {})
    return Guardrails(**{**_values(rules), "budgets": budgets})


def write_guardrails(rules: Guardrails) -> dict[str, Any]:
    """The inverse of `read_guardrails`."""
    return {**write_params(rules), "budgets": write_budgets(rules.budgets)}


def describe_guardrails() -> list[dict[str, Any]]:
    """What a form needs of each."""
    return [told for told in describe_values(Guardrails) if told["name"] != "budgets"]


def _values(rules: Guardrails) -> dict[str, Any]:
    return {spec.name: getattr(rules, spec.name) for spec in fields(rules)}


def _check(rules: Guardrails) -> Iterator[str]:
    said = [text for text in (rules.quiet_from, rules.quiet_to) if text is not None]
    wrong = [text for text in said if not _is_clock(text)]
    if wrong:
        yield phrase("“{given}” is no time of day; write it as 22:00.", given=wrong[0])
    elif len(said) == 1:
        yield phrase("Quiet hours need both ends: set quiet_from and quiet_to, or neither.")
    elif rules.quiet and rules.quiet[0] == rules.quiet[1]:
        yield phrase("Quiet hours that end when they begin would be the whole day; leave a time at which to speak.")
    if rules.default_margin is not None and rules.margin_floor > rules.default_margin:
        yield phrase("The margin that must be left is above the margin there is, so that nothing could be given.")
    unknown = [name for name in rules.ceiling if len(name) != 3 or not name.isupper()]
    if unknown:
        yield phrase("“{given}” is no currency; write it as USD.", given=unknown[0])


def _is_clock(text: str) -> bool:
    try:
        return time.fromisoformat(text).tzinfo is None
    except ValueError:
        return False


def of_no_use(offer: Offer, sells: Mapping[str, str], only: Sequence[str], history: History) -> Refusal | None:
    """Where the customer bought last, the code would be refused.

    sells: channel → currency; only: the campaign's channels, empty for all.
    """
    currency = sells.get(history.channel or "")
    if currency is None:
        return None
    if (not only or history.channel in only) and offer.currency in {None, currency}:
        return None
    return Refusal(
        Limit.CHANNEL,
        phrase("the customer buys in the channel {channel}, where this does not hold", channel=history.channel),
    )


def suppressed(standing: Suppression | None, now: datetime) -> Refusal | None:
    if standing is None or (standing.until is not None and standing.until <= now):
        return None
    said = _LISTED.get(standing.reason) or phrase("the customer is on the suppression list")
    return Refusal(Limit.SUPPRESSED, said, standing.until)


_LISTED = {
    "complaint": phrase("the customer is on the suppression list: the customer complained"),
    "asked": phrase("the customer is on the suppression list: the customer asked for it"),
}


def too_often(rules: Guardrails, given: Sequence[datetime], now: datetime) -> Refusal | None:
    """given: when each gift was given, of all campaigns, in any order."""
    times = sorted(given)
    free: list[datetime] = [times[-1] + rules.days_between * _DAY] if times else []
    if rules.gifts is not None and len(times) >= rules.gifts:
        free.append(times[-rules.gifts] + rules.gifts_days * _DAY)
    again = max(free, default=now)
    if again <= now:
        return None
    said = phrase("the last gift was on {day}, and more would be too often", day=times[-1].date())
    return Refusal(Limit.FREQUENCY, said, again)


def told_too_often(rules: Guardrails, approached: Sequence[datetime], now: datetime) -> Refusal | None:
    """approached: when each message or gift was decided on, of all campaigns, in any order."""
    times = sorted(approached)
    if rules.messages is None or len(times) < rules.messages:
        return None
    again = times[-rules.messages] + rules.messages_days * _DAY
    if again <= now:
        return None
    said = phrase("the last was on {day}, and another message would be too many", day=times[-1].date())
    return Refusal(Limit.MESSAGES, said, again)


def disturbed(rules: Guardrails, refunded_at: datetime | None, now: datetime) -> Refusal | None:
    if refunded_at is None or now >= refunded_at + rules.dnd_days * _DAY:
        return None
    said = phrase("money went back to the customer, last seen on {day}", day=refunded_at.date())
    return Refusal(Limit.DO_NOT_DISTURB, said, refunded_at + rules.dnd_days * _DAY)


def quiet(rules: Guardrails, zone: tzinfo, now: datetime) -> Refusal | None:
    hours = rules.quiet
    again = None if hours is None else quiet_until(*hours, zone, now)
    return None if again is None else Refusal(Limit.QUIET_HOURS, phrase("the customer's hours are quiet"), again)


def quiet_until(begins: time, ends: time, zone: tzinfo, now: datetime) -> datetime | None:
    """When the quiet hours that hold now are over, in UTC; None where they do not. They may go over midnight."""
    here = now.astimezone(zone)
    clock = here.time()
    inside = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    if not inside:
        return None
    day = here.date() + (_DAY if clock >= ends else timedelta(0))
    over = datetime.combine(day, ends, zone).astimezone(now.tzinfo)
    return over if over > now else now + timedelta(minutes=1)  # an hour that the clock repeats


def buys_anyway(rules: Guardrails, model: Model | None, history: History, now: datetime) -> Refusal | None:
    """An order is as likely as the merchant's limit, gift or not; asked again when the silence has made it less so."""
    if rules.buy_anyway is None or model is None or not model.usable or history.last_at is None:
        return None
    chance = probability(model, history, (now - history.last_at) / _DAY)
    if chance < rules.buy_anyway:
        return None
    fallen = silence_until(model, history, rules.buy_anyway)
    days = min(fallen, (now - history.last_at) / _DAY + model.horizon_days)
    again = max(history.last_at + days * _DAY, now + SHORTEST_WAIT)
    said = phrases(
        model.horizon_days,
        "an order within {n} day is {chance} likely anyway",
        "an order within {n} days is {chance} likely anyway",
        chance=Percent(chance),
    )
    return Refusal(Limit.BUY_ANYWAY, said, again)


def too_much(rules: Guardrails, offer: Offer, history: History, own_margin: Decimal | None = None) -> Refusal | None:
    """More than the ceiling or the margin allow, by the customer's usual basket where the offer names none.

    own_margin: of what this customer buys, which then stands for the shop's default.
    """
    basket = usual_basket(history)
    currency = offer.currency or (history.currency if offer.kind is OfferKind.PERCENTAGE else None)
    cost = _cost(offer, basket.get(currency or ""))
    most = rules.ceiling.get(currency or "")
    if cost is not None and most is not None and cost > most:
        said = phrase(
            "{offer} would be {cost}, above the ceiling of {most} for one order",
            offer=offer.label,
            cost=Money(cost, currency or ""),
            most=Money(most, currency or ""),
        )
        return Refusal(Limit.CEILING, said)
    share = _share(offer, basket.get(currency or ""))
    if rules.default_margin is None or share is None:
        return None
    left = (rules.default_margin if own_margin is None else own_margin) - share
    if left >= rules.margin_floor:
        return None
    said = phrase(
        "{offer} leaves a margin of {left}, below {floor}",
        offer=offer.label,
        left=Percent(float(left)),
        floor=Percent(float(rules.margin_floor)),
    )
    return Refusal(Limit.MARGIN, said)


def never(rules: Guardrails, offer: Offer, *, costs_known: bool = False) -> Iterator[str]:
    """A sentence where this offer would be refused to everybody, before it is saved.

    costs_known: some customer may have any margin of their own.
    """
    refused = too_much(rules, offer, History(), Decimal(1) if costs_known else None)
    if refused is not None:
        yield phrase("The guardrails of the shop would always refuse this: {because}.", because=refused.because)


def usual_basket(history: History) -> dict[str, Decimal]:
    """Mean of the orders, by currency."""
    return {
        currency: history.spent.get(currency, Decimal(0)) / orders
        for currency, orders in history.bought.items()
        if orders > 0
    }


def _cost(offer: Offer, basket: Decimal | None) -> Decimal | None:
    """What one order would be discounted by; None where nobody can tell."""
    if offer.kind is OfferKind.AMOUNT:
        return offer.value
    if offer.kind is OfferKind.PERCENTAGE and basket is not None:
        return basket * offer.value / 100
    return None


def _share(offer: Offer, basket: Decimal | None) -> Decimal | None:
    """The same as a share of the gross price, at the smallest basket it is good for."""
    if offer.kind is OfferKind.PERCENTAGE:
        return offer.value / 100
    whole = offer.minimum if offer.minimum > 0 else basket
    if offer.kind is OfferKind.AMOUNT and whole is not None and whole > 0:
        return offer.value / whole
    return None

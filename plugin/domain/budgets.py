"""What gifts may cost, by currency: for good, a day and a customer; and what one gift is expected to cost at most."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal, InvalidOperation
from typing import Any

from plugin.domain.customer import History
from plugin.domain.money import Money
from plugin.domain.offers import Offer, OfferKind
from plugin.domain.phrases import N_, joined, phrase
from plugin.errors import Rejected

THIS_CAMPAIGN, WHOLE_SHOP = phrase("this campaign"), phrase("the whole shop")
#: A customer's budget is for so long.
CUSTOMER_DAYS = 365
#: The shop's newest orders that say what is usual.
USUAL_FROM = 200


@dataclass(frozen=True, slots=True)
class Budgets:
    """Currency → the most that may be given away; empty for no bound.

    Where one is set, it pays for its own currencies only: gifts in any other are refused.
    """

    total: Mapping[str, Decimal] = field(default_factory=dict)
    #: In a day of the shop's calendar.
    day: Mapping[str, Decimal] = field(default_factory=dict)
    #: To one customer, in `CUSTOMER_DAYS`.
    customer: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def any(self) -> bool:
        return bool(self.total or self.day or self.customer)


@dataclass(frozen=True, slots=True)
class Used:
    """Reserved and settled together, in one currency."""

    total: Decimal = Decimal(0)
    day: Decimal = Decimal(0)
    customer: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Usual:
    """What the shop's orders in one currency come to, as far as it is known."""

    basket: Decimal | None = None
    #: Of those that paid for shipping.
    shipping: Decimal | None = None
    #: Of one piece of what is given away.
    gift: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Over:
    """A budget that a gift does not fit into."""

    #: A sentence without its beginning.
    because: str
    #: The next day may pay for it.
    today: bool


def cost_of(offer: Offer, history: History, usual: Usual, currency: str) -> Money | None:
    """What one such gift is expected to cost at most, the next order's shipping with it; None where nothing tells.

    A percentage is of the greater of the customer's mean and last order, at least of the offer's minimum;
    of who has not bought in this currency, of what the shop's orders usually come to.
    """
    match offer.kind:
        case OfferKind.PERCENTAGE:
            basket = _basket(offer, history, usual, currency)
            amount = None if basket is None else basket * offer.value / 100
        case OfferKind.FREE_SHIPPING:
            amount = usual.shipping
        case OfferKind.AMOUNT | OfferKind.STORE_CREDIT:
            amount = offer.value if offer.currency == currency else None
        case OfferKind.PERSONAL_GIFT:
            amount = usual.gift
        case OfferKind.PUBLIC_GIFT:
            amount = None
    if offer.ships_free and amount is not None:
        amount = None if usual.shipping is None else amount + usual.shipping
    return None if amount is None else Money(amount, currency).rounded()


def over(budgets: Budgets, used: Used, cost: Money, whose: str) -> Over | None:
    """The budget that does not pay for this, if there is one; what the next day cannot change comes first.

    whose: `THIS_CAMPAIGN` or `WHOLE_SHOP`.
    """
    scopes = (
        (budgets.total, used.total, N_("the budget of {whose}"), False),
        (budgets.customer, used.customer, N_("the budget of {whose} for one customer"), False),
        (budgets.day, used.day, N_("today's budget of {whose}"), True),
    )
    for limits, spent, name, today in scopes:
        if not limits:
            continue
        most = limits.get(cost.currency)
        if most is None:
            said = phrase(
                "{budget} is in {currencies} and this gift would cost {cost}",
                budget=phrase(name, whose=whose),
                currencies=tuple(sorted(limits)),
                cost=cost,
            )
            return Over(said, today=False)
        if spent + cost.amount > most:
            limit, left = Money(most, cost.currency), Money(max(Decimal(0), most - spent), cost.currency)
            said = phrase(
                "{budget} is {limit} with {left} left, and this gift may cost {cost}",
                budget=phrase(name, whose=whose),
                limit=limit,
                left=left,
                cost=cost,
            )
            return Over(said, today=today)
    return None


def _basket(offer: Offer, history: History, usual: Usual, currency: str) -> Decimal | None:
    minimum = offer.minimum if offer.currency == currency else Decimal(0)
    if bought := history.bought.get(currency):
        last = history.last_total if history.currency == currency else Decimal(0)
        return max(history.spent[currency] / bought, last, minimum)
    return None if usual.basket is None else max(usual.basket, minimum)


def write_budgets(budgets: Budgets) -> dict[str, dict[str, str]]:
    """As JSON values, without what is not bounded."""
    named = {f.name: getattr(budgets, f.name) for f in fields(budgets)}
    return {name: {of: str(most) for of, most in sorted(amounts.items())} for name, amounts in named.items() if amounts}


def read_budgets(data: Any) -> Budgets:
    """The inverse of `write_budgets`; raises `Rejected` with a sentence for each thing that is wrong."""
    if not isinstance(data, Mapping):
        raise Rejected(phrase("Budgets are a table of total, day and customer, not {given}.", given=repr(data)))
    names = [f.name for f in fields(Budgets)]
    unknown = [str(name) for name in data if name not in names]
    said = N_("There is no budget “{name}”; there are {known}.")
    problems = [phrase(said, name=name, known=tuple(names)) for name in unknown]
    read: dict[str, dict[str, Decimal]] = {}
    for name in names:
        amounts = data.get(name) or {}
        if not isinstance(amounts, Mapping):
            table = N_("The budget “{name}” is a table of currency and amount, not {given}.")
            problems.append(phrase(table, name=name, given=repr(amounts)))
            continue
        read[name] = {}
        for currency, given in amounts.items():
            amount = _amount(given)
            if not _is_currency(currency):
                wrong = N_("{given} in the budget “{name}” is no currency; write it as USD.")
                problems.append(phrase(wrong, name=name, given=repr(currency)))
            elif amount is None:
                wrong = N_("The budget “{name}” in {currency} must be a number above 0, not {given}.")
                problems.append(phrase(wrong, name=name, currency=currency, given=repr(given)))
            else:
                read[name][currency] = amount
    if problems:
        raise Rejected(joined(problems))
    return Budgets(**read)


def _is_currency(name: Any) -> bool:
    return isinstance(name, str) and len(name) == 3 and name.isascii() and name.isalpha() and name.isupper()


def _amount(said: Any) -> Decimal | None:
    if isinstance(said, bool):
        return None
    try:
        amount = Decimal(str(said))
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and amount > 0 else None

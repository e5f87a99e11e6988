"""What a condition may ask of a customer: one registry, each field with its type, unit and how it is read.

`plugin.store.conditions` says the same fields in SQL; a property test holds the two equal.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import TypeAlias

from plugin.domain.customer import CustomerState, History
from plugin.domain.stages import Activity, Limits, Step, Turns, step_of
from plugin.domain.values import light_dataclass


class Kind(StrEnum):
    #: A whole number, and one that need not be whole.
    COUNT = "count"
    NUMBER = "number"
    #: In the currency of the customer's last order; an amount in another one is compared with nothing.
    MONEY = "money"
    MOMENT = "moment"
    #: Days that have passed since a moment.
    DAYS_SINCE = "days since"
    TEXT = "text"
    CHOICE = "choice"
    YES_NO = "yes or no"


class Operator(StrEnum):
    IS = "is"
    IN = "in"
    STARTS_WITH = "starts_with"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"
    #: Both ends are inside.
    BETWEEN = "between"
    #: Earlier than the moment.
    BEFORE = "before"
    #: At the moment or later.
    AFTER = "after"


_RANGES = (Operator.AT_LEAST, Operator.AT_MOST, Operator.MORE_THAN, Operator.LESS_THAN, Operator.BETWEEN)

OPERATORS: Mapping[Kind, tuple[Operator, ...]] = {
    Kind.COUNT: (Operator.IS, *_RANGES),
    Kind.NUMBER: (Operator.IS, *_RANGES),
    Kind.MONEY: (Operator.IS, *_RANGES),
    Kind.MOMENT: (Operator.BEFORE, Operator.AFTER),
    Kind.DAYS_SINCE: _RANGES,
    Kind.TEXT: (Operator.IS, Operator.IN, Operator.STARTS_WITH),
    Kind.CHOICE: (Operator.IS, Operator.IN),
    Kind.YES_NO: (Operator.IS,),
}


@dataclass(frozen=True, slots=True)
class BoughtLine:
    """A line of an order that counts."""

    placed_at: datetime
    name: str
    product_id: str | None
    product_type: str | None
    sku: str | None
    #: Ids and slugs of those that its product was in when the order was first told of.
    collections: tuple[str, ...] | None = None
    variant_id: str | None = None


@light_dataclass(frozen=True, slots=True)
class Person:
    """All that a condition may know of one customer."""

    state: CustomerState
    turns: Turns
    #: The shop's: where loyal begins.
    limits: Limits = Limits()
    #: Gifts (codes) since the last order, or ever where there is none.
    offers_since_order: int = 0
    #: Lines of all orders that count; needed only where `conditions.needs_lines`.
    lines: Sequence[BoughtLine] = ()

    @property
    def history(self) -> History:
        return self.state.history


#: None: it is not known, or there is none, as the last order of who has never bought.
Value: TypeAlias = Fraction | int | Decimal | datetime | str | bool | None


def _never(_: Person) -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True)
class Field:
    #: Lower case and underscores; it is stored in conditions, so it never changes.
    key: str
    label: str
    kind: Kind
    help: str
    #: For `Kind.DAYS_SINCE`, the moment since which.
    read: Callable[[Person, datetime], Value]
    unit: str = ""
    choices: tuple[str, ...] = ()
    #: Moments at which time alone changes what `read` gives.
    turns: Callable[[Person], tuple[datetime | None, ...]] = _never

    @property
    def moves_by_time(self) -> bool:
        """A test on it can flip without anything having happened."""
        return self.kind is Kind.DAYS_SINCE or self.turns is not _never


def _per(whole: int | Decimal, parts: int) -> Fraction | None:
    return Fraction(whole) / parts if parts else None


def _usual_gap(history: History) -> Fraction | None:
    if history.first_day is None or history.last_day is None:
        return None
    return _per((history.last_day - history.first_day).days, history.purchase_days - 1)


def _activity(person: Person, now: datetime) -> str | None:
    turns = person.turns
    known = turns.at_risk_from is not None and turns.dormant_from is not None
    return turns.activity(now).value if known else None


def _kept(person: Person) -> Decimal | None:
    return person.history.value


_FIELDS = (
    Field(
        "orders", "Orders", Kind.COUNT, "Orders that count: confirmed and not cancelled.", lambda p, _: p.history.orders
    ),
    Field(
        "purchase_days",
        "Purchase days",
        Kind.COUNT,
        "Days on which the customer ordered; several orders on one day are one purchase.",
        lambda p, _: p.history.purchase_days,
    ),
    Field(
        "first_order",
        "First order",
        Kind.MOMENT,
        "When the customer ordered first.",
        lambda p, _: p.history.first_at,
    ),
    Field("last_order", "Last order", Kind.MOMENT, "When the customer ordered last.", lambda p, _: p.history.last_at),
    Field(
        "days_since_first_order",
        "Days since the first order",
        Kind.DAYS_SINCE,
        "How long the customer has been one.",
        lambda p, _: p.history.first_at,
        unit="days",
    ),
    Field(
        "days_since_last_order",
        "Days since the last order",
        Kind.DAYS_SINCE,
        "How long the customer has been silent.",
        lambda p, _: p.history.last_at,
        unit="days",
    ),
    Field(
        "spent",
        "Spent",
        Kind.MONEY,
        "All orders less refunds, in the currency of the last order.",
        lambda p, _: _kept(p),
        unit="money",
    ),
    Field(
        "average_order",
        "Average order",
        Kind.MONEY,
        "What was spent an order, in the currency of the last order.",
        lambda p, _: _per(p.history.value or 0, p.history.value_orders),
        unit="money",
    ),
    Field(
        "last_total",
        "Last order's total",
        Kind.MONEY,
        "What the last order came to, less refunds.",
        lambda p, _: p.history.last_total if p.history.currency else None,
        unit="money",
    ),
    Field(
        "discounted_share",
        "Orders with a voucher",
        Kind.NUMBER,
        "Of a hundred orders, how many were made with a voucher.",
        lambda p, _: _per(100 * p.history.discounted, p.history.orders),
        unit="%",
    ),
    Field(
        "used_voucher",
        "Has used a voucher",
        Kind.YES_NO,
        "At least one order was made with a voucher.",
        lambda p, _: p.history.discounted > 0,
    ),
    Field(
        "refunded_orders",
        "Orders with a refund",
        Kind.COUNT,
        "Orders of which something was refunded.",
        lambda p, _: p.history.refunded,
    ),
    Field(
        "items_per_order",
        "Pieces an order",
        Kind.NUMBER,
        "Pieces in an order, on average.",
        lambda p, _: _per(p.history.items, p.history.orders),
    ),
    Field(
        "usual_gap",
        "Usual gap",
        Kind.NUMBER,
        "Days from one purchase to the next, on average; known from the second purchase day on.",
        lambda p, _: _usual_gap(p.history),
        unit="days",
    ),
    Field(
        "last_gap",
        "Last gap",
        Kind.COUNT,
        "Days between the last two purchase days.",
        lambda p, _: p.history.last_gap,
        unit="days",
    ),
    Field(
        "activity",
        "Activity",
        Kind.CHOICE,
        "Whether the silence is usual (active), unusual (at risk) or very long (dormant).",
        _activity,
        choices=tuple(Activity),
        turns=lambda p: (p.turns.at_risk_from, p.turns.dormant_from),
    ),
    Field(
        "step",
        "Step",
        Kind.CHOICE,
        "How far the customer has come: by purchase days, loyal from the shop's limit on.",
        lambda p, _: step_of(p.history, p.limits).value,
        choices=tuple(Step),
    ),
    Field(
        "due",
        "Own rhythm has passed",
        Kind.YES_NO,
        "The customer's own usual gap has passed since the last order.",
        lambda p, now: p.turns.due_from and p.turns.due_from <= now,
        turns=lambda p: (p.turns.due_from,),
    ),
    Field(
        "likely_to_buy",
        "Likely to buy anyway",
        Kind.YES_NO,
        "The score, the chance of an order within the horizon, is one half or more; known where the shop has a model.",
        lambda p, now: p.turns.likely_until and now < p.turns.likely_until,
        turns=lambda p: (p.turns.likely_until,),
    ),
    Field(
        "offers_since_order",
        "Offers since the last order",
        Kind.COUNT,
        "Codes and gifts that were given since the last order.",
        lambda p, _: p.offers_since_order,
    ),
    Field("channel", "Channel", Kind.TEXT, "Slug of the last order's channel.", lambda p, _: p.history.channel),
    Field(
        "country",
        "Country",
        Kind.TEXT,
        "Two letters: where the last order was sent, else billed.",
        lambda p, _: p.history.country,
    ),
    Field("currency", "Currency", Kind.TEXT, "Three letters: of the last order.", lambda p, _: p.history.currency),
    Field("language", "Language", Kind.TEXT, "Of the account, as Saleor has it: EN.", lambda p, _: p.state.language),
    Field(
        "confirmed",
        "Confirmed account",
        Kind.YES_NO,
        "The account's e-mail is proven.",
        lambda p, _: p.state.confirmed,
    ),
    Field("guest", "Guest", Kind.YES_NO, "Ordered without an account.", lambda p, _: p.state.user_id is None),
    Field(
        "opted_out",
        "Opted out",
        Kind.YES_NO,
        "The customer said not to want offers.",
        lambda p, _: p.state.consent.opted_out,
    ),
    Field(
        "objects",
        "Objects to profiling",
        Kind.YES_NO,
        "The customer objects to being measured.",
        lambda p, _: p.state.consent.objects,
    ),
)

#: By key, in the order in which people are shown them.
FIELDS: Mapping[str, Field] = {field.key: field for field in _FIELDS}

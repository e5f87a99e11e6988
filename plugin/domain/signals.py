"""Why somebody may be leaving: what is known of one customer, as sentences with the numbers in them.

A signal is evidence, not a verdict: which of them come before leaving in this shop, and how often, is
measured by `indicators`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache

from plugin.domain.churn import Outlook, Rhythm
from plugin.domain.customer import History
from plugin.domain.money import Money
from plugin.domain.phrases import Percent, Phrase, joined, phrase, phrases, plurals
from plugin.domain.values import light_dataclass

#: A last order below this share of the customer's own mean is a falling basket, from so many orders on.
FALLING_SHARE = Decimal("0.6")
FALLING_FROM = 3
#: Shipping above this share of what an order cost is much.
HIGH_SHIPPING = Decimal("0.2")
#: A product has run out when this many of the customer's own intervals have passed.
RUN_OUT = 1.3
#: Sentences that a reason is made of: more are not read.
MOST_IN_REASON = 3
_USUALLY_BUYS = plurals(
    "Usually buys {every}; silent for {n} day since the last order.",
    "Usually buys {every}; silent for {n} days since the last order.",
)
_OTHERS_BUY = plurals(
    "Customers here buy {every}; silent for {n} day since the last order.",
    "Customers here buy {every}; silent for {n} days since the last order.",
)
_WITH_VOUCHER = plurals("The only order was made with a voucher.", "All {n} orders were made with a voucher.")
_LEFT = plurals(
    "The last parcel left after {n} day; nine in ten leave within {usual}.",
    "The last parcel left after {n} days; nine in ten leave within {usual}.",
)
_NOT_LEFT = plurals(
    "The last parcel has not left after {n} day; nine in ten leave within {usual}.",
    "The last parcel has not left after {n} days; nine in ten leave within {usual}.",
)


class SignalKind(StrEnum):
    SILENCE = "silence"
    LATE_PARCEL = "late_parcel"
    REFUND = "refund"
    FALLING_BASKET = "falling_basket"
    ONLY_WITH_VOUCHER = "only_with_voucher"
    SHIPPING_COST = "shipping_cost"
    RAN_OUT = "ran_out"


@light_dataclass(frozen=True, slots=True)
class Signal:
    kind: SignalKind
    sentence: str


@light_dataclass(frozen=True, slots=True)
class RunningLow:
    """A product that this customer buys again and again."""

    name: str
    #: Days between two purchases of it (`needs.expected_gap`).
    usual: float
    last_at: datetime


@light_dataclass(frozen=True, slots=True)
class Evidence:
    """What the ledger says of the last order, and of what is bought again and again."""

    total: Decimal = Decimal(0)
    shipping: Decimal = Decimal(0)
    refunded: Decimal = Decimal(0)
    #: When its first parcel left; None where none is known to have.
    shipped_at: datetime | None = None
    #: Something of it has not been sent yet.
    waiting: bool = False
    low: tuple[RunningLow, ...] = ()


def signals_of(history: History, outlook: Outlook, evidence: Evidence, now: datetime) -> tuple[Signal, ...]:
    """All that speaks for leaving, the silence first; nothing of somebody who has never bought."""
    if history.last_at is None:
        return ()
    return tuple(_signals(history, history.last_at, outlook.rhythm, evidence, now))


def _signals(
    history: History, last_at: datetime, rhythm: Rhythm, evidence: Evidence, now: datetime
) -> Iterator[Signal]:
    yield Signal(SignalKind.SILENCE, why_silent(history, rhythm, now))
    if late := _late(last_at, rhythm, evidence, now):
        yield Signal(SignalKind.LATE_PARCEL, late)
    if evidence.refunded > 0:
        share = _percent(evidence.refunded, evidence.total)
        whole = phrase("All of the last order was refunded.")
        said = whole if share is None else phrase("{share} of the last order was refunded.", share=share)
        yield Signal(SignalKind.REFUND, said)
    elif falling := _falling(history):
        yield Signal(SignalKind.FALLING_BASKET, falling)
    if history.discounted == history.orders:
        yield Signal(SignalKind.ONLY_WITH_VOUCHER, phrases(history.orders, *_WITH_VOUCHER))
    if evidence.total > 0 and evidence.shipping >= HIGH_SHIPPING * evidence.total:
        share = _percent(evidence.shipping, evidence.total)
        whole = phrase("Shipping was all of what the last order cost.")
        said = whole if share is None else phrase("Shipping was {share} of what the last order cost.", share=share)
        yield Signal(SignalKind.SHIPPING_COST, said)
    for product in evidence.low:
        since = _days(now - product.last_at)
        if since >= RUN_OUT * product.usual:
            yield Signal(
                SignalKind.RAN_OUT,
                phrases(
                    round(since),
                    "Buys {product} {every}, and bought it {n} day ago.",
                    "Buys {product} {every}, and bought it {n} days ago.",
                    product=product.name,
                    every=_every(product.usual),
                ),
            )


def why_silent(history: History, rhythm: Rhythm, now: datetime) -> str:
    """The silence against what is usual, in a sentence."""
    if history.last_at is None:
        return phrase("Has not bought yet.")
    usual, said = rhythm.mean_gap, _OTHERS_BUY
    if history.purchase_days > 2 and history.first_day and history.last_day:
        usual, said = (history.last_day - history.first_day).days / (history.purchase_days - 1), _USUALLY_BUYS
    return phrases((now - history.last_at).days, *said, every=_every(usual))


def reason(signals: tuple[Signal, ...]) -> str:
    return joined(signal.sentence for signal in signals[:MOST_IN_REASON])


def _late(last_at: datetime, rhythm: Rhythm, evidence: Evidence, now: datetime) -> str | None:
    if rhythm.parcel_days is None:
        return None
    if evidence.shipped_at is None and not evidence.waiting:
        return None
    took = _days((evidence.shipped_at or now) - last_at)
    if took <= rhythm.parcel_days:
        return None
    said = _LEFT if evidence.shipped_at else _NOT_LEFT
    return phrases(round(took), *said, usual=round(rhythm.parcel_days))


def _falling(history: History) -> str | None:
    """Against the orders before it, in the same currency."""
    currency = history.currency or ""
    before = history.bought.get(currency, 0) - 1
    if before < FALLING_FROM - 1:
        return None
    mean = (history.spent[currency] - history.last_total) / before
    if mean <= 0 or history.last_total >= FALLING_SHARE * mean:
        return None
    return phrase(
        "The last order was {last}, after {mean} on average before.",
        last=Money(history.last_total, currency),
        mean=Money(round(mean, 2), currency),
    )


def _every(days: float) -> Phrase:
    return every(1 if days < 1.5 else round(days))


@cache
def every(days: int) -> Phrase:
    return phrases(days, "every day", "every {n} days")


def _percent(part: Decimal, whole: Decimal) -> Percent | None:
    """None for all of it."""
    return None if whole <= 0 or part >= whole else Percent(float(part / whole))


def _days(span: timedelta) -> float:
    return span / timedelta(days=1)

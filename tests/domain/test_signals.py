"""Why somebody may be leaving: each signal when there is evidence, and only then."""

from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest

from plugin.domain.churn import Outlook, Rhythm
from plugin.domain.customer import History, fold
from plugin.domain.signals import Evidence, RunningLow, SignalKind, reason, signals_of
from tests.shop import NOW, ago, order

OUTLOOK = Outlook(Rhythm(mean_gap=30, slack=2, parcel_days=3))
PLAIN = Evidence(total=Decimal(20), shipping=Decimal(1), shipped_at=ago(59))
WAITING = replace(PLAIN, shipped_at=None, waiting=True)


def bought(*days_ago: float, last: str = "20", voucher: str | None = None) -> History:
    orders = [order(f"O{n}", ago(n), voucher_code=voucher) for n in days_ago]
    return fold([*orders[:-1], replace(orders[-1], total=Decimal(last))], UTC)


SILENT = bought(60)


@pytest.mark.parametrize(
    ("history", "evidence", "kind", "sentence"),
    [
        (SILENT, PLAIN, "silence", "Customers here buy every 30 days; silent for 60 days since the last order."),
        (
            bought(120, 110, 100),
            PLAIN,
            "silence",
            "Usually buys every 10 days; silent for 100 days since the last order.",
        ),
        (
            SILENT,
            replace(PLAIN, shipped_at=ago(53)),
            "late_parcel",
            "The last parcel left after 7 days; nine in ten leave within 3.",
        ),
        (
            SILENT,
            WAITING,
            "late_parcel",
            "The last parcel has not left after 60 days; nine in ten leave within 3.",
        ),
        (SILENT, replace(PLAIN, refunded=Decimal(5)), "refund", "25 % of the last order was refunded."),
        (SILENT, replace(PLAIN, refunded=Decimal(25)), "refund", "All of the last order was refunded."),
        (
            bought(120, 90, 60, last="9"),
            PLAIN,
            "falling_basket",
            "The last order was 9.00 USD, after 20.00 USD on average before.",
        ),
        (bought(60, voucher="HELLO"), PLAIN, "only_with_voucher", "The only order was made with a voucher."),
        (bought(90, 60, voucher="HELLO"), PLAIN, "only_with_voucher", "All 2 orders were made with a voucher."),
        (
            SILENT,
            replace(PLAIN, shipping=Decimal(5)),
            "shipping_cost",
            "Shipping was 25 % of what the last order cost.",
        ),
        (
            SILENT,
            replace(PLAIN, low=(RunningLow("Tea", 14, ago(60)),)),
            "ran_out",
            "Buys Tea every 14 days, and bought it 60 days ago.",
        ),
    ],
)
def test_a_signal_is_a_sentence_with_its_numbers(
    history: History, evidence: Evidence, kind: str, sentence: str
) -> None:
    found = {signal.kind: signal.sentence for signal in signals_of(history, OUTLOOK, evidence, NOW)}
    assert found[SignalKind(kind)] == sentence


@pytest.mark.parametrize(
    ("history", "outlook", "evidence"),
    [
        (SILENT, OUTLOOK, PLAIN),
        (SILENT, Outlook(Rhythm(mean_gap=30)), WAITING),
        (SILENT, OUTLOOK, replace(PLAIN, shipped_at=None)),
        (bought(90, 60, last="9"), OUTLOOK, PLAIN),
        (bought(120, 90, 60, last="13"), OUTLOOK, PLAIN),
        (SILENT, OUTLOOK, replace(PLAIN, low=(RunningLow("Tea", 50, ago(60)),))),
        (SILENT, OUTLOOK, Evidence(total=Decimal(0), shipping=Decimal(0), shipped_at=ago(60))),
    ],
)
def test_without_evidence_the_silence_is_all(history: History, outlook: Outlook, evidence: Evidence) -> None:
    assert [signal.kind for signal in signals_of(history, outlook, evidence, NOW)] == [SignalKind.SILENCE]


def test_nothing_is_said_of_somebody_who_never_bought() -> None:
    assert signals_of(History(), OUTLOOK, Evidence(), NOW) == ()


def test_baskets_in_another_currency_do_not_fall() -> None:
    orders = [order(f"O{n}", ago(n)) for n in (120, 90, 60)]
    history = fold([*orders, order("O4", ago(50), currency="PLN", total=Decimal(1))], UTC)
    assert SignalKind.FALLING_BASKET not in {signal.kind for signal in signals_of(history, OUTLOOK, PLAIN, NOW)}


def test_a_reason_is_the_strongest_few() -> None:
    found = signals_of(bought(90, 60, voucher="HELLO"), OUTLOOK, replace(WAITING, refunded=Decimal(1)), NOW)
    assert len(found) == 4
    assert reason(found) == " ".join(signal.sentence for signal in found[:3])


def test_a_daily_buyer_buys_every_day() -> None:
    (silence,) = signals_of(bought(40, 39, 38), OUTLOOK, PLAIN, NOW)
    assert silence.sentence == "Usually buys every day; silent for 38 days since the last order."


def test_a_refund_is_not_a_falling_basket() -> None:
    orders = [order(f"O{n}", ago(n)) for n in (120, 90)]
    history = fold([*orders, order("O60", ago(60), refunded=Decimal(20))], UTC)
    found = signals_of(history, OUTLOOK, replace(PLAIN, refunded=Decimal(20)), NOW)
    assert [signal.kind for signal in found] == [SignalKind.SILENCE, SignalKind.REFUND]

"""Segments that every shop has: each only a condition, built from the shop's own limits and rhythm."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from plugin.domain.churn import DORMANT_FACTOR, Rhythm
from plugin.domain.conditions import AllOf, AnyOf, Condition, FieldTest, Not
from plugin.domain.fields import Operator
from plugin.domain.stages import Activity, Limits, Step

#: New is who ordered for the first time within so many days.
NEW_DAYS = 30
#: A rhythm can be said of who bought on so many days.
RHYTHM_FROM = 3
#: Nothing more is tried after so many offers without an order.
EXHAUSTED_FROM = 2
#: Of the spenders in one currency, the top fifth spend much.
HIGH_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Ready:
    #: What conditions and campaigns call it; it never changes.
    name: str
    title: str
    #: One sentence for the merchant: who they are; `{name}` in it stands for one of the numbers.
    says: str
    condition: Condition
    numbers: Mapping[str, int] = field(default_factory=dict)

    @property
    def pitch(self) -> str:
        return self.says.format(**self.numbers)


def library(limits: Limits, rhythm: Rhythm, high_value: Mapping[str, Decimal]) -> tuple[Ready, ...]:
    """high_value: by currency, what the top fifth has spent; nobody is of high value while it is not known."""
    return tuple(_segments(limits, rhythm, high_value))


def _segments(limits: Limits, rhythm: Rhythm, high_value: Mapping[str, Decimal]) -> Iterator[Ready]:
    silent = limits.at_risk_days or math.ceil(rhythm.slack * rhythm.mean_gap)
    asleep = max(silent + 1, limits.dormant_days or math.ceil(DORMANT_FACTOR * rhythm.slack * rhythm.mean_gap))
    at_risk = _is("activity", Activity.AT_RISK.value)
    yield Ready(
        "new",
        "New customers",
        "Their first order is at most {days} days old, and their only one.",
        AllOf((_is("step", Step.FIRST.value), _days("days_since_first_order", Operator.AT_MOST, NEW_DAYS))),
        {"days": NEW_DAYS},
    )
    yield Ready("one-time", "One-time buyers", "They bought on one day and not again.", _is("step", Step.FIRST.value))
    yield Ready(
        "repeat",
        "Repeat customers",
        "They came back, on 2 to {most} days so far.",
        _is("step", Step.REPEAT.value),
        {"most": limits.loyal_from - 1},
    )
    yield Ready(
        "loyal",
        "Loyal customers",
        "They bought on {least} days or more.",
        _is("step", Step.LOYAL.value),
        {"least": limits.loyal_from},
    )
    yield Ready(
        "bright-spots",
        "Bright spots",
        "Loyal, still buying in their rhythm, and not only with vouchers: what they have in common is worth knowing.",
        AllOf(
            (
                _is("step", Step.LOYAL.value),
                _is("activity", Activity.ACTIVE.value),
                FieldTest("discounted_share", Operator.LESS_THAN, Decimal(50)),
            )
        ),
    )
    yield Ready("at-risk", "At risk", "Silent for longer than is usual for them, as the shop's model has it.", at_risk)
    yield Ready(
        "at-risk-by-days",
        "At risk by days",
        "Silent for {least} days or more, and less than {most}.",
        AllOf(
            (
                _days("days_since_last_order", Operator.AT_LEAST, silent),
                _days("days_since_last_order", Operator.LESS_THAN, asleep),
            )
        ),
        {"least": silent, "most": asleep},
    )
    yield Ready(
        "dormant", "Dormant", "Silent for so long that few like them return.", _is("activity", Activity.DORMANT.value)
    )
    yield Ready(
        "discount-only",
        "Only with vouchers",
        "They ordered twice or more, each time with a voucher.",
        AllOf(
            (
                FieldTest("orders", Operator.AT_LEAST, Decimal(2)),
                FieldTest("discounted_share", Operator.IS, Decimal(100)),
            )
        ),
    )
    yield Ready(
        "high-value-at-risk",
        "High value at risk",
        "At risk, and of the fifth that has spent most in its currency.",
        AllOf((at_risk, _spent_much(high_value))),
    )
    yield Ready(
        "likely-to-buy",
        "Likely to buy anyway",
        "An order soon is more likely than not: an offer would mostly be given away.",
        FieldTest("likely_to_buy", Operator.IS, value=True),
    )
    yield Ready(
        "replenishment-due",
        "Due to buy again",
        "They bought on {least} days or more, and their own usual gap has just passed.",
        AllOf(
            (
                FieldTest("purchase_days", Operator.AT_LEAST, Decimal(RHYTHM_FROM)),
                FieldTest("due", Operator.IS, value=True),
                _is("activity", Activity.ACTIVE.value),
            )
        ),
        {"least": RHYTHM_FROM},
    )
    yield Ready(
        "win-back-exhausted",
        "Win-back exhausted",
        "At risk or dormant, and {least} offers or more since the last order brought nothing.",
        AllOf(
            (
                FieldTest("activity", Operator.IN, (Activity.AT_RISK.value, Activity.DORMANT.value)),
                FieldTest("offers_since_order", Operator.AT_LEAST, Decimal(EXHAUSTED_FROM)),
            )
        ),
        {"least": EXHAUSTED_FROM},
    )


def _spent_much(high_value: Mapping[str, Decimal]) -> Condition:
    if not high_value:
        return Not(AllOf(()))
    return AnyOf(
        tuple(FieldTest("spent", Operator.AT_LEAST, level, currency) for currency, level in sorted(high_value.items()))
    )


def _is(field: str, choice: str) -> FieldTest:
    return FieldTest(field, Operator.IS, choice)


def _days(field: str, operator: Operator, days: int) -> FieldTest:
    return FieldTest(field, operator, Decimal(days))

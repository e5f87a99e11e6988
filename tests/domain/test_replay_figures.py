"""What a replay adds up to, worked out by hand."""

from datetime import UTC, date
from decimal import Decimal

import pytest

from plugin.domain.decide import Outcome
from plugin.domain.guardrails import Limit
from plugin.domain.replay_costs import break_even, wilson
from plugin.domain.replay_figures import Rate, figures, kind_of
from plugin.domain.replay_values import Asked
from tests.domain.past import BEGINS, day
from tests.domain.past import given as offer

RATE = Rate(0.2, 0.1, 0.4, "of this test")


def nothing(at: float, reason: str) -> Asked:
    return Asked(9, 1, day(at), Outcome.NOTHING, reason, by=Limit.PAUSE if "less than" in reason else None)


def test_the_figures_of_five_customers() -> None:
    asked = [
        offer(1, next_order_at=day(3)),
        offer(8, customer=2, next_order_at=day(9)),
        offer(9, customer=3),
        offer(10, customer=4, cost=9, had_ours=True, next_order_at=day(11)),
        offer(29, customer=5, next_order_at=day(30)),
        offer(10, customer=6, outcome=Outcome.CONTROL),
        nothing(11, "Nothing, because the last one was on 2026-01-02, less than 60 days ago."),
        nothing(12, "Nothing, because the last one was on 2026-01-09, less than 60 days ago."),
        nothing(12, "Nothing, because a guest has no account. Silent for 31 days."),
    ]
    found = figures(asked, rate=RATE, margin=0.4, span=(BEGINS, day(31)), zone=UTC)
    assert found.customers == 6
    assert found.outcomes == {"given": 5, "shown": 0, "control": 1, "nothing": 3, "later": 0, "told": 0}
    assert list(found.reasons.values()) == [2, 1]
    assert found.limits == {Limit.PAUSE: 2}
    assert (found.anyway.came, found.anyway.of, found.anyway.unknown) == (2, 3, 2)
    cost = found.cost["USD"]
    assert cost.full == 29
    assert (cost.expected, cost.low, cost.high) == (Decimal("5.8"), Decimal("2.9"), Decimal("11.6"))
    assert (cost.came, cost.subsidy) == (3, Decimal(15)), (
        "also of those whose time is not over, never of who had a code"
    )
    assert cost.mean_order == 50
    assert cost.break_even is not None
    assert cost.break_even[0] == pytest.approx(2 / 3 * 5.8 / (0.4 * 50 - 5.8))
    assert cost.break_even[1] < cost.break_even[0] < cost.break_even[2]
    weeks = {week: dict(counts) for week, counts in found.weeks.items() if counts}
    assert weeks == {
        date(2025, 12, 29): {"given": 1},
        date(2026, 1, 5): {"given": 3, "control": 1},
        date(2026, 1, 12): {"nothing": 3},
        date(2026, 1, 26): {"given": 1},
    }
    assert len(found.weeks) == 5, "the week without any is told, too"


def test_nobody_asked_is_no_figure_that_could_mislead() -> None:
    found = figures([], rate=RATE, margin=0.4, span=(BEGINS, day(31)), zone=UTC)
    assert (found.customers, found.cost) == (0, {})
    assert (found.anyway.low, found.anyway.high) == (0, 1)


def test_an_offer_that_costs_more_than_an_order_brings_never_pays() -> None:
    assert break_even(0.3, Decimal(20), Decimal(50), 0.4) is None
    assert break_even(0.5, Decimal(10), Decimal(50), 0.4) == pytest.approx(0.5)
    assert break_even(0.0, Decimal(10), Decimal(50), 0.4) == 0


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"), [(0, 0, 0, 1), (0, 10, 0, 0.2775), (5, 10, 0.2366, 0.7634), (10, 10, 0.7225, 1)]
)
def test_the_interval_of_a_share(hits: int, of: int, low: float, high: float) -> None:
    assert list(wilson(hits, of)) == pytest.approx([low, high], abs=5e-5)


def test_reasons_that_differ_only_in_numbers_are_one() -> None:
    first = "Nothing, because the last one was on 2026-01-02, less than 60 days ago."
    assert kind_of(first) == kind_of(first.replace("2026-01-02", "2026-03-12").replace("60", "7"))
    assert kind_of("No. Because 3.") == kind_of("No. For a reason.")

"""What would have been learnt at a moment of the past, and of what it is not."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from plugin.domain.model.seasons import Placed, learn_seasons, ledger_of
from plugin.domain.replay_values import Season
from plugin.domain.stages import Limits

BEGINS = datetime(2025, 1, 1, tzinfo=UTC)
CUTOFFS = [BEGINS + timedelta(days=number) for number in (0, 90, 180)]


def orders(customers: int = 60) -> Iterator[Placed]:
    chance = random.Random(1)
    for customer in range(customers):
        at = BEGINS + timedelta(days=chance.uniform(0, 100))
        while at < BEGINS + timedelta(days=270):
            yield Placed(customer, at, at, True, "USD", chance.uniform(10, 90), 5.0, 0.0, chance.random() < 0.3, 2)
            at += timedelta(days=chance.uniform(3, 40))


def learnt(placed: Sequence[Placed]) -> list[Season]:
    return learn_seasons(ledger_of(placed, UTC), CUTOFFS, Limits(), UTC)


def test_each_season_knows_the_orders_before_it() -> None:
    nothing, some, more = learnt(list(orders()))
    assert nothing.outlook.model is not None
    assert not nothing.outlook.model.usable
    assert some.outlook.model is not None
    assert more.outlook.model is not None
    assert some.outlook.model.usable
    assert 0 < some.outlook.model.repeat_purchases < more.outlook.model.repeat_purchases
    assert 0 == nothing.outlook.rhythm.gaps < some.outlook.rhythm.gaps < more.outlook.rhythm.gaps


def test_a_season_is_the_same_whatever_comes_after_it() -> None:
    placed = list(orders())
    known = [one for one in placed if one.placed_at < CUTOFFS[1]]
    later = [one._replace(customer_id=one.customer_id - 500) for one in placed if one.placed_at >= CUTOFFS[1]]
    assert learnt([*later, *known])[:2] == learnt(placed)[:2], "customers whose ids come first are newcomers, too"


def test_a_fate_is_known_from_its_own_time_on() -> None:
    placed = list(orders())
    fates = [
        one._replace(counts=n % 3 != 0, refunded=one.total if n % 3 == 1 else 0.0, updated_at=CUTOFFS[1] + timedelta(1))
        for n, one in enumerate(placed)
        if one.placed_at < CUTOFFS[1]
    ]
    rest = [one for one in placed if one.placed_at >= CUTOFFS[1]]
    changed = learnt(sorted([*fates, *rest]))
    assert changed[:2] == learnt(placed)[:2]
    assert changed[2] != learnt(placed)[2]

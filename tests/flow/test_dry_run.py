"""What a campaign would do, said before it does it."""

from decimal import Decimal
from typing import Any

import pytest

from plugin.domain.decide import Outcome
from plugin.domain.guardrails import Guardrails
from plugin.errors import Rejected
from plugin.flow.campaign_edits import change
from plugin.flow.dry_run import DryRun, dry_run
from plugin.store import campaigns, decisions, shops
from tests.bodies import bulk_body
from tests.flow.conftest import Home
from tests.flow.silence import outcomes
from tests.shop import NOW, ago, order

pytestmark = pytest.mark.anyio
SILENT, ACTIVE = 40, 10


@pytest.fixture
def people(home: Home) -> None:
    """Forty who have been silent for long, every other of them with two orders, and ten who have not."""
    orders = [order(f"O{n}", ago(100), user_id=f"U{n}") for n in range(SILENT)]
    orders += [order(f"A{n}", ago(130), user_id=f"U{n}") for n in range(0, SILENT, 2)]
    orders += [order(f"B{n}", ago(3), user_id=f"V{n}") for n in range(ACTIVE)]
    home.take("order_bulk_created", bulk_body(orders, NOW))


def told(home: Home, name: str = "win-back", **settings: Any) -> DryRun:
    if settings:
        change(home.house, home.shop_id, name, settings, "test")
    return dry_run(home.house, home.shop_id, name)


async def test_it_counts_who_is_inside_and_writes_nothing(home: Home, people: None) -> None:
    seen: list[tuple[int, int]] = []
    change(home.house, home.shop_id, "win-back", {"control_share": 0}, "test")
    run = dry_run(home.house, home.shop_id, "win-back", lambda done, total: seen.append((done, total)))
    assert (run.customers, run.audience, run.inside) == (SILENT + ACTIVE, SILENT + ACTIVE, SILENT)
    assert run.outcomes == {Outcome.GIVEN: SILENT}
    assert seen == [(n, SILENT) for n in range(1, SILENT + 1)]
    assert len({example.customer_id for example in run.examples}) == 3
    assert all("silent for 100 days" in example.reason for example in run.examples)
    assert outcomes(home) == []
    with home.database.read() as connection:
        assert decisions.standings(connection, home.shop_id, [run.examples[0].customer_id]).popitem()[1].arms == {}
    assert home.codes() == []


async def test_the_audience_and_the_control_group_count(home: Home, people: None) -> None:
    twice = {"field": "orders", "at_least": 2}
    run = told(home, audience=twice, control_share=0.5)
    assert (run.audience, run.inside) == (SILENT // 2, SILENT // 2)
    assert run.outcomes[Outcome.GIVEN] + run.outcomes[Outcome.CONTROL] == SILENT // 2
    assert run.outcomes[Outcome.CONTROL] > 0
    assert told(home, audience={}, exclude=twice).audience == SILENT // 2 + ACTIVE


async def test_the_arms_are_those_that_will_be(home: Home, people: None) -> None:
    before = told(home, control_share=0.5)
    home.switch_on("win-back", inside=1000, control=0.5)
    home.tick()
    decided = outcomes(home)
    assert {outcome: decided.count(outcome) for outcome in set(decided)} == dict(before.outcomes)


async def test_what_the_guardrails_refuse_is_told(home: Home, people: None) -> None:
    change(home.house, home.shop_id, "win-back", {"control_share": 0}, "test")
    with home.database.write() as connection:
        shops.set_guardrails(connection, home.shop_id, Guardrails(ceiling={"USD": Decimal(1)}), "test", home.now)
    run = told(home)
    assert (run.outcomes, run.refused) == ({Outcome.NOTHING: SILENT}, {"ceiling": SILENT})
    assert run.cost == {}


async def test_the_cost_is_of_what_would_be_given(home: Home, people: None) -> None:
    fixed = {"offer": "amount", "value": 7, "currency": "USD"}
    assert told(home, control_share=0, params=fixed).cost == {"USD": Decimal(7 * SILENT)}
    shared = told(home, control_share=0.5)
    assert shared.cost == {"USD": Decimal(7 * shared.outcomes[Outcome.GIVEN])}
    tenth = told(home, control_share=0, params={"offer": "percentage", "value": 10})
    basket = order("O", NOW).total
    assert tenth.cost == {"USD": SILENT * basket / 10}


async def test_codes_of_other_campaigns_are_told(home: Home, people: None) -> None:
    home.switch_on("win-back", inside=1000)
    home.tick()
    await home.deliver()
    with home.database.write() as connection:
        tactic = home.house.tactics["win_back"]
        shops.set_guardrails(connection, home.shop_id, Guardrails(gifts=None, days_between=0), "test", home.now)
        campaigns.create(connection, home.shop_id, "second", tactic, tactic.params(), campaigns.Limits(0), home.now)
    run = told(home, "second")
    assert run.holding == {"win-back": run.outcomes[Outcome.LATER]}
    assert run.outcomes[Outcome.GIVEN] == 0


async def test_what_cannot_be_on_is_refused(home: Home) -> None:
    with pytest.raises(Rejected, match="There is no campaign “nobody”"):
        told(home, "nobody")

"""One customer explained: the score where there is a model, the reasons where there is a risk."""

import json
from datetime import date

import pytest

from plugin.commands.customers import as_data
from plugin.domain.churn import Rhythm
from plugin.domain.prediction import MbgNbd, Model
from plugin.domain.signals import SignalKind
from plugin.domain.stages import Activity, Limits, Step
from plugin.flow.explain import Explanation, at_risk, explain
from plugin.flow.learn import measure_again
from plugin.store import customers, shops
from tests.bodies import bulk_body
from tests.flow.conftest import Home
from tests.shop import NOW, ago, order

pytestmark = pytest.mark.anyio
MODEL = Model(
    horizon_days=60,
    choice="mbg_nbd",
    reason="It did best.",
    repeat=MbgNbd(0.6, 30, 0.8, 2),
    covariance=tuple(tuple(0.01 if i == j else 0.0 for j in range(4)) for i in range(4)),
    customers=500,
    repeat_purchases=900,
    fitted_on=date(2026, 6, 1),
)


def learnt(home: Home, model: Model | None, limits: Limits | None = None) -> None:
    with home.database.write() as connection:
        shops.save_learnt(connection, home.shop_id, Rhythm(mean_gap=30, slack=2, gaps=999), model, NOW)
        shops.set_limits(connection, home.shop_id, limits or Limits())
    measure_again(home.house, home.shop_id, home.now)


def told(home: Home) -> Explanation:
    with home.database.read() as connection:
        shop = shops.get(connection, home.shop_id)
        known = customers.by_user(connection, home.shop_id, "U1")
        assert known is not None
        assert customers.by_id(connection, home.shop_id, known.customer_id) == known
        return explain(connection, shop, known, home.now)


def risky(home: Home) -> list[Explanation]:
    with home.database.read() as connection:
        return at_risk(connection, shops.get(connection, home.shop_id), home.now, 10)


async def test_a_silent_customer_has_a_score_and_reasons(home: Home) -> None:
    home.take("order_bulk_created", bulk_body([order(f"O{n}", ago(n)) for n in (150, 130, 110)], NOW))
    learnt(home, MODEL)
    found = told(home)
    assert (found.step, found.activity) == (Step.REPEAT, Activity.AT_RISK)
    assert found.score is not None
    assert 0 < found.score.low < found.score.probability < found.score.high < 1
    assert found.score.value.keys() == {"USD"}
    assert found.signals[0].kind is SignalKind.SILENCE
    assert [other.customer.customer_id for other in risky(home)] == [found.customer.customer_id]
    assert json.loads(json.dumps(as_data(found)))["score"]["horizon_days"] == 60


async def test_with_too_little_data_there_is_a_rhythm_and_no_score(home: Home) -> None:
    home.take("order_bulk_created", bulk_body([order("O1", ago(61))], NOW))
    learnt(home, Model(60, "too_little_data", "Only one customer."))
    found = told(home)
    assert (found.step, found.activity, found.score) == (Step.FIRST, Activity.AT_RISK, None)


async def test_an_active_customer_has_no_reasons(home: Home) -> None:
    home.take("order_bulk_created", bulk_body([order("O1", ago(1))], NOW))
    learnt(home, MODEL)
    assert (told(home).activity, told(home).signals, risky(home)) == (Activity.ACTIVE, (), [])


@pytest.mark.parametrize(
    ("limits", "days_ago", "activity"),
    [
        (Limits(at_risk_days=20, dormant_days=40), 19, Activity.ACTIVE),
        (Limits(at_risk_days=20, dormant_days=40), 21, Activity.AT_RISK),
        (Limits(at_risk_days=20, dormant_days=40), 41, Activity.DORMANT),
        (Limits(at_risk_days=7), 6, Activity.ACTIVE),
        (Limits(at_risk_days=7), 8, Activity.AT_RISK),
        (Limits(dormant_days=30), 14, Activity.ACTIVE),
        (Limits(dormant_days=30), 16, Activity.AT_RISK),
        (Limits(dormant_days=30), 31, Activity.DORMANT),
    ],
)
@pytest.mark.parametrize("model", [MODEL, None])
async def test_the_merchants_limits_come_first(
    home: Home, limits: Limits, days_ago: int, activity: Activity, model: Model | None
) -> None:
    home.take("order_bulk_created", bulk_body([order("O1", ago(days_ago))], NOW))
    learnt(home, model, limits)
    assert told(home).activity is activity
    assert len(risky(home)) == (activity is not Activity.ACTIVE)

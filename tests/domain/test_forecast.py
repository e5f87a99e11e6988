"""Stages, and what the model expects of all customers together."""

from datetime import UTC
from decimal import Decimal

import pytest

from plugin.domain.churn import Outlook, Rhythm, turns_of
from plugin.domain.customer import History, fold
from plugin.domain.forecast import Forecast
from plugin.domain.prediction import GammaGamma, MbgNbd, Model, expected_value
from plugin.domain.stages import Activity, Limits, Step, Turns
from tests.shop import NOW, ago, order

MODEL = Model(
    60, "mbg_nbd", "It won.", MbgNbd(0.6, 30.0, 0.8, 2.0), value={"USD": GammaGamma(3.0, 4.0, 60.0)}, customers=400
)
OUTLOOK = Outlook(Rhythm(30, 2, 999), MODEL, Limits(at_risk_days=60, dormant_days=120))


def bought(*days_ago: float, currency: str = "USD", total: int = 20) -> History:
    return fold([order(f"O{n}", ago(n), currency=currency, total=Decimal(total)) for n in days_ago], UTC)


def forecast(outlook: Outlook, *histories: History) -> Forecast:
    made = Forecast(outlook, NOW)
    for history in histories:
        made.add(history, turns_of(history, outlook))
    return made


def test_customers_by_step_and_activity() -> None:
    made = forecast(
        OUTLOOK,
        History(),
        bought(5),
        bought(70),
        bought(200),
        bought(80, 5),
        bought(*range(10, 60, 10)),
        bought(300, 130),
    )
    assert made.stages() == {
        (Step.PROSPECT, Activity.ACTIVE): 1,
        (Step.FIRST, Activity.ACTIVE): 1,
        (Step.FIRST, Activity.AT_RISK): 1,
        (Step.FIRST, Activity.DORMANT): 1,
        (Step.REPEAT, Activity.ACTIVE): 1,
        (Step.LOYAL, Activity.ACTIVE): 1,
        (Step.REPEAT, Activity.DORMANT): 1,
    }


def test_expectations_are_those_of_each_customer_added_up() -> None:
    active, silent = bought(50, 20), bought(150, 90)
    found = forecast(OUTLOOK, History(), active, silent).result()
    assert found is not None
    worth = expected_value(MODEL, active, 20)["USD"] + expected_value(MODEL, silent, 90)["USD"]
    assert found.value == {"USD": pytest.approx(worth)}
    assert found.customers == {"USD": 2}
    lost = expected_value(MODEL, silent, 0)["USD"] - expected_value(MODEL, silent, 90)["USD"]
    assert found.at_risk == {"USD": {Step.REPEAT: pytest.approx(lost)}}
    assert found.at_risk_customers == {"USD": 1}
    assert lost > 0


def test_currencies_stay_apart() -> None:
    found = forecast(OUTLOOK, bought(20), bought(30, currency="EUR")).result()
    assert found is not None
    assert found.customers == {"USD": 1, "EUR": 1}
    assert min(found.value.values()) > 0


def test_a_future_order_and_refunds_beyond_it_are_sane() -> None:
    given_back = fold([order("O1", ago(70), refunded=Decimal(90))], UTC)
    found = forecast(OUTLOOK, bought(-5), given_back).result()
    assert found is not None
    assert found.value["USD"] >= 0
    assert min(found.at_risk["USD"].values()) >= 0


@pytest.mark.parametrize("model", [None, Model(60, "too_little_data", "Too few customers.")])
def test_without_a_model_nothing_is_expected_and_stages_are_there(model: Model | None) -> None:
    made = Forecast(Outlook(Rhythm(30, 2, 999), model), NOW)
    made.add(bought(10), Turns())
    assert made.result() is None
    assert made.stages() == {(Step.FIRST, Activity.ACTIVE): 1}

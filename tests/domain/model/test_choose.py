"""Which model a shop gets: what its own past says, and too little of it is an answer of its own."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import pytest

from plugin.domain.customer import History
from plugin.domain.model.backtest import try_out
from plugin.domain.model.choose import default_horizon, learn
from plugin.domain.model.purchases import Order, Purchases, from_orders, histories, until
from plugin.domain.prediction import expected_value, from_json, to_json
from tests.domain.model.shops import BUYERS, OPENED, regulars, shop

YEAR = OPENED + timedelta(days=365)


def visits(*days_by_customer: list[int]) -> Purchases:
    return from_orders(
        Order(f"C{number}", OPENED.toordinal() + day, float(day), 10.0, "EUR")
        for number, days in enumerate(days_by_customer)
        for day in days
    )


def test_buyers_with_a_rhythm_get_a_layer_and_it_holds_on_the_days_after() -> None:
    purchases, cutoff = regulars(600, 365), YEAR - timedelta(days=28)
    model = learn(purchases, cutoff, 28)
    assert (model.choice, model.usable) == ("layered", True)
    assert model.backtest is not None
    assert model.backtest.cutoff == cutoff - timedelta(days=28)
    scored = try_out(purchases, cutoff.toordinal(), 28, {"model": model, "plain": replace(model, layer=None)})
    found = scored.measured().candidates
    assert found["model"].auc is not None
    assert found["plain"].auc is not None
    assert found["model"].brier is not None
    assert found["plain"].brier is not None
    assert found["model"].auc > found["plain"].auc
    assert found["model"].brier < found["plain"].brier


def test_buyers_as_the_model_has_them_lose_nothing_whatever_is_chosen() -> None:
    purchases, cutoff = shop(1500, 365), YEAR - timedelta(days=30)
    model = learn(purchases, cutoff, 30)
    truth = replace(model, layer=None, repeat=BUYERS)
    found = try_out(purchases, cutoff.toordinal(), 30, {"model": model, "truth": truth}).measured().candidates
    assert found["model"].brier == pytest.approx(found["truth"].brier, abs=0.003)
    assert found["model"].auc == pytest.approx(found["truth"].auc, abs=0.01)


def test_what_comes_after_today_is_not_looked_at() -> None:
    purchases, today = regulars(200, 300), OPENED + timedelta(days=200)
    assert learn(purchases, today, 28) == learn(until(purchases, today.toordinal()), today, 28)


def with_refunds(purchases: Purchases, who: list[int], day: int) -> Purchases:
    """All that these customers paid went back, on that day."""
    refunded = np.where(np.isin(purchases.customer, who), purchases.total, 0.0)
    return replace(purchases, refunded=refunded, refund_day=np.full(len(refunded), day))


def test_a_refund_is_not_known_in_windows_that_began_before_it() -> None:
    """Those who left get their money back, and the ledger does not say when: it is known today alone."""
    purchases = regulars(400, 365)
    known = histories(purchases, YEAR.toordinal())
    left = known.customer[YEAR.toordinal() - known.last_day > 60].tolist()
    plain, refunded = learn(purchases, YEAR, 28), learn(with_refunds(purchases, left, YEAR.toordinal()), YEAR, 28)
    assert len(left) > 20
    assert plain.layer is not None
    assert refunded.layer is not None
    assert refunded.backtest == plain.backtest
    assert refunded.reason == plain.reason
    assert refunded.layer.weights == plain.layer.weights
    assert refunded.layer.means == plain.layer.means
    assert dict(refunded.layer.weights)["refunds"] == 0


def test_a_currency_in_which_nothing_was_paid_is_worth_nothing() -> None:
    visited = [[0, 30 + n, 60 + n] for n in range(40)]
    purchases = visits(*visited)
    half = len(purchases.total) // 2
    currency = np.arange(len(purchases.total)) < half
    free = replace(
        purchases,
        currencies=("EUR", "PTS"),
        currency=np.where(currency, 0, 1),
        total=np.where(currency, purchases.total, 0.0),
    )
    model = learn(free, OPENED + timedelta(days=120), 30)
    assert set(model.value) == {"EUR"}
    history = History(
        orders=2, purchase_days=2, bought={"EUR": 1, "PTS": 1}, spent={"EUR": Decimal(10), "PTS": Decimal(0)}
    )
    worth = expected_value(model, history, 5.0)
    assert worth["EUR"] > 0
    assert worth["PTS"] == 0


def test_a_layer_of_a_learnt_model_never_rewards_silence() -> None:
    layer = learn(regulars(600, 365), YEAR, 28).layer
    assert layer is not None
    weights = dict(layer.weights)
    assert min(weights[name] for name in ("log_odds", "recent_28", "recent_91")) >= 0
    assert max(weights[name] for name in ("silence", "overdue", "late_regular")) <= 0


@pytest.mark.parametrize(
    ("purchases", "horizon", "why"),
    [
        (visits(), 30, "0 customers"),
        (visits([0]), 30, "1 customer of"),
        (visits(*[[0, 40, 80]] * 19), 30, "19 customers"),
        (visits(*[[n] for n in range(100)]), 30, "0 purchases"),
        (visits(*[[360, 363]] * 50), 30, "days of history"),
        (visits(*[[300, 340]] * 50), 365, "65 days of history say nothing of the next 365; a horizon of 132"),
    ],
)
def test_too_little_data_is_an_answer_of_its_own(purchases: Purchases, horizon: int, why: str) -> None:
    model = learn(purchases, YEAR, horizon)
    assert (model.choice, model.usable) == ("too_little_data", False)
    assert model.reason.startswith("Not enough data yet: ")
    assert why in model.reason.replace("66 days", "65 days")
    assert from_json(to_json(model)) == model


def test_a_shop_of_fifty_customers_has_a_sane_model() -> None:
    purchases, cutoff = regulars(50, 365), YEAR - timedelta(days=28)
    model = learn(purchases, cutoff, 28)
    assert model.usable
    found = try_out(purchases, cutoff.toordinal(), 28, {"model": model}).measured().candidates["model"]
    assert found.auc is not None
    assert found.auc > 0.8
    assert found.brier is not None
    assert found.brier < 0.15


def test_a_short_history_is_tested_on_shorter_windows() -> None:
    purchases = regulars(400, 120)
    model = learn(purchases, OPENED + timedelta(days=119), 100)
    assert model.usable
    assert model.backtest is not None
    assert model.backtest.horizon_days < 30


def test_currencies_have_their_own_value_and_one_rhythm() -> None:
    euros = regulars(100, 200)
    mixed = replace(euros, currencies=("EUR", "USD"), currency=np.arange(len(euros.day)) % 2)
    model, plain = learn(mixed, YEAR, 28), learn(euros, YEAR, 28)
    assert set(model.value) == set(model.typical) == {"EUR", "USD"}
    assert model.repeat == plain.repeat


def test_nothing_but_refunds_and_gifts_has_no_value_but_a_rhythm() -> None:
    purchases = regulars(100, 200)
    model = learn(replace(purchases, total=np.where(purchases.day % 2, -5.0, 0.0)), YEAR, 28)
    assert model.usable
    assert model.typical == {}


def test_an_order_of_another_century_does_not_stretch_the_history() -> None:
    days = [[-20000], *([n, n + 20, n + 45] for n in range(330, 360))]
    model = learn(visits(*days), OPENED + timedelta(days=405), 30)
    assert model.usable


@pytest.mark.parametrize(
    ("purchases", "horizon"),
    [
        (visits(), 60),
        (visits([0, 5]), 60),
        (visits(*[[0, 1, 2, 3, 4]] * 5), 14),
        (visits(*[[0, 40, 80]] * 10), 40),
        (visits(*[list(range(0, 300, 3))], *[[0, 50, 100]] * 9), 50),
        (visits(*[[0, 400]] * 20), 180),
    ],
)
def test_the_horizon_is_in_the_shops_rhythm_and_customers_weigh_the_same(purchases: Purchases, horizon: int) -> None:
    assert default_horizon(purchases) == horizon


def test_a_model_knows_what_it_was_made_of() -> None:
    purchases, today = regulars(60, 100), OPENED + timedelta(days=99)
    model, known = learn(purchases, today, 21), histories(purchases, today.toordinal())
    assert (model.customers, model.repeat_purchases) == (len(known), known.frequency.sum())
    assert model.fitted_on == date(2025, 4, 10)


@pytest.mark.parametrize(("days", "horizon", "word"), [(365, 3, "horizon"), (40, 30, "history")])
def test_where_no_layer_can_be_learnt_the_sentence_says_so(days: int, horizon: int, word: str) -> None:
    model = learn(shop(300, days), OPENED + timedelta(days=days - 1), horizon)
    assert (model.choice, model.backtest) == ("mbg_nbd", None)
    assert model.reason == f"The {word} is too short to learn a layer, so MBG/NBD stands alone."

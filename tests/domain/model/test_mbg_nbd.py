"""MBG/NBD: known parameters, the likelihood by its definition, and scores that simulated customers bear out."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import beta

from plugin.domain.model import bg_nbd, mbg_nbd, simulate
from plugin.domain.model.buying import log_likelihood, rows_of
from plugin.domain.model.counts import Counts, Floats, count
from plugin.domain.prediction import MbgNbd
from tests.domain.model import cdnow
from tests.domain.model.test_counts import columns

#: Nobody has more than one purchase day a day, so that no shop's mean rate is above one.
PARAMS = st.builds(
    lambda r, gap, a, b: MbgNbd(r, r * gap, a, b),
    r=st.floats(0.05, 8) | st.floats(8, 1000),
    gap=st.floats(1, 500),
    a=st.floats(0.05, 6) | st.floats(0.999, 1.001) | st.just(1.0),
    b=st.floats(0.05, 10),
)


@st.composite
def history(draw: st.DrawFn) -> tuple[int, int, int]:
    age = draw(st.integers(0, 30) | st.integers(0, 5_000))
    recency = draw(st.integers(0, age))
    return draw(st.integers(min(1, recency), recency)), recency, age


ROWS = st.lists(history(), min_size=1, max_size=12)


def known(fitted: MbgNbd) -> tuple[float, ...]:
    """In weeks, as published."""
    return fitted.r, fitted.alpha / cdnow.DAYS_A_WEEK, fitted.a, fitted.b


def test_the_parameters_of_the_cdnow_sample_are_the_known_ones() -> None:
    fitted = mbg_nbd.fit(cdnow.histories(), prior=None)
    assert fitted.converged
    assert fitted.customers == 2357
    assert known(fitted.params) == pytest.approx((0.5248, 6.183, 0.8914, 1.614), rel=1e-3)


def test_a_weak_prior_moves_a_thousand_customers_by_less_than_a_fifth_of_a_standard_error() -> None:
    plain, weighed = mbg_nbd.fit(cdnow.histories(), prior=None), mbg_nbd.fit(cdnow.histories())
    away = np.log(known(weighed.params)) - np.log(known(plain.params))
    assert (np.abs(away) < np.sqrt(np.diag(plain.covariance)) / 5).all()
    assert weighed.log_likelihood < plain.log_likelihood


def of_one(params: MbgNbd, x: int, t: int, age: int, first: int) -> float:
    """A customer's likelihood by definition: he stayed each time, or left at the last; over all chances of leaving."""

    def buying(until: float) -> float:
        rising = math.lgamma(params.r + x) - math.lgamma(params.r)
        return math.exp(rising + params.r * math.log(params.alpha) - (params.r + x) * math.log(params.alpha + until))

    chances, stayed, left = x + first, buying(age), buying(t)

    def given(p: float) -> float:
        return (1 - p) ** chances * stayed + (p * (1 - p) ** (chances - 1) * left if chances else 0)

    whole, _ = quad(given, 0, 1, weight="alg", wvar=(params.a - 1, params.b - 1))
    return float(whole / beta(params.a, params.b))


@pytest.mark.parametrize("first", [0, 1], ids=["bg_nbd", "mbg_nbd"])
@pytest.mark.parametrize("params", [MbgNbd(0.5, 43, 0.9, 1.6), MbgNbd(2.5, 12, 1.0, 0.7), MbgNbd(0.2, 8, 0.1, 4)])
def test_the_likelihood_of_unique_histories_is_that_of_all_customers_by_definition(params: MbgNbd, first: int) -> None:
    rows = [(0, 0, 90), (0, 0, 90), (0, 0, 0), (1, 9, 30), (1, 9, 30), (4, 80, 81), (7, 20, 200), (2, 40, 40)]
    value, _, _ = log_likelihood(rows_of(count(*columns(rows))), params, first)
    assert value == pytest.approx(sum(math.log(of_one(params, *row, first)) for row in rows), rel=1e-8)


def slopes(told: Callable[[Floats], Floats | float], at: Floats) -> Floats:
    """By finite differences, one parameter after the other."""
    steps = np.diag(at * 1e-5)
    return np.array([(np.asarray(told(at + h)) - np.asarray(told(at - h))) / (2 * h.sum()) for h in steps])


@settings(max_examples=60)
@given(ROWS, PARAMS, st.integers(0, 1))
def test_gradient_and_hessian_are_those_of_the_likelihood(
    rows: list[tuple[int, int, int]], params: MbgNbd, first: int
) -> None:
    told = rows_of(count(*columns(rows)))
    at = np.array([params.r, params.alpha, params.a, params.b])
    value, gradient, hessian = log_likelihood(told, MbgNbd(*at), first)
    assert math.isfinite(value)
    # By relative steps, so that no parameter's unit weighs more than another's.
    rough = slopes(lambda params: log_likelihood(told, MbgNbd(*params), first)[0], at) * at
    assert gradient * at == pytest.approx(rough, rel=1e-4, abs=1e-9 * (1e5 + abs(value)))
    rough = slopes(lambda params: log_likelihood(told, MbgNbd(*params), first)[1], at) * at[:, None] * at
    size = 1e5 + np.abs(gradient * at).max()
    assert hessian * at[:, None] * at == pytest.approx(rough, rel=1e-4, abs=1e-9 * size)


@pytest.mark.parametrize(
    "params", [MbgNbd(0.6, 6_000, 0.8, 1.8), MbgNbd(2, 30_000, 0.3, 2), MbgNbd(0.4, 3_000, 1.5, 3)]
)
def test_the_parameters_of_simulated_customers_are_found_again(params: MbgNbd) -> None:
    age = np.random.default_rng(1).integers(1, 50_000, 60_000)
    fitted = mbg_nbd.fit(count(*simulate.histories(params, age, seed=7)), prior=None)
    assert fitted.converged
    truth = np.array([params.r, params.alpha, params.a, params.b])
    found = np.array([fitted.params.r, fitted.params.alpha, fitted.params.a, fitted.params.b])
    away = np.log(found / truth)
    # The squared distance in standard errors of four parameters together: above 18.5 once in a thousand.
    assert away @ np.linalg.solve(fitted.covariance, away) < 18.5
    assert (np.abs(away) < 0.2).all()


TABLES = {
    "nobody": [],
    "one today": [(0, 0, 0)],
    "one long ago": [(0, 0, 900)],
    "one regular": [(9, 90, 91)],
    "one-time buyers": [(0, 0, age) for age in range(300)],
    "all on one day": [(0, 0, 0)] * 50,
    "every day": [(100, 100, 100)] * 50,
    "as a clock": [(10, 100, 100)] * 50,
    "all gone": [(10, 100, 900)] * 50,
    "two days running": [(1, 1, 1000)] * 5000,
    "decades": [(0, 0, 20_000), (1, 19_999, 20_000), (0, 0, 3)],
    "fifty": [(n % 3, (n % 3) * n, 3 * n) for n in range(1, 51)],
}


@pytest.mark.parametrize("model", [mbg_nbd, bg_nbd])
@pytest.mark.parametrize("plain", [False, True], ids=["prior", "plain"])
@pytest.mark.parametrize("name", TABLES)
def test_no_table_of_customers_is_too_odd(name: str, plain: bool, model: object) -> None:
    counts = count(*columns(TABLES[name]))
    fit = mbg_nbd.fit if model is mbg_nbd else bg_nbd.fit
    fitted = fit(counts, None) if plain else fit(counts)
    params = np.array([fitted.params.r, fitted.params.alpha, fitted.params.a, fitted.params.b])
    assert np.isfinite(params).all()
    assert (params > 0).all()
    assert np.isfinite(fitted.log_likelihood)
    assert (np.linalg.eigvalsh(fitted.covariance) > 0).all()
    if not fitted.converged:
        assert np.log(params) == pytest.approx(mbg_nbd.WEAK.mean)
    told = mbg_nbd.probability_of_order(fitted.params, counts.frequency, counts.recency, counts.age, 28)
    assert np.isfinite(told).all()


@pytest.mark.parametrize(("name", "why"), [("nobody", "no customer"), ("one-time buyers", "No maximum")])
def test_what_cannot_be_fitted_says_so(name: str, why: str) -> None:
    fitted = mbg_nbd.fit(count(*columns(TABLES[name])), prior=None)
    assert not fitted.converged
    assert why in (fitted.problem or "")


def test_a_small_shop_is_fitted_between_its_own_data_and_the_prior() -> None:
    fitted = mbg_nbd.fit(count(*columns(TABLES["fifty"])))
    assert fitted.converged
    deviations = np.sqrt(np.diag(fitted.covariance))
    assert (deviations < mbg_nbd.WEAK.deviation).all()


@given(ROWS, PARAMS, st.floats(0.5, 400), st.floats(0, 400))
def test_scores_are_sane_and_fall_with_silence(
    rows: list[tuple[int, int, int]], params: MbgNbd, days: float, longer: float
) -> None:
    x, t, age = columns(rows)
    alive = mbg_nbd.probability_alive(params, x, t, age)
    soon = mbg_nbd.probability_of_order(params, x, t, age, days)
    orders = mbg_nbd.expected_orders(params, x, t, age, days)
    later = mbg_nbd.probability_of_order(params, x, t, age + longer, days)
    wider = mbg_nbd.probability_of_order(params, x, t, age, days + longer)
    for scores in (alive, soon, later, wider, orders):
        assert np.isfinite(scores).all()
        assert (scores >= 0).all()
    for chances in (alive, soon, later, wider):
        assert (chances <= 1).all()
    assert (soon <= alive * (1 + 1e-12)).all()
    assert (later <= soon * (1 + 1e-12)).all()
    assert (wider >= soon * (1 - 1e-12)).all()
    assert (orders >= soon * (1 - 1e-9)).all()
    assert mbg_nbd.expected_orders(params, x, t, age.astype(float), days) == pytest.approx(orders, rel=1e-12)


@settings(max_examples=50)
@given(PARAMS, st.integers(0, 40), st.integers(0, 900), st.sampled_from([7.0, 28.0, 91.0, 365.0]))
def test_expected_orders_are_the_mean_over_all_rates_and_chances(
    params: MbgNbd, x: int, silence: int, days: float
) -> None:
    age = x * 5 + silence
    reach = days / (params.alpha + age)
    # With the rate integrated out, (1 - (1 + p y)^-(r + x)) / p is left of (1 - exp(-l p h)) / p.
    mean, _ = quad(
        lambda p: -math.expm1(-(params.r + x) * math.log1p(p * reach)) / p if p else (params.r + x) * reach,
        0,
        1,
        weight="alg",
        wvar=(params.a - 1, params.b + x),
    )
    told = mbg_nbd.orders_if_alive(params, np.array([x]), np.array([age]), days)
    # Where the chance of leaving piles up at 0, the quadrature itself is good to five digits only.
    assert told[0] == pytest.approx(mean / beta(params.a, params.b + x + 1), rel=5e-5)


@pytest.mark.parametrize("params", [MbgNbd(0.6, 60, 0.8, 1.8), MbgNbd(1.5, 90, 1.0, 3)])
def test_simulated_customers_buy_as_often_as_scored(params: MbgNbd) -> None:
    """Each group of customers with equal histories so far, against what they do in the next days."""
    until, days, unit = 180, 60, 24
    hourly = MbgNbd(params.r, params.alpha * unit, params.a, params.b)
    customers = 60_000
    who, when = simulate.purchases(hourly, np.full(customers, (until + days) * unit), seed=3)
    before = when <= until * unit
    frequency = np.bincount(who[before], minlength=customers) - 1
    recency = np.zeros(customers, dtype=np.int64)
    np.maximum.at(recency, who[before], when[before])
    later = np.bincount(who[~before], minlength=customers)
    age = np.full(customers, until * unit)
    soon = mbg_nbd.probability_of_order(hourly, frequency, recency, age, days * unit)
    orders = mbg_nbd.expected_orders(hourly, frequency, recency, age, days * unit)
    for group in np.array_split(np.argsort(soon + 1e-3 * orders, kind="stable"), 8):
        spread = math.sqrt((soon[group] * (1 - soon[group])).sum())
        assert (later[group] > 0).sum() == pytest.approx(soon[group].sum(), abs=4 * spread)
        assert later[group].mean() == pytest.approx(
            orders[group].mean(), abs=4 * later[group].std() / math.sqrt(len(group))
        )


def test_no_customer_no_score() -> None:
    nobody = np.zeros(0, dtype=np.int64)
    assert len(mbg_nbd.expected_orders(MbgNbd(0.5, 45, 0.8, 1.6), nobody, nobody, nobody, 28)) == 0


def test_counts_are_enough_to_fit(  # a customer more or less often is a row's weight, nothing else
) -> None:
    once = cdnow.histories()
    twice = Counts(once.frequency, once.recency, once.age, once.customers * 2)
    first, second = mbg_nbd.fit(once, None), mbg_nbd.fit(twice, None)
    assert known(second.params) == pytest.approx(known(first.params), rel=1e-5)
    assert second.covariance == pytest.approx(first.covariance / 2, rel=1e-4)

"""Gamma-gamma: known parameters, and no value that is not a sane one."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.domain.model import gamma_gamma
from plugin.domain.model.counts import Floats
from plugin.domain.prediction import GammaGamma
from tests.domain.model import cdnow


def test_the_parameters_of_the_cdnow_sample_are_the_known_ones() -> None:
    fitted = gamma_gamma.fit(*cdnow.values(), prior=None)
    assert fitted.converged
    assert fitted.customers == 946
    assert (fitted.params.p, fitted.params.q, fitted.params.v) == pytest.approx((6.25, 3.74, 15.45), rel=2e-3)
    assert fitted.log_likelihood == pytest.approx(-4055.92, abs=0.01)


def test_the_expected_value_of_cdnow_customers_is_the_known_one() -> None:
    fitted = gamma_gamma.fit(*cdnow.values(), prior=None)
    told = gamma_gamma.expected_value(fitted.params, np.array([2, 1, 7, 0]), np.array([22.35, 11.77, 73.74, 0.0]))
    assert told == pytest.approx([24.6586, 18.9115, 71.4629, 35.17], rel=1e-3)


def of_one(params: GammaGamma, n: float, m: float) -> float:
    p, q, v = params.p, params.q, params.v
    return (
        math.lgamma(p * n + q)
        - math.lgamma(p * n)
        - math.lgamma(q)
        + q * math.log(v)
        + (p * n - 1) * math.log(m)
        + p * n * math.log(n)
        - (p * n + q) * math.log(v + n * m)
    )


def test_the_likelihood_at_the_maximum_is_the_sum_over_customers_and_no_step_raises_it() -> None:
    purchases, mean = cdnow.values()
    fitted = gamma_gamma.fit(purchases, mean, prior=None)

    def whole(params: GammaGamma) -> float:
        return sum(of_one(params, n, m) for n, m in zip(purchases.tolist(), mean.tolist(), strict=True))

    assert fitted.log_likelihood == pytest.approx(whole(fitted.params), rel=1e-9)
    p, q, v = fitted.params.p, fitted.params.q, fitted.params.v
    for step in (0.99, 1.01):
        assert whole(GammaGamma(p * step, q, v)) < fitted.log_likelihood
        assert whole(GammaGamma(p, q * step, v)) < fitted.log_likelihood
        assert whole(GammaGamma(p, q, v * step)) < fitted.log_likelihood


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(1, 60), st.floats(0.01, 1e4)), min_size=1, max_size=10),
    st.floats(0.1, 30),
    st.floats(1.05, 20),
    st.floats(0.05, 500),
)
def test_gradient_and_hessian_are_those_of_the_likelihood(
    rows: list[tuple[int, float]], p: float, q: float, v: float
) -> None:
    n, m = np.array(rows).T
    numbers, customers = np.unique(n, return_counts=True)
    exposed = float((n * np.log(n * m)).sum())

    def told(at: Floats) -> tuple[float, Floats, Floats]:
        params = GammaGamma(*at.tolist())
        return gamma_gamma.log_likelihood(params, numbers, customers.astype(float), exposed, n, n * m)

    at = np.array([p, q, v])
    value, gradient, hessian = told(at)
    assert value - float(np.log(m).sum()) == pytest.approx(sum(of_one(GammaGamma(p, q, v), *row) for row in rows))
    for index, step in enumerate(np.diag(at * 1e-5)):
        up, down, wide = told(at + step), told(at - step), 2 * step.sum()
        size = 1e5 + abs(value)
        assert gradient[index] * at[index] == pytest.approx(
            (up[0] - down[0]) / wide * at[index], rel=1e-4, abs=1e-9 * size
        )
        size = 1e5 + np.abs(gradient * at).max()
        assert hessian[index] * at[index] * at == pytest.approx(
            (up[1] - down[1]) / wide * at[index] * at, rel=1e-4, abs=1e-9 * size
        )


def test_the_parameters_of_simulated_customers_are_found_again() -> None:
    chance = np.random.default_rng(5)
    truth = GammaGamma(p=3, q=4, v=60)
    n = chance.integers(1, 12, 20_000)
    mean = chance.gamma(truth.p * n) / chance.gamma(truth.q, 1 / truth.v, len(n)) / n
    fitted = gamma_gamma.fit(n, mean, prior=None)
    found = np.array([fitted.params.p, fitted.params.q - 1, fitted.params.v])
    away = np.log(found / [truth.p, truth.q - 1, truth.v])
    # The squared distance in standard errors of three parameters together: above 16.3 once in a thousand.
    assert away @ np.linalg.solve(fitted.covariance, away) < 16.3


@pytest.mark.parametrize("scale", [1e-3, 100.0, 1e6])
def test_another_currency_changes_the_unit_and_nothing_else(scale: float) -> None:
    purchases, mean = cdnow.values()
    here, there = gamma_gamma.fit(purchases, mean), gamma_gamma.fit(purchases, mean * scale)
    assert (there.params.p, there.params.q) == pytest.approx((here.params.p, here.params.q), rel=1e-6)
    assert there.params.v == pytest.approx(here.params.v * scale, rel=1e-6)


TABLES: dict[str, tuple[list[int], list[float]]] = {
    "nobody": ([], []),
    "one": ([1], [30.0]),
    "one of many purchases": ([400], [30.0]),
    "one price": ([2] * 500, [7.0] * 500),
    "refunded": ([3, 2, 5], [-5.0, 0.0, 20.0]),
    "all refunded": ([3, 2], [-5.0, 0.0]),
    "unknown": ([1, 2], [math.nan, 15.0]),
    "no purchase": ([0, 2], [10.0, 15.0]),
    "far apart": ([3, 4, 1], [1e9, 2e9, 0.01]),
}


@pytest.mark.parametrize("plain", [False, True], ids=["prior", "plain"])
@pytest.mark.parametrize("name", TABLES)
def test_no_table_of_values_is_too_odd(name: str, plain: bool) -> None:
    purchases, mean = np.array(TABLES[name][0], dtype=np.int64), np.array(TABLES[name][1], dtype=np.float64)
    fitted = gamma_gamma.fit(purchases, mean, None) if plain else gamma_gamma.fit(purchases, mean)
    assert min(fitted.params.p, fitted.params.q - 1) > 0
    assert (fitted.params.v > 0) == (fitted.customers > 0)
    assert np.isfinite([fitted.params.p, fitted.params.q, fitted.params.v, fitted.log_likelihood]).all()
    assert (np.linalg.eigvalsh(fitted.covariance) > 0).all()
    assert fitted.converged == (fitted.problem is None)
    told = gamma_gamma.expected_value(fitted.params, purchases, mean)
    assert np.isfinite(told).all()
    assert ((told > 0) == (fitted.customers > 0)).all()


def test_few_buyers_are_worth_about_the_plain_mean() -> None:
    fitted = gamma_gamma.fit(np.array([1, 2, 1]), np.array([20.0, 30.0, 40.0]))
    told = gamma_gamma.expected_value(fitted.params, np.array([0]), np.array([0.0]))
    assert told[0] == pytest.approx(30, rel=0.25)


@given(st.integers(1, 200), st.floats(0.01, 1e5))
def test_a_customers_value_lies_between_his_own_mean_and_that_of_all(purchases: int, mean: float) -> None:
    params = GammaGamma(p=6.25, q=3.74, v=15.45)
    everyone = params.p * params.v / (params.q - 1)
    told = gamma_gamma.expected_value(params, np.array([purchases]), np.array([mean]))[0]
    assert min(mean, everyone) * (1 - 1e-9) <= told <= max(mean, everyone) * (1 + 1e-9)
    more = gamma_gamma.expected_value(params, np.array([purchases * 10]), np.array([mean]))[0]
    assert abs(more - mean) <= abs(told - mean) + 1e-9 * mean

"""Ridge logistic regression with signs: it finds what is there, and holds what it must."""

import numpy as np
import pytest
from scipy.optimize import minimize

from plugin.domain.model.logistic import fit
from plugin.domain.model.purchases import Flags, Floats

NAMES = ("one", "two", "three")


def rows(count: int = 4000, seed: int = 1) -> tuple[Floats, Flags]:
    """Log-odds are -1 + 2 one - two; the third says nothing."""
    chance = np.random.default_rng(seed)
    found = chance.normal(size=(count, 3)) * [1.0, 0.5, 3.0] + [2.0, 0.0, -1.0]
    log_odds = -1 + 2 * (found[:, 0] - 2) - found[:, 1]
    return found, chance.random(count) < 1 / (1 + np.exp(-log_odds))


def slopes(found: Floats, came: Flags, signs: tuple[int, ...], ridge: float = 0.01) -> dict[str, float]:
    layer = fit(found, came, NAMES, signs, ridge)
    assert layer is not None
    return {name: weight / scale for (name, weight), scale in zip(layer.weights, layer.scales, strict=True)}


def test_weights_are_found_again() -> None:
    assert slopes(*rows(), (0, 0, 0)) == pytest.approx({"one": 2, "two": -1, "three": 0}, abs=0.15)


def test_a_weight_of_the_wrong_sign_is_held_at_nothing() -> None:
    found = slopes(*rows(), (-1, 1, 0))
    assert found["one"] == 0
    assert found["two"] == 0


@pytest.mark.parametrize("signs", [(0, 0, 0), (1, -1, 1), (-1, 1, -1), (1, 1, 0)])
def test_no_other_weights_of_these_signs_are_likelier(signs: tuple[int, ...]) -> None:
    found, came = rows(600)
    layer = fit(found, came, NAMES, signs, 5.0)
    assert layer is not None
    standard = np.column_stack([np.ones(len(found)), (found - found.mean(axis=0)) / found.std(axis=0)])

    def loss(weights: Floats) -> float:
        odds = standard @ weights
        return float(np.logaddexp(0, odds).sum() - came @ odds + 2.5 * weights[1:] @ weights[1:])

    bounds = [(None, None), *((0.0 if sign > 0 else None, 0.0 if sign < 0 else None) for sign in signs)]
    best = minimize(loss, np.zeros(4), method="L-BFGS-B", bounds=bounds).fun
    assert loss(np.array([layer.intercept, *(weight for _, weight in layer.weights)])) <= best + 1e-6


def test_a_stronger_ridge_makes_smaller_weights() -> None:
    sizes = [sum(abs(slope) for slope in slopes(*rows(), (0, 0, 0), ridge).values()) for ridge in (1, 100, 10000)]
    assert sizes == sorted(sizes, reverse=True)


def test_a_feature_that_never_differs_has_no_weight() -> None:
    found, came = rows()
    found[:, 1] = 7.0
    assert slopes(found, came, (0, 0, 0))["two"] == 0


@pytest.mark.parametrize("outcome", [True, False])
def test_one_outcome_alone_teaches_nothing(outcome: bool) -> None:
    found, _ = rows(50)
    assert fit(found, np.full(50, outcome), NAMES, (0, 0, 0), 1.0) is None


def test_outcomes_that_a_feature_parts_at_once_keep_finite_weights() -> None:
    found, _ = rows(100)
    layer = fit(found, found[:, 0] > 2, NAMES, (0, 0, 0), 1.0)
    assert layer is not None
    assert np.isfinite([weight for _, weight in layer.weights]).all()


def test_the_covariance_is_that_of_many_repetitions() -> None:
    """The weights of other samples of the same shop lie as far from each other as one of them says."""
    layers = [fit(*rows(800, seed), NAMES, (0, 0, 0), 0.01) for seed in range(60)]
    found = np.array([[weight for _, weight in layer.weights] for layer in layers if layer])
    told = np.mean([np.sqrt(np.diag(np.array(layer.covariance))) for layer in layers if layer], axis=0)
    assert found.std(axis=0) == pytest.approx(told[1:], rel=0.35)


def test_repeats_of_the_same_customers_are_no_further_evidence() -> None:
    found, came = rows(300)
    once = fit(found, came, NAMES, (0, 0, 0), 0.01)
    twice = fit(np.vstack([found, found]), np.append(came, came), NAMES, (0, 0, 0), 0.01, repeats=2)
    assert once is not None
    assert twice is not None
    assert np.array(twice.covariance) == pytest.approx(np.array(once.covariance), rel=1e-2)


def test_what_was_the_same_in_all_rows_has_no_weight_and_no_uncertainty() -> None:
    found, came = rows(200)
    found[:, 1] = 0.0
    layer = fit(found, came, NAMES, (0, 0, 0), 1.0, repeats=6)
    assert layer is not None
    assert layer.weights[1][1] == 0
    assert not np.array(layer.covariance)[2].any()
    assert np.diag(np.array(layer.covariance))[[0, 1, 3]].min() > 0

"""A ridge logistic regression whose weights may be told their sign."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from plugin.domain.model.purchases import Flags, Floats
from plugin.domain.prediction import Layer

MOST_STEPS, MOST_HALVINGS = 100, 30


def fit(
    found: Floats,
    came: Flags,
    names: Sequence[str],
    signs: Sequence[int],
    ridge: float,
    *,
    repeats: int = 1,
) -> Layer | None:
    """The likeliest weights for rows of features and their outcomes; None where there is nothing to learn.

    `found` has shape (rows, features). A sign of 1 allows no negative weight, -1 no positive one, 0 any.
    `ridge` is the precision of each standardised weight before there is data, so that with few rows the
    weights stay small. Where the same customers stand in `repeats` rows each, the covariance is so many
    times larger: rows of one customer say much the same.
    """
    if not 0 < came.sum() < len(came):
        return None
    means, scales = found.mean(axis=0), found.std(axis=0)
    differs = scales > 1e-9
    scales = np.where(differs, scales, 1.0)
    rows = np.column_stack([np.ones(len(found)), np.where(differs, (found - means) / scales, 0.0)])
    penalty = np.append(0.0, np.full(found.shape[1], ridge))
    weights = _maximum(rows, came.astype(np.float64), penalty, np.array([0, *signs]))
    if weights is None:
        return None
    return Layer(
        float(weights[0]),
        tuple(zip(names, (float(weight) for weight in weights[1:]), strict=True)),
        tuple(float(mean) for mean in means),
        tuple(float(scale) for scale in scales),
        _covariance(rows, weights, penalty, repeats),
    )


def _maximum(rows: Floats, target: Floats, penalty: Floats, signs: NDArray[np.int64]) -> Floats | None:
    """Newton's method, projected on the signs: a weight at its bound that would leave it is held there."""
    weights = np.zeros(rows.shape[1])
    differs = rows.any(axis=0)
    weights[0] = np.log(target.mean() / (1 - target.mean()))
    loss = _loss(target, rows @ weights, penalty, weights)
    for _ in range(MOST_STEPS):
        chance = _chance(rows @ weights)
        slope = rows.T @ (chance - target) + penalty * weights
        free = differs & ~((signs != 0) & (weights == 0) & (signs * slope >= 0))
        curve = _curvature(rows[:, free], chance, penalty[free])
        step = np.zeros_like(weights)
        step[free] = np.linalg.lstsq(curve, slope[free], rcond=None)[0]
        moved, lower = weights, loss
        for halved in range(MOST_HALVINGS):
            moved = weights - step * 0.5**halved
            moved = np.where(signs * moved < 0, 0.0, moved)
            lower = _loss(target, rows @ moved, penalty, moved)
            if lower <= loss:
                break
        else:
            return weights
        if not np.isfinite(lower):
            return None
        gained, weights, loss = loss - lower, moved, lower
        if gained <= 1e-10 * abs(loss):
            return weights
    return weights


def _loss(target: Floats, odds: Floats, penalty: Floats, weights: Floats) -> float:
    return float(np.logaddexp(0.0, odds).sum() - target @ odds + 0.5 * penalty @ weights**2)


def _chance(log_odds: Floats) -> Floats:
    chance: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -500, 500)))
    return chance


def _curvature(rows: Floats, chance: Floats, penalty: Floats) -> Floats:
    curve: Floats = (rows * (chance * (1 - chance))[:, None]).T @ rows + np.diag(penalty)
    return curve


def _covariance(rows: Floats, weights: Floats, penalty: Floats, repeats: int) -> tuple[tuple[float, ...], ...]:
    """The inverse of the curvature; a weight at its bound, or of what was the same in all rows, does not move."""
    free = np.append(True, weights[1:] != 0)
    found = np.zeros((len(weights), len(weights)))
    curve = _curvature(rows[:, free], _chance(rows @ weights), penalty[free])
    found[np.ix_(free, free)] = repeats * np.linalg.pinv(curve)
    return tuple(tuple(float(cell) for cell in row) for row in found)

"""Maximum likelihood by Newton's method: value, gradient and Hessian at every step, a handful of steps.

Parameters are looked for as logarithms, so that they stay positive and steps are relative.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from plugin.domain.model.counts import Floats

#: Of a function to be made as large as possible: its value, gradient (n) and Hessian (n, n).
Curve = tuple[float, Floats, Floats]

MOST_STEPS = 100
LONGEST_STEP = 2.0
#: Parameters beyond e to the power of this are no maximum but the way to nowhere.
FARTHEST = 25.0
#: The squared distance to the maximum, in standard errors, at which it is found.
NEAR = 1e-9
#: A parameter of which the data say less than this (one over the variance of its logarithm) is not known.
LEAST_KNOWN = 1e-4


@dataclass(frozen=True, slots=True)
class Prior:
    """What is thought of the logarithms of the parameters before there is data: independent and normal."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @property
    def covariance(self) -> Floats:
        return np.diag(np.square(self.deviation))

    def curve(self, logs: Floats) -> Curve:
        weight = 1 / np.square(self.deviation)
        away = logs - np.asarray(self.mean)
        return -0.5 * float(weight @ away**2), -weight * away, -np.diag(weight)


@dataclass(frozen=True, slots=True)
class Maximum:
    logs: Floats
    #: Of the likelihood alone, without the prior.
    log_likelihood: float
    #: Of the logarithms: the inverse of the negative Hessian.
    covariance: Floats
    steps: int


def maximise(likelihood: Callable[[Floats], Curve], start: Floats, prior: Prior | None) -> Maximum | None:
    """The maximum that is reached from the start; None when none is reached.

    A flat place is none: there the data do not tell the parameters. Where the function is not concave the step follows the gradient in the directions that curve upwards,
    and every step is halved until the function grows.
    """
    logs = start
    told, curve = _curve(likelihood, logs, prior)
    for steps in range(1, MOST_STEPS + 1):
        value, gradient, hessian = curve
        if not (np.isfinite(gradient).all() and np.isfinite(hessian).all()):
            return None
        bend, ways = np.linalg.eigh(-hessian)
        slope = ways.T @ gradient
        safe = np.maximum(np.abs(bend), 1e-9 * max(1e-9, np.abs(bend).max()))
        step = ways @ (slope / safe)
        gain = float(slope @ (slope / safe))
        if gain < NEAR:
            known = bend.min() > LEAST_KNOWN
            return Maximum(logs, told, ways @ np.diag(1 / bend) @ ways.T, steps) if known else None
        step *= min(1.0, LONGEST_STEP / float(np.linalg.norm(step)))
        for _ in range(40):
            told, curve = _curve(likelihood, logs + step, prior)
            if curve[0] >= value - 1e-12 * abs(value) and np.isfinite(curve[0]):
                break
            step /= 2
        else:
            return None
        logs = logs + step
        if np.abs(logs).max() > FARTHEST:
            return None
    return None


def _curve(likelihood: Callable[[Floats], Curve], logs: Floats, prior: Prior | None) -> tuple[float, Curve]:
    """The likelihood alone, and with the prior."""
    value, gradient, hessian = likelihood(logs)
    if prior is None:
        return value, (value, gradient, hessian)
    more = prior.curve(logs)
    return value, (value + more[0], gradient + more[1], hessian + more[2])


def by_logs(natural: Curve, params: Floats) -> Curve:
    """The curve by parameters, turned into the one by their logarithms."""
    value, gradient, hessian = natural
    slope = params * gradient
    return value, slope, params[:, None] * hessian * params + np.diag(slope)

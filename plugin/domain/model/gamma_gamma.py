"""What a purchase of a customer is worth: the gamma-gamma model by Fader and Hardie (2013).

A customer has made n purchases of mean value m, in one currency. Purchases are drawn from
Gamma(p, rate=nu), and nu, which differs between customers, from Gamma(q, rate=v). With s = n m, all that
was spent, and nu integrated out, the likelihood of m is

    G(p n + q) / (G(p n) G(q)) v^q s^(p n) / (m (v + s)^(p n + q)).

q is kept above 1: below it the mean over all customers would be infinite.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, polygamma, psi

from plugin.domain.model.buying import BLOCK
from plugin.domain.model.counts import Column, Floats
from plugin.domain.model.maximum import Curve, Prior, by_logs, maximise
from plugin.domain.phrases import phrase
from plugin.domain.prediction import GammaGamma

#: Of p, q - 1 and v over the mean value: purchases of a customer vary by half, customers by about as much.
#: So wide that some dozens of customers outweigh it.
WEAK = Prior(mean=tuple(np.log([4.0, 2.0, 0.5]).tolist()), deviation=(1.0, 1.0, 1.0))


@dataclass(frozen=True, slots=True)
class Fit:
    params: GammaGamma
    #: Of all customers, without the prior; 0 where there is no fit.
    log_likelihood: float
    #: Of the logarithms of p, q - 1 and v; shape (3, 3).
    covariance: Floats
    iterations: int
    #: Those with purchases worth more than nothing: the others say nothing of what a purchase is worth.
    customers: int
    #: Why these are the prior's parameters around the mean value and not fitted ones; None where they are.
    problem: str | None

    @property
    def converged(self) -> bool:
        return self.problem is None


def fit(purchases: Column, mean: Column, prior: Prior | None = WEAK) -> Fit:
    """Fitted to customers' numbers of purchases and mean values by maximum likelihood, weighed with the prior.

    Customers whose mean is not above 0 (all refunded, or given away) are left out. Never fails: where
    there is no maximum, the parameters are the prior's around the mean value of all purchases, which is 0
    where none is above 0.
    """
    told = np.isfinite(mean) & (np.asarray(mean) > 0) & (np.asarray(purchases) > 0)
    n, m = np.asarray(purchases)[told].astype(np.float64), np.asarray(mean)[told].astype(np.float64)
    if len(n) == 0:
        return _unfitted(prior or WEAK, 0.0, 0, phrase("There is no purchase worth more than nothing."))
    # Around 1, so that the prior means the same in every currency.
    scale = float(n @ m / n.sum())
    spent = n * (m / scale)
    rest = -float(np.log(m / scale).sum()) - len(n) * float(np.log(scale))
    found = maximise(_curve(n, spent, rest), np.array(WEAK.mean), prior)
    if found is None:
        problem = phrase("No maximum of the likelihood was found (customers: {customers}).", customers=len(n))
        return _unfitted(prior or WEAK, scale, len(n), problem)
    return Fit(_params(found.logs, scale), found.log_likelihood, found.covariance, found.steps, len(n), None)


def _unfitted(prior: Prior, scale: float, customers: int, problem: str) -> Fit:
    return Fit(_params(np.array(prior.mean), scale), 0.0, prior.covariance, 0, customers, problem)


def _params(logs: Floats, scale: float) -> GammaGamma:
    p, q_over, v = np.exp(logs).tolist()
    return GammaGamma(p, 1 + q_over, v * scale)


def _curve(n: Floats, spent: Floats, rest: float) -> Callable[[Floats], Curve]:
    numbers, which = np.unique(n, return_inverse=True)
    customers = np.bincount(which).astype(np.float64)
    exposed = float((n * np.log(spent)).sum())

    def curve(logs: Floats) -> Curve:
        p, q_over, v = np.exp(logs).tolist()
        params = GammaGamma(p, 1 + q_over, v)
        value, gradient, hessian = log_likelihood(params, numbers, customers, exposed, n, spent)
        return by_logs((value + rest, gradient, hessian), np.array([p, q_over, v]))

    return curve


def log_likelihood(
    params: GammaGamma, numbers: Floats, customers: Floats, exposed: float, n: Floats, spent: Floats
) -> Curve:
    """Of all customers, without the terms in which there is no parameter; its gradient and Hessian by p, q and v.

    `numbers` are the different numbers of purchases and `customers` how many have each; `exposed` is the
    sum of n ln s; `n` and `spent` have an element a customer.
    """
    p, q, v = params.p, params.q, params.v
    total = float(customers.sum())
    logs = n_logs = pace = n_pace = pace2 = n_pace2 = 0.0
    for start in range(0, len(n), BLOCK):
        number, reach = n[start : start + BLOCK], v + spent[start : start + BLOCK]
        log, inverse = np.log(reach), 1 / reach
        logs += float(log.sum())
        n_logs += float(number @ log)
        pace += float(inverse.sum())
        n_pace += float(number @ inverse)
        pace2 += float(inverse @ inverse)
        n_pace2 += float(number @ inverse**2)
    shape = p * numbers
    joint, joint1 = psi(shape + q), polygamma(1, shape + q)
    weighted = customers * numbers
    value = (
        customers @ (gammaln(shape + q) - gammaln(shape) - gammaln(q))
        + total * q * np.log(v)
        + p * (exposed - n_logs)
        - q * logs
    )
    gradient = np.array(
        [
            weighted @ (joint - psi(shape)) + exposed - n_logs,
            customers @ (joint - psi(q)) + total * np.log(v) - logs,
            total * q / v - p * n_pace - q * pace,
        ]
    )
    mixed = weighted @ joint1
    hessian = np.array(
        [
            [(weighted * numbers) @ (joint1 - polygamma(1, shape)), mixed, -n_pace],
            [mixed, customers @ (joint1 - polygamma(1, q)), total / v - pace],
            [-n_pace, total / v - pace, -total * q / v**2 + p * n_pace2 + q * pace2],
        ]
    )
    return float(value), gradient, hessian


def expected_value(params: GammaGamma, purchases: Column, mean: Column) -> Floats:
    """What the next purchase of each customer is worth on average: his own mean, shrunk to that of all.

    A customer with no purchase, or none above 0, is expected to spend as much as all do on average: nothing
    where nobody paid.
    """
    known = np.isfinite(mean) & (np.asarray(mean) > 0) & (np.asarray(purchases) > 0)
    n, m = np.where(known, purchases, 0.0), np.where(known, mean, 0.0)
    expected: Floats = params.p * (params.v + n * m) / (params.p * n + params.q - 1)
    return expected

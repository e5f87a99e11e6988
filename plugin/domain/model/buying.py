"""What MBG/NBD and BG/NBD share: a customer buys at random times, and may leave for good after a purchase.

With frequency x, recency t and age T, purchases after the first come at a rate drawn from
Gamma(r, rate=alpha); after each of k of his purchases a customer leaves with a chance p drawn from
Beta(a, b). In MBG/NBD (Batislam, Denizel and Filiztekin 2007) the first purchase counts too: k = x + 1;
in BG/NBD (Fader, Hardie and Lee 2005) it does not: k = x. Having stayed each time or having left at
the last, with the rate and the chance integrated out, the likelihood is

    G(r + x) / G(r) alpha^r (alpha + T)^-(r + x) B(a, b + k) / B(a, b) (1 + odds),
    odds = a / (b + k - 1) ((alpha + T) / (alpha + t))^(r + x), and 0 for k = 0,

where the odds are those of having left. Per history that is one exponential and one logarithm: all
else depends on x alone or comes from tables by day.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, gammaln, polygamma, psi

from plugin.domain.model.counts import Column, Counts, Floats, Whole
from plugin.domain.model.maximum import Curve, Maximum, Prior, by_logs, maximise
from plugin.domain.prediction import MbgNbd

#: Rows worked on together: small enough for a processor's cache, and for the linear algebra library to add
#: them up itself rather than by threads, whose waiting costs ten times the work on a busy machine.
BLOCK = 1 << 13


@dataclass(frozen=True, slots=True)
class Rows:
    """Counts as the likelihood wants them."""

    counts: Counts
    #: The distinct frequencies, and for each row which of them it has.
    frequencies: Floats
    which: NDArray[np.intp]
    #: How many customers have each distinct frequency.
    customers: Floats
    #: By age in days: how many customers, and their purchases after the first.
    at_age: Floats
    bought_at_age: Floats


def rows_of(counts: Counts) -> Rows:
    frequencies, which = np.unique(counts.frequency, return_inverse=True)
    weight = counts.customers.astype(np.float64)
    return Rows(
        counts=counts,
        frequencies=frequencies.astype(np.float64),
        which=which,
        customers=_sums(which, weight),
        at_age=_sums(counts.age, weight),
        bought_at_age=_sums(counts.age, weight * counts.frequency),
    )


def _sums(which: Whole, weight: Floats, size: int = 0) -> Floats:
    sums: Floats = np.bincount(which, weight, size).astype(np.float64, copy=False)
    return sums


@dataclass(slots=True)
class _Left:
    """Sums over rows, some of them by frequency: w is the probability of having left, s = w (1 - w).

    D is the logarithm of (alpha + T) / (alpha + t), E its derivative by alpha, F the second one.
    """

    value: float
    w: Floats
    w_d: float
    w_e: Floats
    w_f: Floats
    s: Floats
    s_d: Floats
    s_e: Floats
    s_dd: float
    s_de: Floats
    s_ee: Floats


def log_likelihood(rows: Rows, params: MbgNbd, first: int) -> Curve:
    """The log likelihood of all customers, its gradient and Hessian by r, alpha, a and b.

    `first` is 1 where customers can leave after their first purchase (MBG/NBD), else 0 (BG/NBD).
    """
    r, alpha, a, b = params.r, params.alpha, params.a, params.b
    x, n = rows.frequencies, rows.customers
    k = x + first
    left = _left(rows, params, k)
    buying = r + x
    pace = 1 / (alpha + np.arange(len(rows.at_age)))
    exposed = r * rows.at_age + rows.bought_at_age
    # Where nobody can have left, w is 0, and its factor must only be finite.
    turn = 1 / np.where(k > 0, b + k - 1, 1.0)

    value = (
        n @ (gammaln(buying) - gammaln(r) + gammaln(b + k) - gammaln(b) - gammaln(a + b + k) + gammaln(a + b))
        + n.sum() * r * np.log(alpha)
        + exposed @ np.log(pace)
        + left.value
    )
    gradient = np.array(
        [
            n @ (psi(buying) - psi(r)) + n.sum() * np.log(alpha) + rows.at_age @ np.log(pace) + left.w_d,
            n.sum() * r / alpha - exposed @ pace + buying @ left.w_e,
            n @ (psi(a + b) - psi(a + b + k)) + left.w.sum() / a,
            n @ (psi(b + k) - psi(a + b + k) - psi(b) + psi(a + b)) - turn @ left.w,
        ]
    )
    both = n @ (polygamma(1, a + b) - polygamma(1, a + b + k))
    hessian = np.zeros((4, 4))
    hessian[0, 0] = n @ (polygamma(1, buying) - polygamma(1, r)) + left.s_dd
    hessian[0, 1] = n.sum() / alpha - rows.at_age @ pace + left.w_e.sum() + buying @ left.s_de
    hessian[0, 2] = left.s_d.sum() / a
    hessian[0, 3] = -turn @ left.s_d
    hessian[1, 1] = -n.sum() * r / alpha**2 + exposed @ pace**2 + buying @ left.w_f + buying**2 @ left.s_ee
    hessian[1, 2] = buying @ left.s_e / a
    hessian[1, 3] = -(turn * buying) @ left.s_e
    hessian[2, 2] = both + (left.s.sum() - left.w.sum()) / a**2
    hessian[2, 3] = both - turn @ left.s / a
    hessian[3, 3] = both + n @ (polygamma(1, b + k) - polygamma(1, b)) + turn**2 @ (left.w + left.s)
    return float(value), gradient, hessian + np.triu(hessian, 1).T


def _left(rows: Rows, params: MbgNbd, k: Floats) -> _Left:
    size, days = len(rows.frequencies), params.alpha + np.arange(len(rows.at_age))
    logs, pace = np.log(days), 1 / days
    odds, buying = log_odds(params, k), params.r + rows.frequencies
    value = w_d = s_dd = 0.0
    sums = np.zeros((8, size))
    for which, recency, age, n in _blocks(rows):
        d = logs[age] - logs[recency]
        early, late = pace[recency], pace[age]
        e = late - early
        u = odds[which] + buying[which] * d
        small = np.exp(-np.abs(u))
        other = 1 / (1 + small)
        likely = np.where(u > 0, other, small * other)
        w = n * likely
        s = w * (1 - likely)
        value += float(n @ (np.maximum(u, 0) - np.log(other)))
        w_d += float(w @ d)
        s_d = s * d
        s_dd += float(s_d @ d)
        s_e = s * e
        sums += [
            _sums(which, column, size) for column in (w, w * e, w * -e * (early + late), s, s_d, s_e, s_d * e, s_e * e)
        ]
    w, w_e, w_f, s, s_d, s_e, s_de, s_ee = sums
    return _Left(value, w, w_d, w_e, w_f, s, s_d, s_e, s_dd, s_de, s_ee)


def _blocks(rows: Rows) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Floats]]:
    counts = rows.counts
    for start in range(0, len(counts.age), BLOCK):
        part = slice(start, start + BLOCK)
        yield (
            rows.which[part],
            counts.recency[part].astype(np.intp),
            counts.age[part].astype(np.intp),
            counts.customers[part].astype(np.float64),
        )


def log_odds(params: MbgNbd, k: Column) -> Floats:
    """Of having left rather than stayed at the last of k chances, were no time to pass after it; -inf for none."""
    return np.where(k > 0, np.log(params.a) - np.log(params.b + np.maximum(k, 1) - 1), -np.inf)


def alive(params: MbgNbd, first: int, x: Column, t: Column, age: Column) -> Floats:
    """The probability of not having left, by Batislam, Denizel and Filiztekin (2007); for `first` see above."""
    passed = np.log(params.alpha + age) - np.log(params.alpha + t)
    stayed: Floats = expit(-log_odds(params, x + first) - (params.r + x) * passed)
    return stayed


def in_blocks(score: Callable[[Column, Column, Column], Floats], x: Column, t: Column, age: Column) -> Floats:
    """The scores of columns of one length, worked out a block at a time."""
    scores = np.empty(len(x))
    for start in range(0, len(x), BLOCK):
        part = slice(start, start + BLOCK)
        scores[part] = score(x[part], t[part], age[part])
    return scores


def find(counts: Counts, first: int, prior: Prior | None) -> Maximum | None:
    """Maximum likelihood, or with a prior the likeliest parameters; None where there is none."""
    if counts.total == 0:
        return None
    rows = rows_of(counts)

    def curve(logs: Floats) -> Curve:
        params = np.exp(logs)
        return by_logs(log_likelihood(rows, MbgNbd(*map(float, params)), first), params)

    return maximise(curve, _start(rows), prior)


def _start(rows: Rows) -> Floats:
    """Anywhere sensible: customers of the mean rate over all their days, a third of whom leave at a time."""
    days = float(rows.at_age @ np.arange(len(rows.at_age)))
    rate = (1 + float(rows.customers @ rows.frequencies)) / (1 + days)
    return np.log([0.5, 0.2 / rate, 1.0, 2.0])

"""Who buys again, and how often: MBG/NBD by Batislam, Denizel and Filiztekin (2007).

In days. A customer's history is frequency x (purchase days after the first), recency t (days from the
first to the last) and age T (days from the first until now).
"""

from dataclasses import dataclass

import numpy as np

from plugin.domain.model.buying import alive, find, in_blocks
from plugin.domain.model.counts import Column, Counts, Floats, Whole
from plugin.domain.model.maximum import Prior
from plugin.domain.phrases import phrase
from plugin.domain.prediction import MbgNbd

#: What a shop has before it has data: a purchase every ninety days, and more leave after a purchase than
#: return from one in three. So wide that some hundred customers outweigh it.
WEAK = Prior(mean=tuple(np.log([0.5, 45.0, 0.8, 1.6]).tolist()), deviation=(1.0, 1.25, 1.0, 1.0))
#: Of the series for expected orders; a young customer and a long horizon need some hundreds.
MOST_TERMS = 20_000
#: So many different pairs of frequency and age are looked up in a table.
MOST_PAIRS = 1 << 20


@dataclass(frozen=True, slots=True)
class Fit:
    params: MbgNbd
    #: Of all customers, without the prior; NaN never: 0 where there is no fit.
    log_likelihood: float
    #: Of the logarithms of r, alpha, a and b; shape (4, 4).
    covariance: Floats
    iterations: int
    customers: int
    #: Why these are not fitted parameters but the prior's; None where they are.
    problem: str | None

    @property
    def converged(self) -> bool:
        return self.problem is None


def fit(counts: Counts, prior: Prior | None = WEAK) -> Fit:
    """Fitted by maximum likelihood, weighed with the prior; None for plain maximum likelihood.

    Never fails: where there is no maximum the parameters are the prior's, and `problem` says why.
    """
    return fit_of(counts, 1, prior)


def fit_of(counts: Counts, first: int, prior: Prior | None) -> Fit:
    found = find(counts, first, prior)
    if found is None:
        prior, customers = prior or WEAK, counts.total
        problem = (
            phrase("No maximum of the likelihood was found (customers: {customers}).", customers=customers)
            if customers
            else phrase("There is no customer.")
        )
        return Fit(_params(np.array(prior.mean)), 0.0, prior.covariance, 0, customers, problem)
    return Fit(_params(found.logs), found.log_likelihood, found.covariance, found.steps, counts.total, None)


def _params(logs: Floats) -> MbgNbd:
    return MbgNbd(*np.exp(logs).tolist())


def probability_alive(params: MbgNbd, x: Column, t: Column, age: Column) -> Floats:
    """That a customer with each history has not left for good; arrays of one length."""
    return in_blocks(lambda x, t, age: alive(params, 1, x, t, age), x, t, age)


def probability_of_order(params: MbgNbd, x: Column, t: Column, age: Column, days: float) -> Floats:
    """That a customer with each history buys at least once in so many days from now; arrays of one length.

    He must be alive; whether he leaves after the next purchase does not matter. Of who is alive the rate
    is Gamma(r + x, alpha + T), so that in h days nothing comes with a probability of
    ((alpha + T) / (alpha + T + h))^(r + x).
    """

    def score(x: Column, t: Column, age: Column) -> Floats:
        nothing = (params.r + x) * (np.log(params.alpha + age) - np.log(params.alpha + days + age))
        bought: Floats = alive(params, 1, x, t, age) * -np.expm1(nothing)
        return bought

    return in_blocks(score, x, t, age)


def expected_orders(params: MbgNbd, x: Column, t: Column, age: Column, days: float) -> Floats:
    """How many purchase days of a customer with each history are to be expected in so many days from now.

    Who is alive does not depend on the recency any more, so that whole numbers, of which many customers
    have the same, are worked out once.
    """
    expected, place = _pairs(x, age)
    return probability_alive(params, x, t, age) * orders_if_alive(params, *expected, days)[place]


def orders_if_alive(params: MbgNbd, x: Column, age: Column, days: float) -> Floats:
    """Expected purchases in so many days from now of customers who have not left; arrays of one length.

    The k-th further purchase comes if at least k would come were nobody ever to leave, and this customer
    has not left after one of the k - 1 before. The first number is negative binomial, as the rate is
    Gamma(r + x, alpha + T); the chance of leaving is Beta(a, b + x + 1). The sum over k, written as

        sum over n of P(n would come) (1 + s_1 + ... + s_(n - 1)),
        s_k = (b + x + 1) ... (b + x + k) / ((a + b + x + 1) ... (a + b + x + k)),

    has positive terms only: unlike the closed form, a difference of hypergeometric functions over a - 1,
    it loses no digits where a is near 1, customers are frequent or all alike.
    """
    shape, stayed, reach = params.r + x, params.b + x, days / (params.alpha + age)
    each = np.maximum(reach / (1 + reach), np.finfo(float).tiny)
    # As logarithms: that nothing comes at all can be rarer than any float.
    wished = -shape * np.log1p(reach)
    stays, most, total = np.ones(len(shape)), np.zeros(len(shape)), np.zeros(len(shape))
    usual = float((shape * reach).max(initial=0))
    for n in range(1, MOST_TERMS):
        wished += np.log((shape + (n - 1)) / n * each)
        most += stays
        stays *= (stayed + n) / (params.a + stayed + n)
        term = np.exp(wished) * most
        total += term
        if n >= usual and np.all(term <= 1e-15 * total):
            break
    return total


def _pairs(x: Column, age: Column) -> tuple[tuple[Column, Column], Whole | slice]:
    """The different pairs, and where among them each one is."""
    if not (len(x) and np.issubdtype(x.dtype, np.integer) and np.issubdtype(age.dtype, np.integer)):
        return (x, age), slice(None)
    days = int(age.max()) + 1
    if (int(x.max()) + 1) * days > max(MOST_PAIRS, len(x)):
        return (x, age), slice(None)
    keys = x.astype(np.int64) * days + age
    seen = np.zeros(int(keys.max()) + 1, dtype=np.int32)
    seen[keys] = 1
    pairs = np.flatnonzero(seen)
    seen[pairs] = np.arange(len(pairs))
    return (pairs // days, pairs % days), seen[keys]

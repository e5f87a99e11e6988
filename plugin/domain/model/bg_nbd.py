"""BG/NBD by Fader, Hardie and Lee (2005), only to compare with: its P(alive) is what many shops rank by.

Who has bought once is alive for certain, however long ago that was: nobody leaves after a first purchase.
"""

from plugin.domain.model.buying import alive, in_blocks
from plugin.domain.model.counts import Column, Counts, Floats
from plugin.domain.model.maximum import Prior
from plugin.domain.model.mbg_nbd import WEAK, Fit, fit_of
from plugin.domain.prediction import MbgNbd


def fit(counts: Counts, prior: Prior | None = WEAK) -> Fit:
    """The model's parameters, which have the same names and meaning as those of MBG/NBD."""
    return fit_of(counts, 0, prior)


def probability_alive(params: MbgNbd, x: Column, t: Column, age: Column) -> Floats:
    """That a customer with each history has not left for good; arrays of one length."""
    return in_blocks(lambda x, t, age: alive(params, 0, x, t, age), x, t, age)

"""BG/NBD, which back-tests compare with."""

import numpy as np
import pytest

from plugin.domain.model import bg_nbd
from plugin.domain.prediction import MbgNbd
from tests.domain.model import cdnow


def test_the_parameters_of_the_cdnow_sample_are_the_known_ones() -> None:
    fitted = bg_nbd.fit(cdnow.histories(), prior=None)
    assert fitted.converged
    assert fitted.params.r == pytest.approx(0.2426, rel=1e-3)
    assert fitted.params.alpha / cdnow.DAYS_A_WEEK == pytest.approx(4.4135, rel=1e-3)
    assert fitted.params.a == pytest.approx(0.7929, rel=1e-3)
    assert fitted.params.b == pytest.approx(2.4258, rel=1e-3)


def test_who_is_alive() -> None:
    """A one-time buyer always; others by the formula of Fader, Hardie and Lee."""
    params = MbgNbd(r=0.25, alpha=30, a=0.8, b=2.4)
    x, t, age = np.array([0, 1, 3]), np.array([0, 40, 70]), np.array([900, 40, 300])
    alive = bg_nbd.probability_alive(params, x, t, age)
    assert alive == pytest.approx([1, 1 / (1 + 0.8 / 2.4), 1 / (1 + 0.8 / 4.4 * (330 / 100) ** 3.25)], rel=1e-12)

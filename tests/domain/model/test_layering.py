"""Past windows: which there are, what they teach of the level, and what they cannot."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from plugin.domain.model import layering
from plugin.domain.model.features import logistic, order_log_odds, probabilities
from plugin.domain.model.layering import learn_layer, past_of
from plugin.domain.model.purchases import Order, Purchases, from_orders, histories, typical_orders
from plugin.domain.prediction import MbgNbd, Model
from plugin.domain.traits import PASSING
from tests.domain.model.shops import BUYERS, OPENED, regulars, shop

TODAY = (OPENED + timedelta(days=300)).toordinal()


def mean_score(purchases: Purchases, repeat: MbgNbd, horizon: int) -> float:
    layer = learn_layer(past_of(purchases), repeat, TODAY, horizon)
    assert layer is not None
    model = Model(horizon, "layered", "", repeat=repeat, layer=layer, typical=typical_orders(purchases))
    known = histories(purchases, TODAY)
    silence = (TODAY - known.last_day).astype(np.float64)
    return float(probabilities(model, purchases.currencies, known, silence).mean())


def test_a_stray_date_does_not_open_the_shop() -> None:
    rows = [Order(f"C{n}", TODAY - n % 100, 0.0, 1.0) for n in range(500)]
    assert past_of(from_orders([*rows, Order("C1", 5, 0.0, 1.0)])).span(TODAY) == 100


def test_of_no_orders_there_is_no_layer() -> None:
    assert learn_layer(past_of(from_orders([])), BUYERS, TODAY, 30) is None


@pytest.mark.parametrize(
    ("days", "horizon", "count", "length"), [(300, 28, 6, 28), (300, 100, 2, 100), (300, 250, 1, 150), (12, 28, 0, 6)]
)
def test_windows_are_over_and_have_a_history_before_them(days: int, horizon: int, count: int, length: int) -> None:
    past = past_of(regulars(50, 300))
    today = past.opened + days - 1
    assert past.longest(today, horizon) == length
    cutoffs = layering._cutoffs(past, today, length)
    assert len(cutoffs) == count
    assert all(cutoff + length <= today and past.span(cutoff) >= 14 for cutoff in cutoffs)


def test_a_window_is_made_once() -> None:
    past = past_of(regulars(50, 300))
    assert past.window(TODAY, 14) is past.window(TODAY, 14)


def test_a_base_model_that_is_right_keeps_its_level() -> None:
    purchases = shop(3000, 300)
    known = histories(purchases, TODAY)
    silence = (TODAY - known.last_day).astype(np.float64)
    plain = float(logistic(order_log_odds(BUYERS, known, 30, silence)).mean())
    assert mean_score(purchases, BUYERS, 30) == pytest.approx(plain, abs=0.015)


def test_the_level_is_moved_as_far_as_the_windows_are_sure() -> None:
    """The same share in windows of few customers moves it less."""
    past = past_of(regulars(400, 300))
    window = past.window(TODAY - 28, 28)
    some = np.arange(len(window.came)) % 16 == 0
    few = replace(
        window,
        known=replace(window.known, **{name: getattr(window.known, name)[some] for name in window.known.__slots__}),
        silence=window.silence[some],
        came=window.came[some],
    )
    whole, part = layering._level([window]), layering._level([few])
    exact = [layering._shift(w.plain, float(w.came.mean())) for w in (window, few)]
    assert 0 < whole / exact[0] < 1
    assert part / exact[1] < whole / exact[0]
    assert layering._level([window] * 4) / exact[0] > whole / exact[0]


@pytest.mark.parametrize("came", [True, False])
def test_windows_in_which_everybody_did_the_same_say_nothing_of_the_level(came: bool) -> None:
    window = past_of(regulars(50, 300)).window(TODAY - 28, 28)
    assert layering._level([replace(window, came=np.full(len(window.came), came))]) == 0


def test_a_horizon_longer_than_the_windows_keeps_the_ranking_and_the_signs() -> None:
    layer = learn_layer(past_of(regulars(400, 300)), BUYERS, TODAY, 280)
    assert layer is not None
    weights = dict(layer.weights)
    assert all(sign * weights[name] >= 0 for name, sign in PASSING.items())
    assert any(weights[name] for name in PASSING)
    assert np.isfinite(np.array(layer.covariance)).all()

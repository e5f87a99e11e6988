"""The score: a probability whatever the history, never rising with silence, and the same after storing."""

import json
import math
from datetime import UTC, date
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import beta as beta_function

from plugin.domain.customer import History, fold
from plugin.domain.prediction import (
    Backtest,
    GammaGamma,
    Layer,
    MbgNbd,
    Measured,
    Model,
    expected_orders,
    expected_value,
    features,
    from_json,
    interval,
    probability,
    silence_until,
    to_json,
)
from plugin.domain.traits import FEATURES, PASSING
from tests.shop import ago, order

BUYERS = MbgNbd(r=0.53, alpha=43.0, a=0.89, b=1.61)
PLAIN = Model(60, "mbg_nbd", "It is a test.", repeat=BUYERS)
COVARIANCE = tuple(tuple(0.04 if row == column else 0.01 for column in range(4)) for row in range(4))

positive = st.floats(0.01, 500)
parameters = st.builds(MbgNbd, r=st.floats(0.01, 20), alpha=positive, a=st.floats(0.01, 50), b=st.floats(0.01, 50))


@st.composite
def bought(draw: st.DrawFn) -> History:
    ages = draw(st.lists(st.integers(0, 4000), max_size=12))
    return fold(
        [
            order(
                f"O{number}",
                ago(age),
                total=draw(st.decimals(-50, 500, places=2)),
                refunded=draw(st.decimals(0, 600, places=2)),
                currency=draw(st.sampled_from(["USD", "PLN"])),
                voucher_code=draw(st.sampled_from([None, "SAVE"])),
            )
            for number, age in enumerate(ages)
        ],
        UTC,
    )


@st.composite
def layers(draw: st.DrawFn) -> Layer:
    """Weights of the sign that training allows."""

    def weight(name: str) -> float:
        return draw(st.floats(0, 3)) * PASSING[name] if name in PASSING else draw(st.floats(-3, 3))

    names = tuple(FEATURES)
    return Layer(
        intercept=draw(st.floats(-5, 5)),
        weights=tuple((name, weight(name)) for name in names),
        means=tuple(draw(st.floats(-3, 3)) for _ in names),
        scales=tuple(draw(st.floats(0.1, 3)) for _ in names),
        covariance=tuple(tuple(0.1 if row == column else 0.0 for column in range(16)) for row in range(16)),
    )


@st.composite
def models(draw: st.DrawFn) -> Model:
    layer = draw(st.none() | layers())
    return Model(
        horizon_days=draw(st.integers(1, 730)),
        choice="layered" if layer else "mbg_nbd",
        reason="It is a test.",
        repeat=draw(parameters),
        layer=layer,
        typical={"USD": draw(positive)},
        covariance=COVARIANCE,
    )


silences = st.floats(0, 20_000)


@given(models(), bought(), silences)
def test_the_score_is_a_probability_inside_its_interval(model: Model, history: History, silence: float) -> None:
    score = probability(model, history, silence)
    low, high = interval(model, history, silence)
    assert 0 < low <= score <= high < 1
    assert all(math.isfinite(value) for value in features(model, history, silence).values())


@given(models(), bought(), silences, silences)
def test_the_score_never_rises_with_silence(model: Model, history: History, one: float, other: float) -> None:
    early, late = sorted([one, other])
    assert probability(model, history, late) <= probability(model, history, early) * (1 + 1e-9)


@given(models(), bought(), st.floats(1e-6, 1 - 1e-6))
def test_a_moment_of_crossing_is_where_the_score_crosses(model: Model, history: History, wanted: float) -> None:
    silence = silence_until(model, history, wanted)
    if silence > 0:
        assert probability(model, history, min(silence - 0.01, 30_000)) > wanted * (1 - 1e-9)
    if silence < math.inf:
        assert probability(model, history, silence) <= wanted * (1 + 1e-9)


def by_halving(model: Model, history: History, wanted: float) -> float:
    """The same answer the long way."""
    if probability(model, history, 0) <= wanted:
        return 0.0
    low, high = 0.0, 1.0
    while probability(model, history, high) > wanted:
        low, high = high, 2 * high
        if low > 40_000:
            return math.inf
    while high - low > 1e-3:
        middle = (low + high) / 2
        low, high = (middle, high) if probability(model, history, middle) > wanted else (low, middle)
    return high


@given(models(), bought(), st.floats(1e-6, 1 - 1e-6))
def test_a_crossing_is_where_halving_finds_it(model: Model, history: History, wanted: float) -> None:
    found, halved = silence_until(model, history, wanted), by_halving(model, history, wanted)
    if found != pytest.approx(halved, abs=2e-3):  # only where the score is level as far as floats can tell
        ends = [probability(model, history, min(silence, 70_000)) for silence in (found, halved)]
        assert ends[0] == pytest.approx(ends[1], rel=1e-9)


@given(models(), bought(), st.floats(1e-6, 1 - 1e-6), st.floats(1e-6, 1 - 1e-6))
def test_a_lower_score_is_never_reached_sooner(model: Model, history: History, one: float, other: float) -> None:
    low, high = sorted([one, other])
    assert silence_until(model, history, low) >= silence_until(model, history, high) - 2e-3


@pytest.mark.parametrize(("wanted", "silence"), [(1.0, 0.0), (0.0, math.inf), (1.5, 0.0), (-1.0, math.inf)])
def test_what_is_always_so_is_so_at_once_and_what_cannot_be_never_comes(wanted: float, silence: float) -> None:
    assert silence_until(PLAIN, once_a_week(5), wanted) == silence


@given(models(), bought(), silences)
def test_orders_and_their_value_are_finite(model: Model, history: History, silence: float) -> None:
    assert 0 <= expected_orders(model, history, silence) < math.inf
    assert all(0 <= worth < math.inf for worth in expected_value(model, history, silence).values())


def once_a_week(purchases: int, **changes: object) -> History:
    return fold([order(f"O{n}", ago(7 * n), **changes) for n in range(purchases)], UTC)


@pytest.mark.parametrize("purchases", [1, 2, 30, 300])
@pytest.mark.parametrize("silence", [0.0, 12.5, 400.0, 9000.0])
def test_the_score_is_that_of_the_literature(purchases: int, silence: float) -> None:
    """Written out as by Batislam and others, with the customer's own words for x, t and T."""
    r, alpha, a, b = BUYERS.r, BUYERS.alpha, BUYERS.a, BUYERS.b
    x, t = purchases - 1, 7 * (purchases - 1)
    age = t + silence
    alive = 1 / (1 + a / (b + x) * ((alpha + age) / (alpha + t)) ** (r + x))
    expected = alive * (1 - ((alpha + age) / (alpha + age + 60)) ** (r + x))
    assert probability(PLAIN, once_a_week(purchases), silence) == pytest.approx(max(expected, 1e-13), rel=1e-6)


@pytest.mark.parametrize("a", [0.3, 0.999999, 1.0, 1.4, 4.0])
@pytest.mark.parametrize(("purchases", "silence"), [(1, 0.0), (4, 20.0), (20, 3.0)])
def test_expected_orders_are_the_integral_over_the_chance_of_leaving(a: float, purchases: int, silence: float) -> None:
    model = Model(90, "mbg_nbd", "", repeat=MbgNbd(0.8, 30.0, a, 2.5))
    x, now = purchases - 1, 30 + 7 * (purchases - 1) + silence
    # Of who is alive the chance of leaving is Beta(a, b + x + 1); p = u^8 takes the edge off at 0.
    total, _ = quad(
        lambda u: 8 * u ** (8 * a - 9) * (1 - u**8) ** (2.5 + x) * -np.expm1((0.8 + x) * -np.log1p(90 * u**8 / now)),
        0,
        1,
        epsabs=1e-12,
    )
    alive = 1 / (1 + a / (2.5 + x) * (now / (now - silence)) ** (0.8 + x))
    expected = total / beta_function(a, 2.5 + x + 1) * alive
    assert expected_orders(model, once_a_week(purchases), silence) == pytest.approx(expected, rel=1e-6)


def test_somebody_who_never_bought_has_a_score_nobody_needs_but_no_error() -> None:
    assert 0 < probability(PLAIN, History(), 0) < 1
    assert expected_value(PLAIN, History(), 0) == {}


def test_a_shop_with_too_little_data_has_a_score_but_no_usable_model() -> None:
    model = Model(60, "too_little_data", "Not enough data yet.")
    assert not model.usable
    assert 0 < probability(model, once_a_week(3), 5) < 1


def test_expected_value_is_by_currency_and_between_the_customers_mean_and_the_shops() -> None:
    model = Model(60, "mbg_nbd", "", repeat=BUYERS, value={"EUR": GammaGamma(6.0, 4.0, 15.0)})
    history = fold([order(f"O{n}", ago(7 * n), currency="EUR", total=Decimal(50)) for n in range(4)], UTC)
    each = expected_value(model, history, 3)["EUR"] / expected_orders(model, history, 3)
    assert 6 * 15 / 3 < each < 50
    assert set(expected_value(model, history, 3)) == {"EUR"}


def test_the_layer_scales_how_many_orders_are_expected() -> None:
    flat = Layer(-1.0, (("log_odds", 0.0),), (0.0,), (1.0,))
    model = Model(60, "layered", "", repeat=BUYERS, layer=flat)
    history = once_a_week(4)
    ratio = expected_orders(model, history, 3) / expected_orders(PLAIN, history, 3)
    assert ratio == pytest.approx(probability(model, history, 3) / probability(PLAIN, history, 3))


def test_more_uncertain_parameters_make_a_wider_interval() -> None:
    def width(scale: float) -> float:
        rows = tuple(tuple(scale * cell for cell in row) for row in COVARIANCE)
        low, high = interval(Model(60, "mbg_nbd", "", repeat=BUYERS, covariance=rows), once_a_week(3), 10)
        return high - low

    assert 0 == width(0) < width(1) < width(4)


@given(models(), st.booleans())
def test_a_model_is_the_same_after_storing(model: Model, tested: bool) -> None:
    found = {"mbg_nbd": Measured(0.8, 0.7, 0.9, 0.1, 0.02), "recency": Measured(None, None, None, None, None)}
    backtest = Backtest(60, date(2026, 1, 31), 100, 0.25, found) if tested else None
    stored = Model(
        model.horizon_days,
        model.choice,
        model.reason,
        model.repeat,
        model.layer,
        {"EUR": GammaGamma(6.0, 4.0, 15.0)},
        model.typical,
        model.covariance,
        100,
        250,
        backtest,
        date(2026, 3, 31) if tested else None,
    )
    assert from_json(json.loads(json.dumps(to_json(stored), allow_nan=False))) == stored


def test_an_order_in_the_future_is_a_silence_of_nothing() -> None:
    assert probability(PLAIN, once_a_week(3), -5) == probability(PLAIN, once_a_week(3), 0)

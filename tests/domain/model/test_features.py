"""In columns or one by one: the same figures and the same score."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.ledger import Order as LedgerOrder
from plugin.domain.model.features import features, order_log_odds, probabilities
from plugin.domain.model.mbg_nbd import probability_of_order
from plugin.domain.model.purchases import Order, from_orders, histories, typical_orders
from plugin.domain.prediction import Layer, MbgNbd, Model, probability
from plugin.domain.prediction import features as features_of_one
from plugin.domain.traits import FEATURES
from tests.domain.model.shops import BUYERS, OPENED, shop
from tests.domain.model.test_purchases import FIRST, as_purchases, folded, ledgers

LAYER = Layer(
    0.3,
    tuple((name, 0.1 * number) for number, name in enumerate(FEATURES)),
    tuple(0.2 for _ in FEATURES),
    tuple(1.5 for _ in FEATURES),
)


@given(
    ledgers(),
    st.builds(MbgNbd, *[st.floats(0.05, 20)] * 4),
    st.integers(1, 400),
    st.integers(0, 3000),
    st.sampled_from([None, LAYER]),
)
def test_columns_say_the_same_as_one_by_one(
    ledger: dict[str, list[LedgerOrder]], repeat: MbgNbd, horizon: int, later: int, layer: Layer | None
) -> None:
    purchases, today = as_purchases(ledger), FIRST + 91 + later
    model = Model(horizon, "layered", "", repeat=repeat, layer=layer, typical=typical_orders(purchases))
    known = histories(purchases, today)
    silence = (today - known.last_day).astype(np.float64)
    found = features(repeat, model.typical, purchases.currencies, known, horizon, silence)
    scores = probabilities(model, purchases.currencies, known, silence)
    for number, history in enumerate(folded(ledger, today).values()):
        one = features_of_one(model, history, silence[number])
        assert dict(zip(FEATURES, found[number], strict=True)) == pytest.approx(one, rel=1e-9, abs=1e-9)
        assert scores[number] == pytest.approx(probability(model, history, silence[number]), rel=1e-9)


def test_without_a_layer_the_score_is_the_models() -> None:
    purchases, today = shop(500, 300), OPENED.toordinal() + 300
    known = histories(purchases, today)
    silence = (today - known.last_day).astype(np.float64)
    expected = probability_of_order(BUYERS, known.frequency, known.recency, known.recency + silence, 30)
    model = Model(30, "mbg_nbd", "", repeat=BUYERS)
    assert probabilities(model, purchases.currencies, known, silence) == pytest.approx(expected)
    assert probabilities(replace(model, repeat=None), purchases.currencies, known, silence).min() > 0


def test_what_was_spent_says_nothing_of_those_who_got_money_back() -> None:
    """Nor does it in past windows, whose refunds came later."""
    rows = [Order("A", FIRST, 0.0, 20.0), Order("A", FIRST + 9, 1.0, 60.0, refunded=55.0, refund_day=FIRST + 20)]
    purchases = from_orders(rows)
    told = []
    for day in (FIRST + 19, FIRST + 20):
        found = features(BUYERS, {"": 20.0}, purchases.currencies, histories(purchases, day), 30, np.zeros(1))[0]
        told.append([found[FEATURES.index(name)] for name in ("order_value", "spend_trend", "refunds")])
    assert told[0] == pytest.approx([np.log(2), np.log(1.5), 0.0])
    assert told[1] == [0.0, 0.0, 0.5]


def test_a_silence_of_a_century_and_ten_thousand_purchases_stay_finite() -> None:
    purchases, today = shop(50, 300), OPENED.toordinal() + 300
    known = histories(purchases, today)
    odd = replace(known, frequency=known.frequency + 10_000, recency=known.recency + 11_000)
    for silence in (0.0, 36_500.0):
        assert np.isfinite(order_log_odds(BUYERS, odd, 30, np.full(len(odd), silence))).all()

"""A past window scored: nothing of it was known, and every rule has its say."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from plugin.domain.model.backtest import try_out
from plugin.domain.model.choose import fit_plain
from plugin.domain.model.layering import learn_layer, past_of
from plugin.domain.model.purchases import bought_within, histories, until
from tests.domain.model.shops import OPENED, regulars, shop

CUTOFF = (OPENED + timedelta(days=300)).toordinal()


def test_every_candidate_is_measured_on_the_same_customers() -> None:
    purchases = regulars(300, 365)
    plain = fit_plain(until(purchases, CUTOFF), CUTOFF, 28)
    trial = try_out(purchases, CUTOFF, 28, {"mbg_nbd": plain})
    known = histories(purchases, CUTOFF)
    assert set(trial.scores) == {"mbg_nbd", "recency", "own_gap", "bg_nbd_alive"}
    assert all(score.shape == known.customer.shape for score in trial.scores.values())
    assert trial.came.tolist() == bought_within(purchases, known, CUTOFF, 28).tolist()
    found = trial.measured()
    assert (found.customers, found.horizon_days) == (len(known), 28)
    assert found.base_rate == trial.came.mean()
    assert all(measured.brier is not None for measured in found.candidates.values())


def test_nothing_said_of_a_window_changes_with_what_came_in_it() -> None:
    purchases = regulars(300, 365)
    plain = fit_plain(until(purchases, CUTOFF), CUTOFF, 28)
    whole = try_out(purchases, CUTOFF, 28, {"mbg_nbd": plain})
    blind = try_out(until(purchases, CUTOFF), CUTOFF, 28, {"mbg_nbd": plain})
    assert not blind.came.any()
    for name, score in whole.scores.items():
        assert np.array_equal(score, blind.scores[name])


def test_a_layer_learnt_at_a_cutoff_knows_nothing_of_what_comes_after() -> None:
    purchases = regulars(300, 365)
    plain = fit_plain(until(purchases, CUTOFF), CUTOFF, 28)
    assert plain.repeat is not None
    learnt = [learn_layer(past_of(known), plain.repeat, CUTOFF, 28) for known in (purchases, until(purchases, CUTOFF))]
    assert learnt[0] is not None
    assert learnt[0] == learnt[1]


def test_a_rule_without_an_earlier_window_only_ranks() -> None:
    purchases = shop(300, 365)
    early = (OPENED + timedelta(days=50)).toordinal()
    plain = fit_plain(until(purchases, early), early, 60)
    trial = try_out(purchases, early, 60, {"mbg_nbd": plain})
    assert trial.ranks == {"recency", "own_gap"}
    found = trial.measured().candidates
    assert (found["recency"].brier, found["recency"].auc is not None) == (None, True)


def test_the_layers_level_is_right_where_the_base_model_is_off() -> None:
    """The base model thinks of purchases four times as rare: past windows say by how much it is off."""
    purchases = shop(2000, 365)
    plain = fit_plain(until(purchases, CUTOFF), CUTOFF, 30)
    assert plain.repeat is not None
    layer = learn_layer(past_of(purchases), plain.repeat, CUTOFF, 30)
    assert layer is not None
    trial = try_out(purchases, CUTOFF, 30, {"layered": replace(plain, layer=layer)})
    assert abs(trial.scores["layered"].mean() - trial.came.mean()) < 0.02

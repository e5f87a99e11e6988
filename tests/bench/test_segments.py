"""The benchmark of segments counts each of them, on both databases."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.commands.bench import bench
from tests.conftest import POSTGRES, postgres_answers

pytestmark = pytest.mark.long


@pytest.mark.parametrize("postgres", [False, True], ids=["sqlite", "postgresql"])
def test_every_ready_segment_is_counted(tmp_path: Path, postgres: bool) -> None:
    if postgres and not postgres_answers():
        pytest.skip("PostgreSQL does not answer; name one in RETENTION_TEST_POSTGRES to run this test.")
    asked = ["segments", "--json", "--customers", "12000", "--folder", str(tmp_path)]
    outcome = CliRunner().invoke(bench, [*asked, *(["--postgres", POSTGRES] if postgres else [])])
    assert outcome.exit_code == 0, outcome.output
    figures = json.loads(outcome.stdout)
    assert len(figures["segments"]) == 13
    assert all(found["customers"] > 0 for found in figures["segments"].values())
    assert 0 < figures["moved_p50_ms"] <= figures["moved_p99_ms"]
    assert list(tmp_path.iterdir()) == [], "it cleans up"

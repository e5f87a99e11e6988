"""The benchmark measures what it says, on both databases; how fast is for quiet machines to say."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.commands.bench import bench
from tests.conftest import POSTGRES, postgres_answers

pytestmark = pytest.mark.long


@pytest.mark.parametrize("draining", [False, True], ids=["idle", "draining"])
@pytest.mark.parametrize("postgres", [False, True], ids=["sqlite", "postgresql"])
def test_every_webhook_is_counted(tmp_path: Path, postgres: bool, draining: bool) -> None:
    if postgres and not postgres_answers():
        pytest.skip("PostgreSQL does not answer; name one in RETENTION_TEST_POSTGRES to run this test.")
    asked = ["webhooks", "--json", "--runs", "1", "--requests", "300", "--folder", str(tmp_path)]
    asked += [*(["--postgres", POSTGRES] if postgres else []), *(["--draining"] if draining else [])]
    outcome = CliRunner().invoke(bench, asked)
    assert outcome.exit_code == 0, outcome.output
    figures = json.loads(outcome.stdout)
    assert (figures["database"], figures["engine"]) == (
        "postgresql" if postgres else "sqlite",
        "draining" if draining else "idle",
    )
    assert len(figures["runs"]) == 1
    assert figures["per_second"] > figures["half_per_second"] > 0
    assert 0 < figures["ratio"] < 1
    assert 0 < figures["p50_ms"] <= figures["p99_ms"]
    assert figures["peak_memory_mb"] > 10 or not Path("/proc").exists()
    assert list(tmp_path.iterdir()) == [], "it cleans up"

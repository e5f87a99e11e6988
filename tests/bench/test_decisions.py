"""The benchmark of decisions measures what it says, on both databases; how fast is for quiet machines to say."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.commands.bench import bench
from tests.conftest import POSTGRES, postgres_answers

pytestmark = pytest.mark.long


@pytest.mark.parametrize("postgres", [False, True], ids=["sqlite", "postgresql"])
def test_every_question_is_a_decision(tmp_path: Path, postgres: bool) -> None:
    if postgres and not postgres_answers():
        pytest.skip("PostgreSQL does not answer; name one in RETENTION_TEST_POSTGRES to run this test.")
    asked = ["decisions", "--json", "--customers", "400", "--rate", "100", "--seconds", "1", "--webhooks", "20"]
    asked += ["--folder", str(tmp_path), *(["--postgres", POSTGRES] if postgres else [])]
    outcome = CliRunner().invoke(bench, asked)
    assert outcome.exit_code == 0, outcome.output
    figures = json.loads(outcome.stdout)
    assert (figures["database"], figures["customers"]) == ("postgresql" if postgres else "sqlite", 400)
    for kind in ("nothing", "threshold", "banner", "checkout"):
        found = figures[kind]
        assert 0 < found["p50_ms"] <= found["p99_ms"] <= found["max_ms"]
        assert found["full_per_second"] > 0
        assert kind == "nothing" or found["full_per_second_ratio"] > 0 < found["p99_ms_ratio"]
    assert list(tmp_path.iterdir()) == [], "it cleans up"

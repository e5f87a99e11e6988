"""The benchmark of codes measures what it says, on both databases."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.commands.bench import bench
from tests.conftest import POSTGRES, postgres_answers

pytestmark = pytest.mark.long


@pytest.mark.parametrize("postgres", [False, True], ids=["sqlite", "postgresql"])
def test_everybody_gets_a_code(tmp_path: Path, postgres: bool) -> None:
    if postgres and not postgres_answers():
        pytest.skip("PostgreSQL does not answer; name one in RETENTION_TEST_POSTGRES to run this test.")
    asked = ["codes", "--json", "--customers", "50", "--folder", str(tmp_path)]
    outcome = CliRunner().invoke(bench, [*asked, *(["--postgres", POSTGRES] if postgres else [])])
    assert outcome.exit_code == 0, outcome.output
    figures = json.loads(outcome.stdout)
    assert figures["calls"]["VoucherCreate"] == 1
    assert figures["calls"]["VoucherAddCodes"] >= 1
    assert figures["seconds"] > 0 < figures["cpu_seconds"]
    assert list(tmp_path.iterdir()) == [], "it cleans up"

"""The benchmark of the merchant's pages finds its way from page to page, on both databases."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from plugin.commands.bench import bench
from tests.conftest import POSTGRES, postgres_answers

pytestmark = pytest.mark.long


@pytest.mark.parametrize("postgres", [False, True], ids=["sqlite", "postgresql"])
def test_every_page_is_asked_for(tmp_path: Path, postgres: bool) -> None:
    if postgres and not postgres_answers():
        pytest.skip("PostgreSQL does not answer; name one in RETENTION_TEST_POSTGRES to run this test.")
    asked = ["pages", "--json", "--customers", "1000", "--folder", str(tmp_path)]
    outcome = CliRunner().invoke(bench, [*asked, *(["--postgres", POSTGRES] if postgres else [])])
    assert outcome.exit_code == 0, outcome.output
    figures = json.loads(outcome.stdout)
    pages = figures["pages"]
    assert {"/admin", "/admin/leaving", "/admin/settings", "/admin/offers/figures"} <= pages.keys()
    assert any(address.startswith("/admin/campaigns/") and "counts" in address for address in pages)
    assert {page["status"] for page in pages.values()} <= {200, 404}
    assert [address for address in pages if pages[address]["status"] == 404] == ["/admin/segments/explain"], "of nobody"
    assert figures["addresses"] == len(pages) > 80
    assert figures["slowest_ms"] > 0
    assert list(tmp_path.iterdir()) == [], "it cleans up"

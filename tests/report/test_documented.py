"""Every number of the report stands on its page of the docs."""

from pathlib import Path

import pytest

from plugin.domain.indicators import SIGNALS, SLOWER
from plugin.domain.signals import FALLING_SHARE, HIGH_SHIPPING
from plugin.report.sections import GROUPS
from tests.report.bodies import EXPECTED, people, report

TEXT = (Path(__file__).parents[2] / "docs" / "numbers.md").read_text(encoding="utf-8").casefold()


@pytest.mark.parametrize(
    "title", sorted({figure["title"].split(",")[0] for figure in report(list(people()), EXPECTED)["figures"]})
)
def test_every_figure_has_its_row(title: str) -> None:
    assert f"\n| {title.casefold()}" in TEXT


@pytest.mark.parametrize("title", [title for title, _ in SIGNALS.values()])
def test_every_signal_has_its_row(title: str) -> None:
    assert f"\n| {title.casefold()} |" in TEXT


@pytest.mark.parametrize("title", [title for title, _ in GROUPS.values()])
def test_every_group_has_its_cell(title: str) -> None:
    assert f"| {title.casefold()} |" in TEXT


def test_the_limits_are_those_of_the_code() -> None:
    assert f"below {FALLING_SHARE:.0%} of".replace("%", " %") in TEXT
    assert f"at least {HIGH_SHIPPING:.0%} of".replace("%", " %") in TEXT
    assert f"above {SLOWER} times" in TEXT
    for limit in (f"{FALLING_SHARE:.0%}", f"{HIGH_SHIPPING:.0%}", f"{SLOWER} times"):
        assert any(limit.replace("%", " %") in who for _, who in SIGNALS.values())

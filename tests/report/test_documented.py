"""Every number of the report stands on its page of the docs."""

from pathlib import Path

import pytest

from plugin.commands.thresholds import thresholds
from plugin.domain.indicators import SIGNALS, SLOWER
from plugin.domain.signals import FALLING_SHARE, HIGH_SHIPPING
from plugin.domain.threshold_finder import ENOUGH_CUSTOMERS, ENOUGH_ORDERS, HIGHEST, LOWEST, MOST
from plugin.domain.top_up import ASSUMED, FAR, NEAR
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


THRESHOLDS = (Path(__file__).parents[2] / "docs" / "thresholds.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "said",
    [
        f"at most `--reach` ({ASSUMED.reach:.0%})",
        f"{ASSUMED.central:.0%} ({ASSUMED.low:.0%} to {ASSUMED.high:.0%})".replace("5% to", "5 to"),
        f"at least {ENOUGH_ORDERS} orders by at least {ENOUGH_CUSTOMERS} customers",
        f"at most {MOST} of them",
        f"between the {LOWEST:.0%} and the {HIGHEST:.0%} percentile".replace("%", "th"),
        f"at least {NEAR} orders lie in the two steps beside *F* and {FAR} in each",
        f"the assumption's ({100 * (ASSUMED.high - ASSUMED.low):.0f} points)",
    ],
)
def test_what_the_threshold_finder_goes_by_is_that_of_the_code(said: str) -> None:
    assert said.replace("%", " %") in THRESHOLDS


def test_every_option_of_the_threshold_finder_is_named() -> None:
    text = THRESHOLDS + (Path(__file__).parents[2] / "docs" / "commands.md").read_text(encoding="utf-8")
    assert [option.opts[0] for option in thresholds.params if option.opts[0] not in text] == []

"""The report on terminals of any width."""

import io

import pytest
from rich.console import Console

from plugin.report.terminal import headline, print_report
from tests.report.bodies import EXPECTED, people, report


def printed(body: dict[str, object], width: int) -> str:
    out = io.StringIO()
    print_report(body, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [30, 60, 80, 120, 240])
def test_nothing_is_cut_off_at_any_width(width: int) -> None:
    body = report(list(people()), EXPECTED)
    text = printed(body, width)
    assert max(map(len, text.splitlines())) <= width
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    for figure in body["figures"]:
        assert figure["title"].split()[0] in text
    assert "1,234.50 USD" in text


def test_wide_is_a_table_and_narrow_is_row_by_row() -> None:
    body = report(list(people()), EXPECTED)
    assert "Active at start" in printed(body, 120)
    assert "Retention 1" in " ".join(printed(body, 30).split())


def test_markup_in_a_name_is_plain_text() -> None:
    assert "[red]Tea[/red]" in printed(report(list(people()), EXPECTED, name="[red]Tea[/red]"), 120)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"orders": 0}, "No order counts yet."),
        ({"orders": 1, "customers": 1, "first_day": "2026-05-01"}, "1 order of 1 customer since 1 May 2026."),
        ({"orders": 0, "ahead": 2}, "2 with a date in the future are not in it yet."),
    ],
)
def test_the_headline_says_what_it_is_of(changes: dict[str, object], said: str) -> None:
    assert said in headline({**report(), **changes})
    assert headline(report()).endswith("Worked out 1 Jun 2026, 14:00 (Europe/Warsaw).")

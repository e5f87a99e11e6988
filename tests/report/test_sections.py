"""The report's sections: what they say of a shop, and of one without data."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.report import words
from plugin.report.charts import charts
from plugin.report.histogram import histogram, label
from plugin.report.sections import sections
from tests.report.bodies import EXPECTED, people, report

FULL = report(list(people()), EXPECTED)


def test_a_full_report_lacks_nothing() -> None:
    for section in sections(FULL):
        assert section.says or section.key == "model"
        assert not section.missing or section.key == "model"
        assert section.tables or section.key == "model"
        for table in section.tables:
            assert {len(row) for row in table.rows} == {len(table.columns)}
            assert 0 < table.words < len(table.columns)


def test_an_empty_report_says_so_everywhere() -> None:
    for section in sections(report()):
        assert section.missing
        assert not section.tables
        assert not section.findings
    assert charts(report()) == {}


def test_what_is_found_is_said_first() -> None:
    (why,) = [section for section in sections(FULL) if section.key == "indicators"]
    assert any("parcel left later than nine in ten do" in finding for finding in why.findings)
    assert f"Of {len(FULL['indicators'])} signals looked at" in why.says
    assert len(why.tables[0].rows) == len(FULL["indicators"])


def test_every_chart_has_a_section_with_the_same_numbers_as_a_table() -> None:
    found = {section.key: section for section in sections(FULL)}
    drawn = charts(FULL)
    assert set(drawn) == {"retention", "indicators", "risk", "stages", "cohorts", "gaps"}
    for key, those in drawn.items():
        assert found[key].tables
        assert all(chart["label"].endswith("The table below has the same numbers.") for chart in those)


def test_each_currency_has_its_own_chart() -> None:
    several = report(list(people()), EXPECTED)
    several["expected"]["at_risk"]["JPY"] = {"first": 5000.0}
    assert [chart["unit"] for chart in charts(several)["risk"]] == ["USD", "JPY"]
    (risk,) = [section for section in sections(several) if section.key == "risk"]
    assert ("JPY", "First purchase", "5,000 JPY") in risk.tables[0].rows


def test_a_backtest_is_shown() -> None:
    candidate = {"auc": 0.81234, "auc_low": 0.8, "auc_high": 0.82, "brier": None, "decile_error": 0.02}
    test = {
        "horizon_days": 60,
        "cutoff": "2026-04-02",
        "customers": 900,
        "base_rate": 0.31,
        "candidates": {"mbg_nbd": candidate},
    }
    body = {**FULL, "model": {"reason": "It won.", "customers": 1200, "backtest": test}}
    model = sections(body)[-1]
    assert "Tried on the 60 days after 2 Apr 2026: 900 customers, of whom 31 % ordered." in model.says
    assert model.tables[0].rows == (("MBG/NBD", "0.812", "0.800 to 0.820", words.NOT_KNOWN, "0.020"),)


@given(st.dictionaries(st.integers(1, 3000), st.integers(1, 50), max_size=40))
def test_a_histogram_loses_nothing_and_stays_small(gaps: dict[int, int]) -> None:
    bins = histogram(sorted(gaps.items()))
    assert sum(count for _, _, count in bins) == sum(gaps.values())
    assert len(bins) <= 13
    for (_, high, _), (low, _, _) in itertools.pairwise(bins):
        assert high is not None
        assert low == high + 1


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (words.share(0.0), "0 %"),
        (words.share(0.0004), "under 0.1 %"),
        (words.share(0.034), "3.4 %"),
        (words.share(0.5), "50 %"),
        (words.share(1.02), "102 %"),
        (words.share(None), words.NOT_KNOWN),
        (words.days(1), "1 day"),
        (words.days(11.5), "11.5 days"),
        (words.money("1234.5", "USD"), "1,234.50 USD"),
        (words.money(1234.5, "JPY"), "1,235 JPY"),
        (words.monies({}), words.NOT_KNOWN),
        (words.moment("2026-06-01T23:30:00+00:00", "Europe/Warsaw"), "2 Jun 2026, 01:30 (Europe/Warsaw)"),
        (label(1, 1), "1"),
        (label(3, 4), "3 to 4"),
        (label(23, None), "23 or more"),
    ],
)
def test_words(said: str, text: str) -> None:
    assert said == text


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        ({"value": None, "missing": "Not enough data yet."}, "Not enough data yet."),
        ({"value": 0.92, "unit": "share"}, "92 %"),
        ({"value": 30.0, "unit": "days"}, "30 days"),
        ({"value": "22.500", "unit": "money", "currency": "EUR"}, "22.50 EUR"),
        ({"value": 2.5, "unit": "purchases"}, "2.50 purchases"),
    ],
)
def test_figures(figure: dict[str, Any], text: str) -> None:
    assert words.figure(figure) == text

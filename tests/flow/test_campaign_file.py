"""Campaigns as files: what is written is read back, and what is wrong is said with its place."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from plugin.domain.budgets import Budgets
from plugin.domain.campaigns import Campaign, CampaignStatus
from plugin.domain.offers import OfferKind
from plugin.errors import Rejected
from plugin.extensions import load_tactics
from plugin.flow.campaign_file import read_file, write_file
from plugin.flow.campaign_settings import Settings, read_settings, write_settings
from plugin.store.campaigns import limits_of
from plugin.tactics.win_back import TACTIC, WinBack

WARSAW = ZoneInfo("Europe/Warsaw")
TACTICS = load_tactics()
SPRING = Campaign(
    1,
    "spring: “new”",
    TACTIC,
    WinBack(offer=OfferKind.AMOUNT, value=Decimal("7.50"), minimum=Decimal(30), currency="EUR"),
    CampaignStatus.ON,
    3,
    "salt",
    0.2,
    30,
    0,
    audience_said={"all": [{"field": "orders", "at_least": 2}, {"segment": "NO"}]},
    priority=5,
    starts_at=datetime(2026, 3, 1, 23, tzinfo=UTC),
    ends_at=datetime(2026, 3, 20, 22, 59, 59, tzinfo=UTC),
    budgets=Budgets({"EUR": Decimal("100.50")}, {}, {"EUR": Decimal(8)}),
    channels=("default-channel", "1"),
    reissue_after_cancel=True,
)


def test_what_is_written_is_read_back() -> None:
    plain = replace(SPRING, name="plain", params=WinBack(), budgets=Budgets(), audience_said=None, channels=())
    text = write_file([SPRING, plain], WARSAW)
    assert [(entry.name, entry.settings) for entry in read_file(text, TACTICS, WARSAW)] == [
        (campaign.name, Settings(campaign.params, limits_of(campaign))) for campaign in (plain, SPRING)
    ]


def test_a_file_is_the_same_whatever_the_order() -> None:
    other = replace(SPRING, name="autumn")
    assert write_file([SPRING, other], WARSAW) == write_file([other, SPRING], WARSAW)


def test_a_file_reads_like_what_people_write() -> None:
    text = write_file([SPRING], WARSAW)
    for line in (
        "retention: 1",
        "    value: 7.50",
        "  starts_at: '2026-03-02'",
        "  ends_at: '2026-03-20'",
        "  reissue_after_cancel: true",
    ):
        assert line in text.splitlines()


def test_settings_are_read_as_they_are_written() -> None:
    assert read_settings(TACTIC, write_settings(SPRING, WARSAW), WARSAW) == Settings(SPRING.params, limits_of(SPRING))
    assert read_settings(TACTIC, {}, WARSAW).params == WinBack()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", ["does not say its format"]),
        ("- 1", ["does not say its format"]),
        ("campaigns: []", ["does not say its format"]),
        ("retention: yes", ["does not say its format"]),
        ("retention: 2\ncampaigns: [{name: x}]", ["of format 2, and this version reads up to 1"]),
        ("retention: 0", ["There is no format 0"]),
        ("retention: 1", ["holds no campaigns"]),
        ("retention: [1", ["is not YAML that can be read"]),
        ("retention: 1\ncampaigns: [&a {name: x}, *a]", ["an alias (*name) is not read"]),
        ("[" * 5000, ["is not YAML that can be read"]),
        (
            """
retention: 1
segments: []
campaigns:
  - name: first
    tactic: win_back
    params: {value: 500, colour: red}
    starts_at: soon
    inside: 3
  # a comment
  - tactic: nothing
  - 5
  - name: second
    tactic: win_back
    params: {value: 5, value: 6}
    audience: {field: shoe_size, at_least: 40}
    budgets: {week: {EUR: 5}}
  - name: third
    tactic: nothing
  - {name: fourth, tactic: win_back, inside_per_day: 5}
""",
            [
                "line 15: “value” is there twice.",
                "“segments” stands beside `campaigns`",
                "campaign 1 (“first”, line 5):",
                "no parameter “colour”",
                "starts_at: 'soon' is no date",
                "A campaign has no parameter “inside”",
                "campaign 2 (line 11): it needs a name",
                "campaign 3 (line 12): it must be a table",
                "campaign 4 (“second”, line 13): audience: There is no field “shoe_size”",
                "There is no budget “week”",
                "campaign 5 (“third”, line 18): There is no tactic 'nothing'",
                "campaign 6 (“fourth”, line 20): inside_per_day is not said in files",
            ],
        ),
        (
            "retention: 1\ncampaigns: [{name: a, tactic: win_back}, {name: a, tactic: win_back}]",
            ["campaign 2 (“a”, line 2): the name is there twice."],
        ),
    ],
)
def test_everything_that_is_wrong_is_said_at_once(text: str, sentences: list[str]) -> None:
    with pytest.raises(Rejected) as refused:
        read_file(text, TACTICS, WARSAW)
    assert [sentence for sentence in sentences if sentence not in str(refused.value)] == []


PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.dates().map(str)
ANYTHING = st.recursive(PLAIN, lambda part: st.lists(part, max_size=3) | st.dictionaries(PLAIN, part, max_size=3))
NAMES = st.sampled_from(["name", "tactic", *write_settings(SPRING, WARSAW)])
CAMPAIGNS = st.dictionaries(NAMES, ANYTHING, max_size=6).map(lambda said: {"name": "x", "tactic": "win_back", **said})


def answer(text: str) -> object:
    """What was read, or the sentence."""
    try:
        return read_file(text, TACTICS, WARSAW)
    except Rejected as refused:
        return str(refused)


@given(
    ANYTHING.map(lambda said: {"retention": 1, "campaigns": said})
    | CAMPAIGNS.map(lambda said: {"retention": 1, "campaigns": [said]})
)
def test_whatever_a_file_holds_is_read_or_refused_with_a_sentence(said: Any) -> None:
    assert answer(yaml.safe_dump(said))


@given(st.text(alphabet="-:[]{}&*!'\"#|>? \nabyretnio1campg", max_size=80))
def test_whatever_text_a_file_is_it_is_read_or_refused_with_a_sentence(text: str) -> None:
    assert answer(f"retention: 1\n{text}")

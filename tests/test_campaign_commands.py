"""What a merchant says of campaigns on the command line: settings, versions, files."""

import json
from pathlib import Path
from typing import Any

import pytest

from plugin.domain.channels import Channel
from plugin.store import channels, shops
from plugin.store.database import Database
from tests.test_cli import NOW, Run, environ, migrated, run
from tests.test_commands import shop

__all__ = ["environ", "migrated", "run", "shop"]


@pytest.fixture(autouse=True)
def selling(migrated: Database, shop: int) -> None:
    with migrated.write() as connection:
        channels.save(connection, shop, [Channel("us", "C1", "USD", active=True, gross=False, free_from=None)], NOW)
        shops.set_time_zone(connection, shop, "Europe/Warsaw")


def said(run: Run, *arguments: str) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


SPRING = (
    *("campaign", "new", "win_back", "spring", "--set", "value=15", "--priority", "3", "--channel", "us"),
    *("--audience", '{"field": "orders", "at_least": 2}', "--starts", "2099-12-01", "--ends", "2099-12-24"),
    *("--budget", "total:USD=500", "--budget", "customer:USD=20"),
)


def test_everything_can_be_said_and_is_shown(run: Run) -> None:
    made = said(run, *SPRING)
    assert (made["made"], made["campaign"]["status"]) == (True, "draft")
    shown = said(run, "campaign", "show", "spring")
    assert shown == made["campaign"]
    assert (shown["starts_at"], shown["ends_at"], shown["channels"]) == ("2099-12-01", "2099-12-24", ["us"])
    assert shown["budgets"] == {"total": {"USD": "500"}, "customer": {"USD": "20"}}
    told = run("campaign", "show", "spring").stdout
    for part in ("runs from 2099-12-01 to 2099-12-24", "priority 3", "channels: us", "budget (total): 500 USD"):
        assert part in told


def test_a_new_code_after_a_cancelled_order_is_off_until_it_is_said(run: Run) -> None:
    assert said(run, *SPRING)["campaign"]["reissue_after_cancel"] is False
    assert "a new code after an order was cancelled" not in run("campaign", "show", "spring").stdout
    edited = said(run, "campaign", "edit", "spring", "--reissue-after-cancel")
    assert edited["changes"] == ["reissue_after_cancel: false → true"]
    assert "a new code after an order was cancelled" in run("campaign", "show", "spring").stdout
    assert said(run, "campaign", "edit", "spring", "--priority", "4")["campaign"]["reissue_after_cancel"] is True
    assert said(run, "campaign", "edit", "spring", "--no-reissue-after-cancel")["changes"] == [
        "reissue_after_cancel: true → false"
    ]


def test_an_empty_text_takes_away(run: Run) -> None:
    said(run, *SPRING)
    taken = ("--audience", "", "--ends", "", "--channel", "", "--budget", "total:USD=")
    edited = said(run, "campaign", "edit", "spring", *taken)
    assert edited["campaign"]["version"] == 2
    left = edited["campaign"]
    assert (left["audience"], left["ends_at"], left["channels"]) == (None, None, [])
    assert left["budgets"] == {"customer": {"USD": "20"}}
    assert left["starts_at"] == "2099-12-01"


def test_who_changed_what_is_told(run: Run) -> None:
    said(run, *SPRING)
    assert said(run, "campaign", "edit", "spring", "--set", "value=20")["changes"] == ["value: 15 → 20"]
    assert said(run, "campaign", "edit", "spring", "--set", "value=20")["changes"] == []
    said(run, "campaign", "end", "spring")
    told = said(run, "campaign", "history", "spring")
    assert [(line["version"], line["changes"]) for line in told] == [
        (1, ["made"]),
        (2, ["value: 15 → 20"]),
        (2, ["status: draft → ended"]),
    ]
    assert all(line["by"] and line["at"] for line in told)
    assert "value: 15 → 20" in run("campaign", "history", "spring").stdout


def test_a_file_comes_back_as_it_went(run: Run, tmp_path: Path) -> None:
    said(run, *SPRING)
    before = said(run, "campaign", "list")
    file = tmp_path / "campaigns.yaml"
    file.write_text(run("campaign", "export", "--all").stdout)
    assert "the same" in run("campaign", "import", str(file)).stdout
    assert said(run, "campaign", "list") == before
    assert run("campaign", "export", "spring").stdout.count("- name:") == 1


def test_a_file_makes_drafts_and_changes_what_there_is(run: Run, tmp_path: Path) -> None:
    said(run, *SPRING)
    file = tmp_path / "campaigns.yaml"
    text = run("campaign", "export", "spring").stdout
    file.write_text(text.replace(" value: 15", " value: 20  # more") + "- {name: autumn, tactic: win_back}\n")
    before = said(run, "campaign", "list")
    tried = said(run, "campaign", "import", "--dry-run", str(file))
    assert [(item["campaign"]["name"], item["made"], item["changes"]) for item in tried] == [
        ("spring", False, ["value: 15 → 20"]),
        ("autumn", True, []),
    ]
    assert said(run, "campaign", "list") == before
    assert said(run, "campaign", "import", str(file)) == tried
    assert said(run, "campaign", "show", "spring")["params"]["value"] == "20"
    assert said(run, "campaign", "show", "autumn")["status"] == "draft"


def test_a_file_with_a_problem_writes_nothing_and_names_them_all(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "campaigns.yaml"
    file.write_text(
        "retention: 1\ncampaigns:\n"
        "- {name: good, tactic: win_back}\n"
        "- {name: late, tactic: win_back, ends_at: 2020-01-01}\n"
        "- {name: free-shipping, tactic: win_back}\n"
    )
    before = said(run, "campaign", "list")
    refused = run("campaign", "import", str(file))
    assert refused.exit_code == 2
    assert "campaign 2 (“late”, line 4): The end (2020-01-01" in refused.stderr
    assert "campaign 3 (“free-shipping”, line 5): “free-shipping” is a campaign of free_shipping" in refused.stderr
    assert said(run, "campaign", "list") == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("edit", "win-back", "--ends", "2020-01-01"), "is in the past"),
        (("edit", "win-back", "--starts", "2099-12-02", "--ends", "2099-12-01"), "must start before it ends"),
        (("edit", "win-back", "--starts", "tomorrow"), "starts_at: 'tomorrow' is no date"),
        (("edit", "win-back", "--channel", "mars"), "No channel that sells is called mars"),
        (("edit", "win-back", "--budget", "USD=5"), "is not WHAT:CURRENCY=AMOUNT"),
        (("edit", "win-back", "--budget", "week:USD=5"), "There is no budget “week”"),
        (("edit", "win-back", "--audience", '{"field": "shoes", "is": 1}'), "audience: There is no field “shoes”"),
        (("edit", "win-back", "--set", "offer=amount", "--set", "currency=EUR"), "The offer is in EUR"),
        (("edit", "win-back", "--audience", "nobody-knows"), "There is no segment “nobody-knows”"),
        (("edit", "win-back", "--pause", "1000000000"), "Days of pause may be up to 36,500"),
        (("edit", "win-back", "--priority", "-9999999999"), "the priority up to 1,000,000"),
        (("edit", "win-back", "--set", "offer=amount", "--set", "currency=USD", "--set", "value=1e30"), "at most"),
        (("new", "win_back", ""), "needs a name of 1 to 100 characters"),
        (("new", "win_back", "x" * 101), "needs a name of 1 to 100 characters"),
        (("new", "win_back", "\ud800"), "needs a name of 1 to 100 characters"),
        (("show", "nobody"), "There is no campaign “nobody”"),
        (("export",), "Name the campaigns to export"),
        (("export", "nobody"), "There is no campaign “nobody”"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_changes_nothing(run: Run, arguments: tuple[str, ...], sentence: str) -> None:
    before = said(run, "campaign", "list")
    refused = run("campaign", *arguments)
    assert refused.exit_code == 2
    assert sentence in refused.stderr
    assert said(run, "campaign", "list") == before

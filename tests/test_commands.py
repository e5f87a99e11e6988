"""What operators do with campaigns, letters and a shop's settings, from the command line."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from plugin.domain.customer import fold
from plugin.domain.segments import Segment
from plugin.domain.stages import Limits, Turns
from plugin.extensions import load_tactics
from plugin.flow.settle import settle
from plugin.secrets import Keyring
from plugin.store import customers, effects, inbox
from plugin.store.customers import Measured
from plugin.store.database import Database
from plugin.store.inbox import Arrival
from tests.shop import order
from tests.test_cli import NOW, OLD, Run, add_shop, environ, migrated, read_shop, run

__all__ = ["environ", "migrated", "run"]


@pytest.fixture
def shop(migrated: Database) -> int:
    """A shop that has just installed the app."""
    shop_id = add_shop(migrated, "a.example", Keyring([OLD]))
    with migrated.write() as connection:
        settle(connection, shop_id, load_tactics(), NOW)
    return shop_id


def test_a_new_shop_has_a_draft_of_each_tactic(run: Run, shop: int) -> None:
    found = json.loads(run("campaign", "list", "--json").stdout)
    assert {row["status"] for row in found} == {"draft"}
    assert {"abandoned-checkout", "free-shipping", "late-parcel", "replenishment", "win-back"} <= {
        row["name"] for row in found
    }
    assert "win-back" in run("campaign", "list").stdout


def test_a_campaign_is_made_edited_paused_and_ended(run: Run, shop: int) -> None:
    assert run("campaign", "new", "win_back", "spring", "--set", "value=15", "--control", "0.2").exit_code == 0
    assert "version 2" in run("campaign", "edit", "spring", "--set", "value=20", "--pause", "30").stdout
    (row,) = [row for row in json.loads(run("campaign", "list", "--json").stdout) if row["name"] == "spring"]
    assert (row["params"]["value"], row["control_share"], row["pause_days"]) == ("20", 0.2, 30)
    assert run("campaign", "end", "spring").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("campaign", "new", "win_back", "win-back"), "There is a campaign “win-back” already"),
        (("campaign", "new", "nothing", "x"), "There is no tactic “nothing”"),
        (("campaign", "edit", "nobody", "--set", "value=1"), "There is no campaign “nobody”"),
        (("campaign", "edit", "win-back", "--set", "value=500"), "at most 100"),
        (("campaign", "edit", "win-back", "--set", "colour=red"), "no parameter “colour”"),
        (("campaign", "edit", "win-back", "--set", "value"), "is not NAME=VALUE"),
        (("campaign", "edit", "win-back", "--control", "2"), "between 0 and 0.9"),
        (("campaign", "edit", "free-shipping", "--set", 'thresholds={"c": {"vip": 5}}'), "no segment “vip”"),
        (("campaign", "edit", "free-shipping", "--set", "thresholds={oops"), "is not JSON"),
        (("campaign", "pause", "win-back"), "is draft; it cannot become paused"),
        (("configure",), "Say what to change"),
        (("configure", "--time-zone", "Mars/Olympus"), "is no time zone"),
        (("configure", "--origin", "https://shop.example/path"), "is no origin"),
        (("configure", "--at-risk-days", "90", "--dormant-days", "90"), "Dormant comes after at risk"),
        (("campaign", "list", "--shop", "99"), "Say with --shop which one is meant"),
    ],
)
def test_what_cannot_be_is_a_sentence_and_changes_nothing(
    run: Run, shop: int, arguments: tuple[str, ...], said: str
) -> None:
    before = run("campaign", "list", "--json").stdout
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert run("campaign", "list", "--json").stdout == before


def test_a_shop_is_configured(run: Run, shop: int, migrated: Database) -> None:
    assert run("configure", "--time-zone", "Europe/Warsaw", "--origin", "https://shop.example").exit_code == 0
    known = read_shop(migrated, shop)
    assert (known.time_zone, known.origins) == ("Europe/Warsaw", ("https://shop.example",))


def test_the_limits_of_the_life_cycle_are_the_merchants(run: Run, shop: int, migrated: Database) -> None:
    assert run("configure", "--at-risk-days", "45", "--loyal-from", "8", "--horizon-days", "30").exit_code == 0
    assert read_shop(migrated, shop).limits == Limits(at_risk_days=45, loyal_from=8, horizon_days=30)
    assert run("configure", "--at-risk-days", "0", "--dormant-days", "20").exit_code == 0
    assert read_shop(migrated, shop).limits == Limits(dormant_days=20, loyal_from=8, horizon_days=30)


def test_who_is_at_risk_is_listed_with_reasons(run: Run, shop: int, migrated: Database) -> None:
    assert run("customers").stdout == "Nobody is at risk.\n"
    with migrated.write() as connection:
        silent = customers.create(connection, shop, NOW, user_id="U1")
        history = fold([order("O1", NOW - timedelta(days=100))], UTC)
        turns = Turns(NOW - timedelta(days=50), datetime.now(UTC) + timedelta(days=50))
        measured = Measured(silent.customer_id, history, Segment.AT_RISK, turns, None)
        customers.save_states(connection, shop, [measured])
    (told,) = json.loads(run("customers", "--json").stdout)
    assert (told["customer"], told["activity"], told["score"]) == (silent.customer_id, "at_risk", None)
    assert "silent for" in told["signals"][0]["sentence"]
    assert "No score" in run("customers", str(silent.customer_id)).stdout
    assert "There is no customer 999" in run("customers", "999").stderr


def test_dead_letters_are_listed_and_tried_again(run: Run, shop: int, migrated: Database) -> None:
    assert run("letters", "list").stdout == "Nothing is dead.\n"
    with migrated.write() as connection:
        inbox.add(connection, [Arrival(shop, b"k" * 16, "order_created", b"{", NOW)])
        inbox.dead(connection, shop, inbox.take(connection, shop, NOW, 1)[0].row_id, "It is not JSON.")
    (letter,) = json.loads(run("letters", "list", "--json").stdout)
    assert (letter["kind"], letter["why"]) == ("order_created", "It is not JSON.")
    assert run("letters", "retry").stdout == "1 webhooks and 0 effects are tried again.\n"
    with migrated.read() as connection:
        assert inbox.open_rows(connection) == 1
        assert effects.counts(connection, shop) == {}


def test_decisions_are_shown(run: Run, shop: int) -> None:
    assert json.loads(run("decisions", "--json").stdout) == []


def test_tactics_describe_themselves(run: Run, shop: int) -> None:
    said = json.loads(run("campaign", "tactics", "--json").stdout)
    assert {parameter["name"] for parameter in said["win_back"]["parameters"]} >= {"offer", "value", "valid_days"}
    assert "win_back: Win back" in run("campaign", "tactics").stdout

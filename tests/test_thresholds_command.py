"""`retention thresholds`, as an operator calls it."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from plugin.domain.channels import Channel
from plugin.domain.guardrails import read_guardrails
from plugin.domain.stages import Limits
from plugin.extensions import load_tactics
from plugin.flow.settle import settle
from plugin.report.thresholds import NO_CAUSE
from plugin.secrets import Keyring
from plugin.store import channels, customers, ledger, shops
from plugin.store.database import Database
from tests.shop import days, order
from tests.test_cli import NOW, OLD, Run, add_shop, environ, migrated, run

__all__ = ["environ", "migrated", "run"]

EVER = ("--days", "3650")
WEB = Channel("web", "C1", "USD", active=True, gross=True, free_from=Decimal(50))
PLN = Channel("pln", "C2", "PLN", active=True, gross=True, free_from=None)


@pytest.fixture
def shop(migrated: Database) -> int:
    """Sixty customers with an account, each with an order of 30 and one of 45 and 5 for shipping, and one of a guest."""
    shop_id = add_shop(migrated, "a.example", Keyring([OLD]))
    with migrated.write() as connection:
        settle(connection, shop_id, load_tactics(), NOW)
        shops.set_limits(connection, shop_id, Limits(at_risk_days=300, dormant_days=900))
        channels.save(connection, shop_id, [WEB, PLN], NOW)
        for who in range(60):
            buy(connection, shop_id, who, (35, 50))
        buy(connection, shop_id, 99, (30,), channel="gone")
    return shop_id


def buy(connection: Any, shop_id: int, who: int, totals: tuple[int, ...], **changes: Any) -> None:
    customer_id = customers.create(connection, shop_id, NOW, user_id=f"U{who}").customer_id
    for n, total in enumerate(totals):
        given = {"channel": "web", "user_id": f"U{who}", "total": Decimal(total)} | changes
        made = order(f"O{who}-{n}-{given['channel']}", NOW - days(90 - 10 * n), **given)
        ledger.save_order(connection, shop_id, customer_id, made, NOW, new=True)


def test_as_json(run: Run, shop: int) -> None:
    found = json.loads(run("thresholds", *EVER, "--margin", "0.4", "--json").stdout)
    (web,) = found["channels"]
    assert (web["channel"], web["currency"], web["free_from"], found["elsewhere"]) == ("web", "USD", "50.000", 1)
    assert web["shipping"]["usual"] == "5.00"
    assert web["top_up"]["source"].startswith("This is an assumption and no estimate of your shop.")
    everybody, new = web["curves"]
    assert (everybody["segment"], everybody["orders"], new["segment"]) == (None, 120, "new")
    point = next(one for one in everybody["points"] if float(one["threshold"]) == 45)
    assert (point["reaching"], point["shipping_given_away"]["central"]) == (60, "255.00")
    assert found["says"] == NO_CAUSE


def test_on_the_terminal(run: Run, shop: int) -> None:
    done = run("thresholds", *EVER, "--margin", "0.4", "--channel", "web")
    assert done.exit_code == 0
    said = " ".join(done.stdout.split())
    assert "120 orders of 60 customers. What holds now: free from 50.00 USD." in said
    assert "This is an assumption and no estimate of your shop." in said
    assert "No threshold is better than what holds now by topped-up orders alone." in said
    assert "further orders that reach it to make up for it." in said


def test_one_segment_and_the_margin_of_the_guardrails(run: Run, shop: int, migrated: Database) -> None:
    with migrated.write() as connection:
        shops.set_guardrails(connection, shop, read_guardrails({"default_margin": "0.4"}), "test", NOW)
    said = " ".join(run("thresholds", *EVER, "--channel", "web", "--segment", "loyal").stdout.split())
    assert "40 % is left after its costs" in said
    assert "web: Loyal customers" in said
    assert "Not enough data yet: 0 of at least 100 orders." in said
    assert "everybody" not in said


def test_as_a_page(run: Run, shop: int, tmp_path: Path) -> None:
    file = tmp_path / "thresholds.html"
    done = run("thresholds", *EVER, "--margin", "0.4", "--html", str(file))
    assert (done.exit_code, done.stdout) == (0, "")
    page = file.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert 'data-chart="all-web"' in page
    assert "The numbers" not in page


M = ("--margin", "0.4")


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (["--channel", "mars", *M], "There is no channel “mars”; there are pln, web."),
        (["--segment", "rich", *M], "There is no segment “rich”; there are new, regular, loyal, at_risk, guest."),
        ([], "What is left of an order after its costs is not known: say --margin 0.4"),
        (["--margin", "40"], "above 0, at most 1."),
        (["--margin", "nan"], "above 0, at most 1."),
        ([*M, "--shipping-cost", "-1"], "What shipping costs for one order is above 0"),
        ([*M, "--shipping-cost", "inf"], "What shipping costs for one order is above 0"),
        ([*M, "--shipping-cost", "4"], "say with --channel which channel is meant: pln (PLN), web (USD)."),
        ([*M, "--days", "0"], "in the last 1 to 3,650 days, not 0."),
        ([*M, "--reach", "1"], "The reach is the share of a threshold"),
        ([*M, "--top-up", "0.3", "0.2", "0.1"], "low, central and high, from 0 to 1"),
        ([*M, "--html", "/nowhere/page.html"], "there is no folder /nowhere."),
    ],
)
def test_what_cannot_be_is_a_sentence(run: Run, shop: int, asked: list[str], answer: str) -> None:
    done = run("thresholds", *asked)
    assert done.exit_code == 2
    assert answer in done.stderr


def test_without_shipping_in_the_past_it_is_asked_for(run: Run, shop: int, migrated: Database) -> None:
    with migrated.write() as connection:
        buy(connection, shop, 70, (30, 40), channel="pln", currency="PLN", shipping=Decimal(0))
    done = run("thresholds", *EVER, *M, "--channel", "pln")
    assert (done.exit_code, "No order in pln shows what was paid for shipping" in done.stdout) == (0, True)
    told = run("thresholds", *EVER, *M, "--channel", "pln", "--shipping-cost", "15").stdout
    assert "Not enough data yet: 2 of at least 100 orders." in told


def test_another_currency_is_left_out(run: Run, shop: int, migrated: Database) -> None:
    with migrated.write() as connection:
        buy(connection, shop, 70, (30, 40), currency="EUR")
    (web,) = json.loads(run("thresholds", *EVER, *M, "--channel", "web", "--json").stdout)["channels"]
    assert web["left_out"] == ["2 orders are in another currency than USD and left out: they are never added."]
    assert web["curves"][0]["orders"] == 120


def test_a_shop_whose_channels_are_not_read(run: Run, migrated: Database) -> None:
    add_shop(migrated, "b.example", Keyring([OLD]))
    done = run("thresholds", *M)
    assert done.exit_code == 2
    assert "The shop's channels are not read yet" in done.stderr


def test_a_shop_without_orders(run: Run, migrated: Database) -> None:
    shop_id = add_shop(migrated, "b.example", Keyring([OLD]))
    with migrated.write() as connection:
        channels.save(connection, shop_id, [WEB], NOW)
    assert "Not enough data yet: there is no order in any channel." in " ".join(run("thresholds", *M).stdout.split())

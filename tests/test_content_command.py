"""`retention content`: what storefronts show, from the command line."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plugin.domain.campaigns import CampaignStatus
from plugin.domain.deeds import Deed
from plugin.domain.tactic import read_params
from plugin.extensions import load_tactics
from plugin.store import campaigns, customers, front_events, pages
from plugin.store.campaigns import Limits
from plugin.store.database import Database
from plugin.store.front_events import FrontEvent
from plugin.store.pages import KnownPage
from tests.test_cli import Run, environ, migrated, run
from tests.test_commands import shop

__all__ = ["environ", "migrated", "run", "shop"]
BANNER = load_tactics()["banner"]
NOW = datetime.now(UTC).replace(microsecond=0)


def banner(database: Database, shop: int, name: str, place: str = "home", **around: Any) -> str:
    """What it is called in what is told back."""
    params = read_params(BANNER, {"texts": {"en": name}, "place": place})
    with database.write() as connection:
        made = campaigns.create(
            connection, shop, name, BANNER, params, Limits(control_share=0.0, **around), NOW - timedelta(days=90)
        )
        campaigns.change_status(connection, shop, made, CampaignStatus.ON, "test", NOW)
    return str(made.campaign_id)


def tell(database: Database, shop: int, *told: tuple[str, Deed, int | None], days_ago: int = 0) -> None:
    at = NOW - timedelta(days=days_ago)
    events = [
        FrontEvent(bytes([number, days_ago]) * 8, customer, deed, content, None, at, at.date())
        for number, (content, deed, customer) in enumerate(told)
    ]
    with database.write() as connection:
        front_events.add(connection, shop, events)


def people(database: Database, shop: int, *users: str) -> list[int]:
    with database.write() as connection:
        return [customers.create(connection, shop, NOW, user_id=user).customer_id for user in users]


def said(run: Run, *arguments: str) -> Mapping[str, Any]:
    result = run("content", *arguments, "--json")
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.stdout))


def test_where_nothing_is_shown_it_says_how_to_begin(run: Run, shop: int) -> None:
    assert "docs/tactics.md" in run("content").output
    assert said(run) == {"days": 30, "content": [], "pages": []}


def test_times_and_customers_by_place_and_variant(run: Run, shop: int, migrated: Database) -> None:
    ann, bob = people(migrated, shop, "U1", "U2")
    loyal = banner(migrated, shop, "loyal", priority=5, audience={"field": "orders", "at_least": 5})
    everyone = banner(migrated, shop, "everyone")
    banner(migrated, shop, "bar", "announcement")
    seen, clicked = Deed.SEEN, Deed.CLICKED
    tell(
        migrated, shop, (loyal, seen, ann), (loyal, seen, ann), (loyal, seen, bob), (loyal, seen, None),
        (loyal, clicked, bob), (everyone, seen, None), (everyone, Deed.DISMISSED, None), ("free_shipping", seen, ann),
        ("offer", clicked, ann),
    )  # fmt: skip
    tell(migrated, shop, (loyal, seen, bob), days_ago=40)
    shown = {one["name"]: one for one in said(run)["content"]}
    assert [(one["slot"], one["name"]) for one in shown.values()] == [
        ("announcement", "bar"),
        ("home", "loyal"),
        ("home", "everyone"),
        ("offer", "Their own code"),
        ("free_shipping", "The bar of free shipping"),
    ]
    assert shown["loyal"]["seen"] == {"times": 4, "customers": 2}
    assert shown["loyal"]["clicked"] == {"times": 1, "customers": 1}
    assert shown["everyone"]["dismissed"] == {"times": 1, "customers": 0}
    assert shown["bar"]["seen"] == {"times": 0, "customers": 0}
    assert (shown["everyone"]["for"], shown["everyone"]["status"]) == ("everybody", "on")
    assert "5" in shown["loyal"]["for"]
    assert shown["The bar of free shipping"]["seen"]["times"] == 1
    assert {one["name"]: one for one in said(run, "--days", "60")["content"]}["loyal"]["seen"]["times"] == 5
    assert "4 (2)" in run("content").stdout


def test_a_banner_that_is_off_is_there_as_long_as_it_was_shown(run: Run, shop: int, migrated: Database) -> None:
    old = banner(migrated, shop, "old")
    tell(migrated, shop, (old, Deed.SEEN, None), days_ago=3)
    run("campaign", "pause", "old")
    assert [one["status"] for one in said(run)["content"]] == ["paused"]
    assert said(run, "--days", "2")["content"] == []


def test_pages_are_told_with_what_keeps_them_from_being_ours(run: Run, shop: int, migrated: Database) -> None:
    written = json.dumps({"id": "P1", "values": {"free-shipping-threshold": "50.00"}, "made": "page"})
    with migrated.write() as connection:
        pages.save(connection, shop, KnownPage("storefront-policy-us", "free-shipping-threshold", written, None, NOW))
        pages.save(connection, shop, KnownPage("storefront-chrome-us", "announcement-message", None, "Kept.", NOW))
    found = said(run)["pages"]
    assert [(page["page"], page["written"], page["refused"]) for page in found] == [
        ("storefront-chrome-us", None, "Kept."),
        ("storefront-policy-us", {"free-shipping-threshold": "50.00"}, None),
    ]
    told = run("content").stdout
    assert "Kept." in told
    assert "The page storefront-policy-us says what is for everybody." in told


@pytest.mark.parametrize("days", ["0", "-1", "x", "99999"])
def test_days_are_days(run: Run, shop: int, days: str) -> None:
    assert run("content", "--days", days).exit_code == 2
